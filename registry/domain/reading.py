"""How the bytes of one file become documents."""

import codecs
from enum import StrEnum
from typing import Self

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.errors import InputError

MEMBER_MARK = "!/"
"""Between the name of an archive and that of its member."""


class Format(StrEnum):
    """The layout of the decompressed bytes."""

    AUTO = "auto"
    """Decided for each file by its content and name."""

    JSONL = "jsonl"
    """One JSON object a line."""

    JSON = "json"
    """One JSON array of objects, or of strings; or one object that holds such an array, as
    `records` says."""

    PARQUET = "parquet"
    CSV = "csv"
    TSV = "tsv"

    ARROW = "arrow"
    """Arrow IPC, stream or file (Feather)."""

    WARC = "warc"
    """A web archive, WARC or ARC: each response with a page or plain text is a document."""

    HTML = "html"
    """A web page."""

    TEXT = "text"
    """Plain text, Markdown or source code."""

    DOCUMENTS = "documents"
    """Our own normalized shards: Parquet with columns id, text, source, metadata."""


class Compression(StrEnum):
    """How the file as a whole is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class Container(StrEnum):
    """Whether the file holds other files."""

    NONE = "none"
    ZIP = "zip"
    TAR = "tar"


class Split(StrEnum):
    """What one document of a plain-text file is."""

    FILE = "file"
    LINES = "lines"
    PARAGRAPHS = "paragraphs"
    """Runs of lines between blank lines."""


class Extraction(StrEnum):
    """What of a web page is its text."""

    MAIN = "main"
    """The main content, without navigation, advertisements and the like."""

    PAGE = "page"
    """All that a reader sees."""


class EncodingBasis(StrEnum):
    """How the encoding of a file came to be known."""

    DECLARED = "declared"
    """By whoever registered it."""

    MARKED = "marked"
    """By a byte-order mark."""

    DAMAGED = "damaged"
    """It is UTF-8 but for a few bytes."""

    DETECTED = "detected"

    UNTOLD = "untold"
    """It is not: the bytes stay, for the recipe's `decode`."""


class Encoding(Value):
    """The encoding of a file that is not plain UTF-8."""

    name: str
    """As Python knows it."""

    basis: EncodingBasis
    confidence: float | None = None
    """Of the detector, between 0 and 1."""

    num_replaced: int = 0
    """Characters that the bytes do not give, each read as U+FFFD."""

    num_files: int = 1
    """Files that were read by it: of an archive its members."""

    num_telling: int | None = None
    """Bytes outside ASCII by which it was detected; None: it was not, or nobody counted."""

    @classmethod
    def declare(cls, name: str) -> Self:
        """Return an encoding that was declared.

        Raises:
            InputError: Python knows none of that name for text.
        """
        try:
            codec = codecs.lookup(name).name
            "a".encode(codec)
        except (LookupError, UnicodeError) as error:
            raise InputError(
                f"--encoding {name}: there is no such encoding of text",
                hint="such as windows-1252, shift_jis or utf-16",
            ) from error
        return cls(name=codec, basis=EncodingBasis.DECLARED)


class MemberEncoding(Value):
    """The encoding of a member of an archive that is not plain UTF-8."""

    name: str
    """Inside the archive; of an archive inside it, `inner.zip!/a.txt`."""

    encoding: Encoding


class Reading(Value):
    """How one file is read; kept with its shard so that it is read the same way for ever.

    In a container each member is read with `format`, or by its own content and name where that
    is `auto`; the other fields hold for every member.
    """

    format: Format = Format.AUTO
    compression: Compression = Compression.NONE
    container: Container = Container.NONE

    text_columns: tuple[str, ...] = ()
    """The columns that hold the text; several are joined by a blank line. Empty: not yet decided,
    or the format has no columns."""

    template: str | None = None
    """How a row becomes a text, such as `{title}: {body}`; `text_columns` are those it names. None:
    the text columns are joined as they are."""

    id_column: str | None = None
    """The column that holds the document's id; None: the id is the document's locator."""

    split: Split = Split.FILE

    extract: Extraction = Extraction.MAIN
    """What is taken of web pages."""

    extractor: str | None = None
    """The library that makes text of web pages, and its version, since another one may make other
    text; None: not yet decided, or there are none."""

    encoding: Encoding | None = None
    """What the file is written in, whose text is read as UTF-8 then; None: it is UTF-8, or the
    recipe's `decode` has to tell."""

    member_encodings: tuple[MemberEncoding, ...] = ()
    """Of an archive: the same of its members, by name: where it was found for each of them, or
    where their bytes deny what was declared."""

    untold: tuple[str, ...] = ()
    """Members whose encoding could not be told, by name; of a file that is no archive: its own."""

    records: str | None = None
    """Where the array of records stands in a JSON object, as `data.items`; None: it is the whole
    of the file."""

    holds_texts: bool = False
    """Whether the values of a JSON array, or of the lines, are strings, each a text, in place of
    objects."""

    keeps_partial: bool = False
    """Whether a compressed file that is cut off counts as far as it goes."""

    reason_column: str | None = None
    """The column that says why a row without text has none, which is then the reason of its
    rejection; None: `null-text` is all that is known."""

    max_ratio: float | None = None
    """How many times its own bytes a compressed page of a web archive may become; None: 200."""

    max_json_depth: int | None = None
    """How deep a JSON record may be nested; None: as deep as can be written."""

    max_document_bytes: int | None = None
    """A longer document is rejected; None: as the settings say."""

    without: tuple[Digest, ...] = ()
    """Digests of the texts that are left out, since they were taken down; sorted."""


class Span(Value):
    """A part of one file that can be read by itself."""

    start: int
    """The first byte, or row group."""

    stop: int
    """The byte, or row group, behind the last."""

    first_row: int
    """The number of its first row in the file, from 1."""

    num_rows: int
    """How many rows it has, those that are no documents among them."""


class Field(Value):
    """One field of the records in a file, as found."""

    name: str
    type: str
    """The type in Arrow's words (`string`, `int64`, `struct<...>`), or `mixed`."""
