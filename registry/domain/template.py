"""A template that makes one text of several columns of a row."""

import json
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from registry.errors import InputError

EVERY_COLUMN: Final = "{*}"
"""The template that names every column there is, each on a line of its own."""

_SPECIAL: Final = frozenset("{}:!")
"""What a name in braces may not hold, unless it is quoted."""

_HINT: Final = (
    "names of columns in braces, as in '{title}: {body}'; {{ and }} stand for braces, and "
    """{:"a:b"} for a name with braces, ':' or '!' in it"""
)

_MARK: Final = re.compile(
    r"""\{\{|\}\}
    |\{:(?P<quoted>"(?:[^"\\]|\\.)*")\}
    # Between brackets a colon is part of the name, and one at the end says nothing, as always.
    |\{(?P<name>(?:[^{}:!\[]|\[[^\]{}]*\]|\[)++):?\}
    |[{}]""",
    re.VERBOSE | re.DOTALL,
)


class Piece(NamedTuple):
    """A part of a template: words as they are, then the value of a column."""

    words: str
    column: str | None
    """None behind the last words."""


def parse_template(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a template such as `{title}: {body}`; `{{` stands for a brace.

    A name that holds braces, `:` or `!`, or is empty, stands quoted: `{:"a:b"}`, as JSON has it.

    Raises:
        InputError: Braces that do not match, no column, or more than a column's name in braces.
    """
    pieces: list[Piece] = []
    words, place = "", 0
    for found in _MARK.finditer(text):
        words += text[place : found.start()]
        place = found.end()
        column = _read_name(found)
        if column is not None:
            pieces.append(Piece(words, column))
            words = ""
        elif len(found[0]) > 1:
            words += found[0][0]
        else:
            raise _not_a_template(text, found.start())
    words += text[place:]
    if not pieces:
        raise InputError(f"{text!r} names no column", hint=_HINT)
    return (*pieces, Piece(words, None)) if words else tuple(pieces)


def columns_of(text: str) -> tuple[str, ...]:
    """Return the columns that a template names, each once, in order.

    Raises:
        InputError: It is no template.
    """
    columns = (piece.column for piece in parse_template(text))
    return tuple(dict.fromkeys(column for column in columns if column is not None))


def name_column(column: str) -> str:
    """Return the template that is one column alone, whatever its name is.

    Example:
        >>> name_column("mass"), name_column("a:b")
        ('{mass}', '{:"a:b"}')
    """
    if column and not set(column) & _SPECIAL:
        return f"{{{column}}}"
    return f"{{:{json.dumps(column, ensure_ascii=False)}}}"


def name_every(columns: Iterable[str]) -> str:
    r"""Return the template that `EVERY_COLUMN` stands for in a file with some columns.

    Example:
        >>> name_every(["species", "mass", ""])
        'species: {species}\nmass: {mass}\n{:""}'
    """
    return "\n".join(
        (f"{column}: ".replace("{", "{{").replace("}", "}}") if column else "")
        + name_column(column)
        for column in columns
    )


def _read_name(found: re.Match[str]) -> str | None:
    if found["quoted"] is None:
        return found["name"]
    try:
        return str(json.loads(found["quoted"], strict=False))
    except ValueError:
        return None


def _not_a_template(text: str, start: int) -> InputError:
    end = text.find("}", start) + 1
    if text[start] == "}" or not end:
        return InputError(f"{text!r} is no template: a single {text[start]!r}", hint=_HINT)
    return InputError(f"{text!r} is no template: {text[start:end]} names no column", hint=_HINT)
