"""URLs without credentials: what may stand in the catalog, in logs and in reports."""

import re
from urllib.parse import unquote_plus

from registry.errors import InputError

_SECRET = re.compile(
    r"token|secret|passw|passphrase|pwd|signature|credential|key|sig$|auth", re.IGNORECASE
)
_HIDDEN = "REDACTED"

# Patterns instead of a parser: what does not parse is what a secret with odd characters gives.
_USER = re.compile(r"(?<=//)[^/?#]*@")
_BROKEN_USER = re.compile(r"(?<=//)[^/?#@\[]*:(?!\d*(?:[/?#]|$)).*@", re.DOTALL)
"""A password with `/`, `?` or `#` in it: behind the colon of a host there are only digits."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)\s*:")
_NO_PLACE = frozenset(
    [
        "about",
        "blob",
        "data",
        "javascript",
        "livescript",
        "mailto",
        "tel",
        "vbscript",
        "view-source",
    ]
)
"""Schemes of URLs that are content, code or people, and no place."""

_PARAMETER = re.compile(r"([?&#])([^=&#?]*)=([^&#]*)")


def read_location(text: str) -> str:
    """Return an address under which something can be found, without what may be secret in it.

    A path, or a URL of any scheme that has a place behind it. What holds its own content, or runs
    when it is followed, is none: reports show addresses as links.

    Raises:
        InputError: It is no location.

    Example:
        >>> read_location("https://ada:pw@example.org/x")
        'https://example.org/x'
    """
    address = text.strip()
    scheme = _SCHEME.match(address)
    is_odd = not address or any(not char.isprintable() for char in address)
    if is_odd or (scheme and scheme[1].lower() in _NO_PLACE):
        raise InputError(
            f"{text!r} is no address of anything", hint="such as https://example.org/data"
        )
    return redact_url(address)


def redact_url(url: str) -> str:
    """Return a URL without user, password and the values of parameters that look like secrets.

    Everything else stays as it is written, and nothing needs to parse.

    Example:
        >>> redact_url("https://ada:pw@example.org/x?token=abc&page=2")
        'https://example.org/x?token=REDACTED&page=2'
    """
    shown = _BROKEN_USER.sub("", _USER.sub("", url))
    return _PARAMETER.sub(_hide, shown)


def _hide(parameter: re.Match[str]) -> str:
    start, name, _ = parameter.groups()
    return f"{start}{name}={_HIDDEN}" if _SECRET.search(unquote_plus(name)) else parameter[0]
