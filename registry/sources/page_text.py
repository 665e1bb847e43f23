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
from dataclasses import dataclass
from importlib.metadata import version
from itertools import accumulate
from typing import Final

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5
from resiliparse.parse.html import ElementNode, HTMLTree

from registry.domain.reading import Extraction
from registry.sources import reasons
from registry.sources.reasons import RowError

MAX_PAGE_BYTES: Final = 16 << 20
"""A longer page is no document: its tree would take some thirty times as much memory."""

MAX_PAGE_DEPTH: Final = 1_000
"""How deep containers of a page may be nested: the search for its main content takes time in the
square of that."""

MAX_ATTRIBUTES: Final = 2_000
"""How many attributes a tag may have: the parser takes time in the square of that."""

_REPLACEMENT = "\ufffd"
_BELIEVED_PER_CHARACTER = 100
_HEAD_BYTES = 4 << 10
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LAST_RESORT = "cp1252"

_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_DECLARATION = re.compile(
    rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([\w:.-]+)|\A\s*<\?xml[^>]*?encoding\s*=\s*["']([\w:.-]+)""",
    re.IGNORECASE,
)

_FEW_TAGS = 2_000
_SHORT_PAGE, _SHORT_TAG = 64 << 10, 20_000
_CONTAINER = re.compile(r"<(/?)(?:div|article)(?=[\s/>])", re.IGNORECASE)
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


def decode_page(body: bytes, stated: str | None, *, is_html: bool) -> Characters:
    """Return the characters of a page.

    Args:
        body: Its bytes.
        stated: The encoding that the server named.
        is_html: Whether the page may name one itself.
    """
    declared = []
    for found_in, label in _labels(body, stated, is_html=is_html):
        charset = map_encoding_to_html5(label, fallback_utf8=False)
        if charset is not None:
            characters = _decode(body, charset, found_in)
            if not characters.num_replaced:
                return characters
            declared.append(characters)
    guess = _decode(body, "utf-8", "content")
    if not guess.num_replaced:
        return guess
    for characters in declared:
        if characters.num_replaced * _BELIEVED_PER_CHARACTER <= len(characters.text):
            return characters
    detected = detect_encoding(body)
    return _decode(body, detected or _LAST_RESORT, "guess" if detected else "default")


def extract_text(page: str, extraction: Extraction) -> tuple[str, str | None]:
    """Return the text of a page, and the language that it claims.

    Raises:
        RowError: It is built so that the parser would take for ever.
    """
    _check_shape(page)
    tree = HTMLTree.parse(page)
    root = None if tree.head is None else tree.head.parent
    language = root.getattr("lang") if isinstance(root, ElementNode) else None
    text = extract_plain_text(tree, main_content=extraction is Extraction.MAIN)
    return text, (language or "").strip() or None


def _labels(body: bytes, stated: str | None, *, is_html: bool) -> list[tuple[str, str]]:
    labels = [("bom", charset) for mark, charset in _MARKS if body.startswith(mark)]
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
    if page.count("<") > _FEW_TAGS:
        steps = (-1 if mark else 1 for mark in _CONTAINER.findall(page))
        if max(accumulate(steps), default=0) > MAX_PAGE_DEPTH:
            raise RowError(reasons.NESTED_TOO_DEEP)
    if len(page) > _SHORT_PAGE:
        for tag in _TAG.finditer(page):
            if tag.end() - tag.start() > _SHORT_TAG:
                names = _BETWEEN_ATTRIBUTES.split(_QUOTED.sub(" ", tag[0]))
                if len(names) > MAX_ATTRIBUTES:
                    raise RowError(reasons.TOO_MANY_ATTRIBUTES)
