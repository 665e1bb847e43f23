"""The libraries behind the extra `web`, and which version of them made the text of pages."""

from collections.abc import Iterator
from contextlib import contextmanager

from registry.domain.reading import Field, Format, Reading
from registry.errors import MissingExtraError, UnreadableError


@contextmanager
def needed_for_web() -> Iterator[None]:
    """Say which extra is missing where an import in the block fails.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(task="reading web archives and HTML", extra="web") from error


def decide(reading: Reading) -> tuple[Reading, tuple[Field, ...]]:
    """Return a reading of web pages with its extractor, and what is said of each document.

    Raises:
        MissingExtraError: The extra is not installed.
    """
    with needed_for_web():
        from registry.sources import html, page_text, warc  # noqa: PLC0415 - behind an extra
    extractor = reading.extractor or page_text.extractor()
    fields = html.FIELDS if reading.format is Format.HTML else warc.FIELDS
    return reading.model_copy(update={"extractor": extractor}), fields


def check_extractor(path: str, reading: Reading) -> None:
    """Refuse to read pages with another extractor than they were registered with.

    Raises:
        UnreadableError: It is another one.
    """
    from registry.sources.page_text import extractor  # noqa: PLC0415 - behind an extra

    installed = extractor()
    if reading.extractor not in {None, installed}:
        library, _, wanted = str(reading.extractor).partition(" ")
        raise UnreadableError(
            path=path,
            reason=f"was registered with {reading.extractor}, and {installed} may make other text",
            hint=f"pip install {library}=={wanted}, or register it again",
        )
