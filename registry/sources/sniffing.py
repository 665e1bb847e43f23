"""What the first bytes and the name of a file say about its layout."""

import codecs
import re
from pathlib import PurePosixPath
from typing import Final

import orjson

from registry.domain.reading import Compression, Container, Format
from registry.errors import UnreadableError
from registry.sources.arrow_ipc import FILE_MAGIC, STREAM_MAGIC
from registry.sources.lines import UTF8_BOM
from registry.sources.text import WIDE_BOMS

UNKNOWN_FORMAT: Final = "not a format that muster reads"
"""The reason of the `UnreadableError` for binary content that is no data we know, such as an
image: a caller who walks a folder may leave such files out. Every other reason is a defect."""

HEAD_BYTES: Final = 64 << 10
"""How much of a file is looked at."""

_COMPRESSIONS = ((b"\x1f\x8b", Compression.GZIP), (b"\x28\xb5\x2f\xfd", Compression.ZSTD))
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
_COMPRESSED_SUFFIXES = {
    ".gz": Compression.GZIP,
    ".gzip": Compression.GZIP,
    ".tgz": Compression.GZIP,
    ".zst": Compression.ZSTD,
    ".zstd": Compression.ZSTD,
    ".tzst": Compression.ZSTD,
}
_OTHER_COMPRESSIONS = ((b"\xfd7zXZ\x00", "xz"), (b"BZh", "bzip2"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"))

WARC_MAGIC: Final = b"WARC/"
ZSTD_DICTIONARY: Final = b"\x5d\x2a\x4d\x18"
"""How a zstd file begins whose frames share a dictionary that it brings along, as some web archives
do; https://iipc.github.io/warc-specifications/specifications/warc-zstd/."""

_WEB_ARCHIVES = (WARC_MAGIC, b"filedesc:")

_FORMAT_SUFFIXES = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".jsonlines": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".arrows": Format.ARROW,
    ".feather": Format.ARROW,
    ".ipc": Format.ARROW,
    ".warc": Format.WARC,
    ".arc": Format.WARC,
    ".wet": Format.WARC,
    ".wat": Format.WARC,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
}
_PLAIN_SUFFIXES = frozenset({".json", ".txt"})
"""Those whose format the content says."""

_MARKED_FORMATS = (Format.PARQUET, Format.ARROW, Format.WARC)
"""Those whose every file begins with a mark."""

_UTF8_FORMATS = (Format.JSONL, Format.JSON, Format.CSV, Format.TSV)

_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)

_ARCHIVE_SUFFIXES = {
    ".zip": Container.ZIP,
    ".tar": Container.TAR,
    ".tgz": Container.TAR,
    ".tzst": Container.TAR,
}
_OFFICE_SUFFIXES = frozenset({".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub"})
_SQLITE_MAGIC = b"SQLite format 3"
_FOREIGN_MAGIC = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", _SQLITE_MAGIC)

_TAR_MAGIC, _TAR_MAGIC_PLACE = b"ustar", 257


def is_named_as_data(name: str) -> bool:
    """Whether the name of a file is that of data, whatever it holds: `a.jsonl.gz`, `b.zip`."""
    known = {*_FORMAT_SUFFIXES, *_ARCHIVE_SUFFIXES, *_PLAIN_SUFFIXES}
    return bool({_suffix(name), inner_suffix(name)} & known)


def find_compression(head: bytes, name: str) -> Compression:
    """Return the compression of a file from its first bytes.

    Raises:
        UnreadableError: It is one that is not read, or the name claims one that the bytes deny.
    """
    for magic, compression in _COMPRESSIONS:
        if head.startswith(magic):
            return compression
    if head[1:4] == _ZSTD_SKIPPABLE and 0x50 <= head[0] <= 0x5F:
        return Compression.ZSTD
    for magic, other in _OTHER_COMPRESSIONS:
        if head.startswith(magic):
            raise UnreadableError(
                path=name,
                reason=f"{other} compression is not read",
                hint="unpack it, or compress it with zstd or gzip",
            )
    claimed = _COMPRESSED_SUFFIXES.get(_suffix(name))
    if claimed is not None:
        raise UnreadableError(path=name, reason=f"not a {claimed} stream", offset=0)
    return Compression.NONE


