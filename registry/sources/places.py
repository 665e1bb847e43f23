"""Where a file lies: on this machine, or at a URL that fsspec can open.

A file in place is known by its digest. That nobody changed it since is known cheaply by a stamp:
size and modification time on this machine, size and entity tag (or what else the file system tells
versions apart by) elsewhere.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar, cast
from urllib.parse import unquote, urlsplit

import fsspec

from registry.domain.collecting import FILE_SCHEMES
from registry.domain.hub_source import HUB_SCHEME
from registry.domain.urls import redact_url
from registry.errors import InputError, MissingExtraError, UnreadableError
from registry.sources.file import SourceFile, check_name, explain
from registry.sources.forwarding import Forwarding
from registry.sources.hub_errors import hub_errors

_EXTRAS: Final = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az"} | {
    HUB_SCHEME: "hub"
}
"""The extra that holds the file system of a scheme."""

_Answer = TypeVar("_Answer")

_BLOCK_BYTES: Final = 8 << 20
"""How much is asked for at once; a request takes as long as some megabytes do."""

_ENTITY_TAGS: Final = ("ETag", "etag", "md5Hash", "generation", "blob_id", "created")
"""What file systems tell the versions of an object apart by, the strongest first."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells cheaply whether a file is the one that was digested."""

    num_bytes: int
    modified_ns: int | None = None
    """On this machine."""

    etag: str | None = None
    """Elsewhere."""


def path_of(uri: str) -> Path | None:
    """Return the local file that a URI means; None: it lies elsewhere."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def scheme_of_place(text: str) -> str | None:
    """Return the scheme under which files lie elsewhere; None: a path on this machine."""
    scheme, mark, _ = text.partition("://")
    return scheme.lower() if mark and scheme.lower() in FILE_SCHEMES else None


def open_file(uri: str, *, name: str) -> SourceFile:
    """Return the file that lies at a URI.

    Args:
        uri: `file:`, or one of `FILE_SCHEMES`.
        name: Its logical path in a version.

    Raises:
        UnreadableError: It is not there, or may not be read.
        MissingExtraError: The library for its scheme is not installed.
    """
    path = path_of(uri)
    if path is not None:
        return SourceFile.from_path(path, name=name)
    check_name(name)
    stamp = read_stamp(uri)
    proof = stamp.etag if _is_pinned(uri) else None
    return SourceFile(name, lambda: _open(uri), stamp.num_bytes, uri=uri, proof=proof)


def read_stamp(uri: str) -> Stamp:
    """Return what a file's system says of it now.

    Raises:
        UnreadableError: It is not there, or may not be read.
    """
    path = path_of(uri)
    if path is not None:
        try:
            facts = path.stat()
        except OSError as error:
            raise UnreadableError(path=str(path), reason=explain(error)) from error
        return Stamp(facts.st_size, modified_ns=facts.st_mtime_ns)
    system, place = open_system(uri)
    with remote_errors(uri):
        if not _is_pinned(uri):
            # What a listing said a while ago is not asked.
            system.invalidate_cache()
        found: dict[str, Any] = system.info(place)
    if found.get("type") != "file":
        raise UnreadableError(path=uri, reason="is a folder, and no file")
    return Stamp(int(found["size"]), etag=_entity_tag(found))


def open_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, which is fsspec's and untyped, and the place on it.

    Raises:
        InputError: The URL holds credentials, which would be kept with every file.
        MissingExtraError: The library for its scheme is not installed.
    """
    if redact_url(url) != url:
        raise InputError(
            f"{redact_url(url)}: credentials in a URL would be kept with every file",
            hint="leave them to the environment, such as AWS_ACCESS_KEY_ID or AWS_PROFILE",
        )
    scheme = url.partition("://")[0].lower()
    try:
        system, place = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise MissingExtraError(task=f"reading {scheme}://", extra=_EXTRAS[scheme]) from error
    return system, place


@contextmanager
def remote_errors(uri: str) -> Iterator[None]:
    """Turn whatever a client of an object store raises into an error that names the place.

    Raises:
        UnreadableError: It is not there, may not be read, or cannot be reached.
    """
    if _is_pinned(uri):
        with hub_errors(uri):
            yield
        return
    try:
        yield
    except FileNotFoundError as error:
        raise UnreadableError(path=uri, reason="is not there") from error
    except PermissionError as error:
        raise UnreadableError(
            path=uri,
            reason=f"may not be read: {explain(error)}",
            hint="credentials come from the environment, such as AWS_PROFILE",
        ) from error
    except Exception as error:  # each client has exceptions of its own, most of them no OSError
        raise UnreadableError(path=uri, reason=explain(error)) from error


def _is_pinned(uri: str) -> bool:
    """Whether it is a file of one commit, which never changes and has a digest that is stated."""
    return uri.startswith(f"{HUB_SCHEME}://")


def _entity_tag(found: dict[str, Any]) -> str | None:
    if large := found.get("lfs"):
        return str(large["sha256"])
    tags = (found[name] for name in _ENTITY_TAGS if found.get(name) is not None)
    return next((str(tag).strip('"') for tag in tags), None)


def _open(uri: str) -> BinaryIO:
    system, place = open_system(uri)
    with remote_errors(uri):
        raw = system.open(place, "rb", block_size=_BLOCK_BYTES)
    return cast("BinaryIO", io.BufferedReader(_RemoteStream(uri, raw), _BLOCK_BYTES))


class _RemoteStream(Forwarding):
    """A file elsewhere, whose errors are all of one kind."""

    def __init__(self, uri: str, raw: Any) -> None:  # noqa: ANN401 - fsspec is untyped
        super().__init__(raw)
        self._uri = uri

    def call(self, action: Callable[[], _Answer]) -> _Answer:
        with remote_errors(self._uri):
            return action()
