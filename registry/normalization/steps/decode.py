"""Bytes become text.

1. A document that begins with the byte-order mark of UTF-8, UTF-16 or UTF-32 is read in that
   encoding; any other is read as UTF-8. Byte-order marks at its beginning are removed.
2. UTF-8 may hold encoded surrogates (JSON escapes bring them in). A high surrogate followed by a
   low one becomes the character that the two stand for; `lone_surrogates` says what happens to
   the others.
3. A document that is not in its encoding is tried in each encoding of `fallback`, in order, and
   is rejected when none fits.

Source: The Unicode Standard, chapter 3.9 (D75, D92) and 23.8 (byte-order marks).
"""

import codecs
import re
from typing import Annotated, ClassVar, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from registry.normalization.columns import rewrite
from registry.normalization.parameters import Parameters
from registry.normalization.steps.base import Step
from registry.normalization.verdict import Verdict

INVALID: Final = "invalid-utf8"
LONE_SURROGATE: Final = "lone-surrogate"

# The mark of UTF-32 begins with that of UTF-16 and so is tried first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK = "\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ERROR_HANDLERS = {"remove": "ignore", "replace": "replace", "reject": "strict"}


class DecodeParameters(Parameters):
    """How documents that are not plain UTF-8 are read."""

    # TOML has lists, not tuples; the strings in them are checked strictly all the same.
    fallback: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Encodings to try, in order, when a document is not in its own; names as Python knows them."""

    lone_surrogates: Literal["remove", "replace", "reject"] = "remove"
    """What happens to half a surrogate pair: removed, replaced by U+FFFD, or the document goes."""

    @field_validator("fallback")
    @classmethod
    def _check_encodings(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                "a".encode(name)
            except (LookupError, UnicodeError) as error:
                raise ValueError(f"{name!r} is not a text encoding") from error
        return names


class Decode(Step[DecodeParameters]):
    """Turns bytes into text: byte-order marks, surrogate pairs, invalid UTF-8."""

    name: ClassVar[str] = "decode"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = DecodeParameters

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `RAW_DOCUMENTS`."""
        column = batch.column("text")
        try:
            text = column.cast(pa.large_string())
        except pa.ArrowInvalid:
            # Arrow does not say which document failed: each is read on its own.
            return self._decode_each(column)
        return Verdict(rewrite(text, pc.starts_with(text, _MARK), _strip_marks))

    def _decode_each(self, column: pa.Array) -> Verdict:
        texts: list[str] = []
        reasons: list[str | None] = []
        for data in column.to_pylist():
            text, reason = decode_document(data, self.parameters)
            texts.append(text)
            reasons.append(reason)
        return Verdict(pa.array(texts, pa.large_string()), pa.array(reasons, pa.string()))


def decode_document(data: bytes, parameters: DecodeParameters) -> tuple[str, str | None]:
    """Return the text of one document and None, or an empty text and why it is rejected."""
    text = _decode(data, parameters.fallback)
    if text is None:
        return "", INVALID
    if _SURROGATE.search(text):
        # UTF-16 is where two surrogates are one character, so its decoder joins the pairs.
        units = text.encode("utf-16-le", "surrogatepass")
        try:
            text = units.decode("utf-16-le", _ERROR_HANDLERS[parameters.lone_surrogates])
        except UnicodeDecodeError:
            return "", LONE_SURROGATE
    return _strip_marks(text), None


def _decode(data: bytes, fallback: tuple[str, ...]) -> str | None:
    marked = [(encoding, "surrogatepass") for mark, encoding in _MARKS if data.startswith(mark)]
    others = [(encoding, "strict") for encoding in fallback]
    for encoding, errors in [*marked, ("utf-8", "surrogatepass"), *others]:
        try:
            return data.decode(encoding, errors)
        except UnicodeDecodeError:
            continue
    return None


def _strip_marks(text: str) -> str:
    return text.lstrip(_MARK)
