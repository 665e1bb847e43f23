"""The text of a web page: its characters, then what of it is to be read.

1. A byte-order mark decides the encoding; else what the server said, else what the page says of
   itself. Labels mean what the Encoding Standard says (`iso-8859-1` is windows-1252).
2. A declaration that turns more than one character in a hundred into U+FFFD is not believed.
   Without one the page is UTF-8 if it is valid, else what its bytes look like.
3. What is left of the page is its main content, or all its text.

Source: WHATWG, HTML Living Standard, 13.2.3 (determining the character encoding), and Encoding
Standard; Bevendorff et al., Resiliparse.
"""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import accumulate
from typing import Final, TypeAlias

import orjson
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

from registry.domain.reading import Extraction
from registry.sources import reasons
from registry.sources.reasons import RowError

MAX_PAGE_BYTES: Final = 8 << 20
"""A longer page is no document: its tree would take some thirty times as much memory."""

MAX_STEPS: Final = 25_000_000
"""The most tags of a page, times how deep containers are nested in it: the search for its main
content takes so many steps, some ten million a second."""

MAX_COPIES: Final = 1_000_000
"""The most tags of a page, times how many formatting elements are open at once: each block begins
with a copy of all that are, of some 400 bytes."""

MAX_ATTRIBUTES: Final = 2_000
"""How many attributes a tag may have: the parser takes time in the square of that."""

_REPLACEMENT = "\ufffd"
_BELIEVED_PER_CHARACTER = 100
_HEAD_BYTES = 4 << 10
_MARKED = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARKS = tuple(mark for mark, _ in _MARKED)
_LAST_RESORT = "cp1252"

Fact: TypeAlias = str | int | None
"""One thing that is known of a document."""

_LANGUAGE = re.compile(r"""<html\s[^>]*?\blang\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_DECLARATION = re.compile(
    rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([\w:.-]+)|\A\s*<\?xml[^>]*?encoding\s*=\s*["']([\w:.-]+)""",
    re.IGNORECASE,
)

_FEW_TAGS = 2_000
_SHORT_PAGE, _SHORT_TAG = 64 << 10, 20_000
_NESTED = re.compile(
    r"<(/?)(?:(div|article)|a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])",
    re.IGNORECASE,
)
_TAG = re.compile(r"""<[a-z](?:[^>"']++|"[^"]*+"|'[^']*+'|["'])*+""", re.IGNORECASE)
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/]+")


@dataclass(frozen=True, slots=True)
class Characters:
    """Decoded bytes, and how the encoding was found."""

    text: str
    charset: str
    """The encoding, as Python names it."""

    found_in: str
    """`bom`, `http`, `page`, `content` (it is valid UTF-8), `guess` or `default`."""

    num_replaced: int = 0
    """Characters of `text` that stand for bytes with no meaning in the encoding."""


def extractor() -> str:
    """Return what makes text of pages, with its version: another one may make other text."""
    return f"resiliparse {version('resiliparse')}"


def take_text(
    body: bytes, stated: str | None, extraction: Extraction | None
) -> tuple[bytes, dict[str, Fact]]:
    """Return the text of a page or of plain text as UTF-8, and how it was found.

    Args:
        body: The bytes.
        stated: The encoding that the server named.
        extraction: What is taken of the page; None: it is plain text.

    Raises:
        RowError: Nothing is left, or the page would cost the parser time or memory out of all
            proportion.
    """
    characters = decode_page(body, stated, is_html=extraction is not None)
    text, language = characters.text, None
    if extraction is not None:
        _check_shape(text)
        claim = _LANGUAGE.search(text, 0, _HEAD_BYTES)
        language = claim and claim[1]
        text = extract_plain_text(text, main_content=extraction is Extraction.MAIN)
    if not text or text.isspace():
        raise RowError(reasons.EMPTY_PAGE)
    facts: dict[str, Fact] = {
        "charset": characters.charset,
        "charset_from": characters.found_in,
        "language": language,
        "num_replaced": characters.num_replaced,
    }
    return text.encode(), facts


def dump_facts(facts: Mapping[str, Fact]) -> bytes:
    """Return what is known as the metadata of a document; what is not known is left out."""
    known = {name: fact for name, fact in facts.items() if fact}
    return orjson.dumps(known, option=orjson.OPT_SORT_KEYS)


def decode_page(body: bytes, stated: str | None, *, is_html: bool) -> Characters:
    """Return the characters of a page.

    Args:
        body: Its bytes.
        stated: The encoding that the server named.
        is_html: Whether the page may name one itself.
    """
    doubted = []
    for found_in, label in _labels(body, stated, is_html=is_html):
        charset = map_encoding_to_html5(label, fallback_utf8=False)
        if charset is not None:
            characters = _decode(body, charset, found_in)
            if not characters.num_replaced:
                return characters
            doubted.append(characters)
    guess = _decode(body, "utf-8", "content")
    if not guess.num_replaced:
        return guess
    for characters in doubted:
        if characters.num_replaced * _BELIEVED_PER_CHARACTER <= len(characters.text):
            return characters
    detected = detect_encoding(body)
    return _decode(body, detected or _LAST_RESORT, "guess" if detected else "default")


def _labels(body: bytes, stated: str | None, *, is_html: bool) -> list[tuple[str, str]]:
    labels = []
    if body.startswith(_MARKS):
        labels.append(("bom", next(name for mark, name in _MARKED if body.startswith(mark))))
    if stated:
        labels.append(("http", stated))
    found = _DECLARATION.search(_COMMENT.sub(b"", body[:_HEAD_BYTES])) if is_html else None
    if found is not None:
        label = (found[1] or found[2]).decode("latin-1")
        # A page that can be read up to here as ASCII is not in UTF-16, whatever it says.
        labels.append(("page", "utf-8" if label.lower().startswith("utf-16") else label))
    return labels


def _decode(body: bytes, charset: str, found_in: str) -> Characters:
    try:
        text, num_replaced = body.decode(charset), 0
    except UnicodeDecodeError:
        # Some characters may have been U+FFFD before: they say as little.
        text = body.decode(charset, "replace")
        num_replaced = text.count(_REPLACEMENT)
    return Characters(text.removeprefix("\ufeff"), charset, found_in, num_replaced)


def _check_shape(page: str) -> None:
    """Refuse what would cost the parser time or memory out of all proportion."""
    num_tags = page.count("<")
    if num_tags > _FEW_TAGS:
        found = _NESTED.findall(page)
        depth = _most_open(mark for mark, container in found if container)
        num_open = _most_open(mark for mark, container in found if not container)
        if num_tags * depth > MAX_STEPS or num_tags * num_open > MAX_COPIES:
            raise RowError(reasons.PAGE_TOO_COMPLEX)
    # Between two tags there is seldom so much, and then mostly a script or a picture.
    if len(page) > _SHORT_PAGE and max(map(len, page.split("<"))) > _SHORT_TAG:
        long_tags = [tag for tag in _TAG.findall(page) if len(tag) > _SHORT_TAG]
        if any(_num_attributes(tag) > MAX_ATTRIBUTES for tag in long_tags):
            raise RowError(reasons.PAGE_TOO_COMPLEX)


def _most_open(marks: Iterable[str]) -> int:
    return max(accumulate(-1 if mark else 1 for mark in marks), default=0)


def _num_attributes(tag: str) -> int:
    return len(_BETWEEN_ATTRIBUTES.split(_QUOTED.sub(" ", tag)))
