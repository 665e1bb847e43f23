"""What people have to say about what they do, for those who ask later."""

from registry.errors import InputError


def require_words(text: str, *, what: str) -> str:
    """Return what somebody said, without white space around it.

    Raises:
        InputError: It is empty.

    Example:
        >>> require_words(" asked by mail ", what="reason")
        'asked by mail'
    """
    words = text.strip()
    if not words:
        raise InputError(f"the {what} is empty", hint=f"say it in words: --{what} TEXT")
    return words