def find_container(head: bytes, name: str) -> Container:
    """Return the container that decompressed bytes begin, if any.

    Raises:
        UnreadableError: It is an office document, or the name claims a container that the bytes
            deny.
    """
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if _suffix(name) in _OFFICE_SUFFIXES:
            raise UnreadableError(path=name, reason=UNKNOWN_FORMAT, hint="export it as text")
        return Container.ZIP
    if head[_TAR_MAGIC_PLACE:].startswith(_TAR_MAGIC):
        return Container.TAR
    claimed = _ARCHIVE_SUFFIXES.get(_suffix(name)) or _ARCHIVE_SUFFIXES.get(inner_suffix(name))
    if claimed is not None:
        raise UnreadableError(path=name, reason=f"not a {claimed} archive", offset=0)
    return Container.NONE


def find_format(head: bytes, name: str) -> Format:
    """Return the format of decompressed bytes that are no archive.

    Raises:
        UnreadableError: They are of no format that is read (`UNKNOWN_FORMAT`), or not of that
            which the name claims.
    """
    suffix = inner_suffix(name)
    claimed = _FORMAT_SUFFIXES.get(suffix)
    marked = find_mark(head, name)
    if marked is not None:
        return marked
    if claimed in _MARKED_FORMATS:
        raise UnreadableError(path=name, reason=f"not a file of format {claimed}", offset=0)
    if claimed is Format.CSV and _has_tabs_for_commas(head):
        return Format.TSV
    if claimed is not None and claimed is not Format.HTML:
        return claimed
    if suffix == ".json":
        return _find_json_layout(head, name)
    if head.startswith(_SQLITE_MAGIC):
        raise UnreadableError(
            path=name, reason=UNKNOWN_FORMAT, hint="a database: sqlite:///PATH --table NAME"
        )
    if not looks_like_text(head):
        raise UnreadableError(path=name, reason=UNKNOWN_FORMAT)
    return claimed or (Format.TEXT if suffix else _find_by_content(head))


def check_encoding(head: bytes, format_: Format, name: str) -> None:
    """Refuse UTF-16 and UTF-32 where the format must be UTF-8 to be cut into rows.

    Raises:
        UnreadableError: The file begins with such a byte order mark.
    """
    if format_ in _UTF8_FORMATS and head.startswith(WIDE_BOMS):
        raise UnreadableError(
            path=name,
            reason=f"UTF-16 or UTF-32, but {format_} is read as UTF-8",
            offset=0,
            hint="--encoding utf-16 says so",
        )


def looks_like_text(head: bytes) -> bool:
    """Say whether bytes may be text in any encoding: without NULs, or UTF-8 with a few."""
    if head.startswith(WIDE_BOMS):
        return True
    if head.startswith(_FOREIGN_MAGIC):
        return False
    num_nulls = head.count(0)
    if not num_nulls:
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return num_nulls * 10 < len(head)


def inner_suffix(name: str) -> str:
    """Return the last suffix of a name, in lower case, behind which only a compression's stands.

    Example:
        >>> inner_suffix("a/b.JSONL.gz")
        '.jsonl'
    """
    suffix = _suffix(name)
    return _suffix(name[: -len(suffix)]) if suffix in _COMPRESSED_SUFFIXES else suffix


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def find_mark(head: bytes, name: str) -> Format | None:
    """Return the format whose mark stands at the beginning, if any does."""
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.startswith(b"PARE"):
        raise UnreadableError(path=name, reason="an encrypted Parquet file")
    if head.startswith(FILE_MAGIC) or (head.startswith(STREAM_MAGIC) and b"\0" in head):
        return Format.ARROW
    return Format.WARC if head.startswith(_WEB_ARCHIVES) else None


def _find_by_content(head: bytes) -> Format:
    if _begins_with_object(head):
        return Format.JSONL
    return Format.HTML if _PAGE.match(head) else Format.TEXT


def _find_json_layout(head: bytes, name: str) -> Format:
    check_encoding(head, Format.JSON, name)
    content = head.removeprefix(UTF8_BOM).lstrip()
    if content.startswith(b"["):
        return Format.JSON
    if _begins_with_object(head):
        return Format.JSONL
    if content.startswith(b"{"):
        raise UnreadableError(
            path=name,
            reason="neither JSON Lines nor a JSON array: its first line is no JSON object",
            hint="JSON Lines (one object a line) and JSON arrays of objects are read",
        )
    reason = "neither a JSON array nor JSON Lines" if content else "an empty file is no JSON"
    raise UnreadableError(path=name, reason=reason, offset=0)


def _begins_with_object(head: bytes) -> bool:
    content = head.removeprefix(UTF8_BOM).lstrip()
    line, newline, _ = content.partition(b"\n")
    if not line.startswith(b"{"):
        return False
    if not newline and len(head) == HEAD_BYTES:
        # A first line longer than what is looked at.
        return True
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _has_tabs_for_commas(head: bytes) -> bool:
    header = head.partition(b"\n")[0]
    return b"\t" in header and b"," not in header
