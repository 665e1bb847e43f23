"""Send OpenLineage events: to a file, or to a server by HTTP, by the client library's transports.

Everything is said in code: by default the library writes to standard output, and it would take
addresses from the environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from registry.domain.urls import redact_url
from registry.errors import MissingExtraError, StorageError

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent
    from openlineage.client.transport.transport import Transport


def is_server(destination: str) -> bool:
    """Return whether a destination is the address of a server, not a file."""
    return destination.startswith(("http://", "https://"))


def send_events(events: Sequence[RunEvent], url: str, *, token: str | None = None) -> None:
    """Send events to a server, in their order; the first that is not taken ends it.

    Args:
        events: The events.
        url: The server's address; without a path it is `/api/v1/lineage`.
        token: What the server knows the sender by.

    Raises:
        StorageError: The server is not there or takes an event not.
        MissingExtraError: `openlineage-python` is not installed.
    """
    with _closing(_server(url, token)) as transport:
        for event in events:
            try:
                transport.emit(event)
            # The library lets every kind of error of its HTTP client through.
            except Exception as error:
                raise StorageError(
                    f"{redact_url(url)} took no event: {redact_url(str(error))}",
                    hint="look whether the server runs; sent events can be sent again",
                ) from error


def write_events(events: Sequence[RunEvent], path: Path) -> None:
    """Write events to a file that is empty or not there, one a line.

    Raises:
        MissingExtraError: `openlineage-python` is not installed.
    """
    try:
        from openlineage.client.transport.file import (  # noqa: PLC0415 - an extra
            FileConfig,
            FileTransport,
        )
    except ImportError as error:
        raise MissingExtraError(task="OpenLineage", extra="exchange") from error
    with _closing(FileTransport(FileConfig(log_file_path=str(path), append=True))) as transport:
        for event in events:
            transport.emit(event)


def _server(url: str, token: str | None) -> Transport:
    try:
        from openlineage.client.transport.http import (  # noqa: PLC0415 - an extra
            ApiKeyTokenProvider,
            HttpConfig,
            HttpTransport,
        )
    except ImportError as error:
        raise MissingExtraError(task="OpenLineage", extra="exchange") from error
    parts = urlsplit(url)
    config = HttpConfig(url=f"{parts.scheme}://{parts.netloc}")
    if parts.path.strip("/"):
        config.endpoint = parts.path.strip("/")
    if token is not None:
        config.auth = ApiKeyTokenProvider({"apiKey": token})
    return HttpTransport(config)


@contextmanager
def _closing(transport: Transport) -> Iterator[Transport]:
    try:
        yield transport
    finally:
        transport.close()
