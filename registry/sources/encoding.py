"""Text that is not UTF-8: which encoding it is in, and its bytes as UTF-8.

What was declared is taken. Else a file that is UTF-8 stays as it is; one that is UTF-8 but for a
few bytes is read as such, where it is one document that they would cost; any other is given to
chardet, whose answer is taken from a confidence of 0.2 on. Below that the bytes stay as they are,
and the recipe's `decode` says what becomes of them.

Source: measured on the 46 translations of the Universal Declaration in `tests/sources`, and on cuts
of them: at 0.2, of 242 cuts of 300 bytes that are no UTF-8, 232 are right and none is wrong.
"""

import codecs
import io
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import BinaryIO, Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.reading import (
    Compression,
    Container,
    Encoding,
    EncodingBasis,
    Format,
    Reading,
    Split,
)
from registry.sources.blocks import Blocks
from registry.sources.compression import open_decompressed
from registry.sources.file import SourceFile
from registry.sources.text import WIDE_BOMS

ENCODED_FORMATS: Final = (Format.TEXT, Format.CSV, Format.TSV, Format.JSONL, Format.JSON)
"""The formats that are text in some encoding."""

LEAST_CONFIDENCE: Final = 0.2

_DETECTED_FORMATS: Final = (Format.TEXT, Format.CSV, Format.TSV)
"""Those that no standard holds to UTF-8."""

_BLOCK_BYTES: Final = 1 << 20
_SAMPLE_BYTES: Final = 200_000
"""How much chardet looks at."""

_WIDE_PER_DAMAGED: Final = 10
"""A file with so many good characters outside ASCII for each bad one is damaged UTF-8: in other
encodings hardly any is good."""

_ASCII: Final = bytes(range(0x80))

_SHIFTS: Final = (b"\x1b$", b"~{")
"""What begins Japanese in ISO-2022-JP and Chinese in HZ, which are ASCII to look at."""

_SHIFTED: Final = frozenset({"hz", "iso2022_jp", "iso2022_jp_2", "iso2022_jp_ext", "iso2022_kr"})


def may_be_encoded(reading: Reading) -> bool:
    """Return whether a file may be in an encoding that is still to be found."""
    return (
        reading.encoding is None
        and reading.format in _DETECTED_FORMATS
        and reading.container is Container.NONE
    )


def is_suspect(texts: pa.Array) -> bool:
    """Return whether some bytes that claim to be text are no UTF-8, or ASCII that shifts.

    Args:
        texts: `large_binary`, without nulls.
    """
    try:
        texts.cast(pa.large_string())
    except pa.ArrowInvalid:
        return True
    return any(pc.any(pc.match_substring(texts, shift)).as_py() for shift in _SHIFTS)


def find_encoding(file: SourceFile, reading: Reading) -> Encoding | None:
    """Return the encoding of a file that is not plain UTF-8; None: it cannot be told.

    The file is read to its end, twice.

    Args:
        file: A file whose text met `is_suspect`, or that has rows which are no UTF-8.
        reading: Its format and compression.

    Raises:
        UnreadableError: It is cut off or corrupt.
    """
    sample, num_wide, num_damaged = _look(file, reading)
    if sample.startswith(WIDE_BOMS):
        wide = "utf-32" if sample.startswith(WIDE_BOMS[:2]) else "utf-16"
        return examine(file, reading, wide, basis=EncodingBasis.MARKED, confidence=1.0)
    if num_damaged and num_wide >= _WIDE_PER_DAMAGED * num_damaged:
        is_whole = reading.format is Format.TEXT and reading.split is Split.FILE
        damaged = Encoding(name="utf-8", basis=EncodingBasis.DAMAGED, num_replaced=num_damaged)
        return damaged if is_whole else None
    name, confidence = _ask(sample)
    if name is None or confidence < LEAST_CONFIDENCE or (not num_damaged and name not in _SHIFTED):
        return None
    found = examine(file, reading, name, basis=EncodingBasis.DETECTED, confidence=confidence)
    return found.model_copy(update={"num_telling": len(sample.translate(None, _ASCII))})


def is_untold(file: SourceFile, reading: Reading) -> bool:
    """Return whether a file of which `find_encoding` found nothing is not even nearly UTF-8.

    Raises:
        UnreadableError: It is cut off or corrupt.
    """
    _, num_wide, num_damaged = _look(file, reading)
    return num_wide < _WIDE_PER_DAMAGED * num_damaged


def examine(
    file: SourceFile,
    reading: Reading,
    name: str,
    *,
    basis: EncodingBasis,
    confidence: float | None = None,
) -> Encoding:
    """Return an encoding with the number of characters that a file lacks in it.

    Raises:
        UnreadableError: The file is cut off or corrupt.
    """
    num_replaced = sum(text.count("\ufffd") for text in _decode(file, reading, name))
    return Encoding(name=name, basis=basis, confidence=confidence, num_replaced=num_replaced)


def as_utf8(file: SourceFile, reading: Reading) -> tuple[SourceFile, Reading]:
    """Return a file with its bytes in UTF-8, and how that is read; what has no encoding stays.

    What the encoding lacks becomes U+FFFD.
    """
    if reading.encoding is None:
        return file, reading
    plain = reading.model_copy(update={"compression": Compression.NONE, "encoding": None})

    texts = partial(_decode, file, reading, reading.encoding.name)

    def open_plain() -> BinaryIO:
        blocks = (text.encode("utf-8", "surrogatepass") for text in texts())
        return cast("BinaryIO", io.BufferedReader(Blocks(blocks)))

    return replace(file, open=open_plain, local_path=None), plain


def _decode(file: SourceFile, reading: Reading, name: str) -> Generator[str]:
    decoder = codecs.getincrementaldecoder(name)("replace")
    with open_decompressed(file, reading.compression) as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _look(file: SourceFile, reading: Reading) -> tuple[bytes, int, int]:
    """Return lines that tell of the encoding, and how many characters outside ASCII are UTF-8.

    Returns:
        The first lines with more than ASCII in them; the characters that are well-formed UTF-8, and
        those that are not.
    """
    sample, num_wide, num_damaged = bytearray(), 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with open_decompressed(file, reading.compression) as stream:
        while block := stream.read(_BLOCK_BYTES):
            if len(sample) < _SAMPLE_BYTES:
                sample += _telling(block)
            text = decoder.decode(block)
            written = block.count(b"\xef\xbf\xbd")
            bad = text.count("\ufffd") - written
            num_damaged += max(0, bad)
            num_wide += len(text) - len(text.encode("ascii", "ignore")) - max(0, bad)
    num_damaged += decoder.decode(b"", final=True).count("\ufffd")
    return bytes(sample[:_SAMPLE_BYTES]), num_wide, num_damaged


def _telling(block: bytes) -> bytes:
    """Return the lines of a block that hold more than ASCII, or shift to something else."""
    if b"\0" in block:
        return block
    lines = block.splitlines(keepends=True)
    return b"".join(
        line for line in lines if not line.isascii() or any(shift in line for shift in _SHIFTS)
    )


def _ask(sample: bytes) -> tuple[str | None, float]:
    # Imported here: nearly all text is UTF-8 and needs it never.
    import chardet  # noqa: PLC0415

    found = chardet.detect(sample, prefer_superset=True)
    name = found["encoding"]
    if name is None:
        return None, 0.0
    try:
        return codecs.lookup(name).name, round(float(found["confidence"] or 0.0), 4)
    except LookupError:
        # Some of what it knows Python cannot decode.
        return None, 0.0
