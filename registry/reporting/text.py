"""Text from a dataset made safe to print and whole to see.

Whatever a reader could not see, or a terminal would obey, is shown as a sign of its own: control
characters as control pictures, everything else that leaves no ink as its code point.
"""

import re
import unicodedata
from itertools import chain

TAB, SPACE, NEWLINE = "→", "·", "⏎"

_PICTURES = 0x2400
_DELETE = 0x7F
_INKLESS_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})

# Letters, marks and symbols by category that yet leave no ink of their own: the grapheme joiner,
# Hangul fillers, Khmer inherent vowels, the blank Braille cell, variation selectors.
_INKLESS = frozenset(
    chain(
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
)
_TRAILING_SPACES = re.compile(r" +(?=\r?\n|\r?\Z)")


def visible(text: str, *, width: int) -> str:
    r"""Return a text in which everything can be seen, in lines of at most a width.

    Tabs stand as `→`, spaces at the end of a line as `·`, a newline as `⏎` before it; control
    characters as control pictures; zero-width, bidirectional, unassigned and private-use
    characters, odd spaces and lone surrogates as `⟨U+200B⟩`. Nothing is left out: a longer line
    goes on in the next one, without a `⏎`.

    Args:
        text: Any string; work grows with its length, so cut a huge document first.
        width: Terminal cells of a line, at least 2; a wide character takes two.

    Example:
        >>> print(visible("a\tb \r\n\x1b[31m", width=80))
        a→b·␍⏎
        ␛[31m
    """
    marked = _TRAILING_SPACES.sub(lambda match: SPACE * len(match[0]), text)
    lines = marked.translate(_marks(marked)).split("\n")
    lines = [line + NEWLINE for line in lines[:-1]] + lines[-1:]
    return "\n".join(part for line in lines for part in _fold(line, max(width, 2)))


def plain(text: str) -> str:
    """Return a text as one line that a terminal prints and does not obey.

    For names, messages and licences inside a sentence or a table. Newlines become spaces.
    """
    line = " ".join(text.split("\n"))
    return line.translate(_marks(line))


def printable(text: str) -> str:
    """Return a text that a terminal prints and does not obey; newlines stay."""
    return text.translate(_marks(text))


def _marks(text: str) -> dict[int, str]:
    """Return the signs for the characters of a text that need one, without the newline."""
    return {ord(char): _sign(char) for char in set(text) - {" ", "\n"} if _is_inkless(char)}


def _is_inkless(char: str) -> bool:
    return unicodedata.category(char) in _INKLESS_CATEGORIES or ord(char) in _INKLESS


def _sign(char: str) -> str:
    if char == "\t":
        return TAB
    code = ord(char)
    if code < 0x20:
        return chr(_PICTURES + code)
    return "␡" if code == _DELETE else f"⟨U+{code:04X}⟩"


def _fold(line: str, width: int) -> list[str]:
    """Cut a line into parts of at most so many terminal cells."""
    from rich.cells import cell_len, chop_cells

    return [line] if cell_len(line) <= width else chop_cells(line, width)
