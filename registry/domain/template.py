"""A template that makes one text of several columns of a row."""

from collections.abc import Iterable
from string import Formatter
from typing import Final, NamedTuple

from registry.errors import InputError

EVERY_COLUMN: Final = "{*}"
"""The template that names every column there is, each on a line of its own."""


class Piece(NamedTuple):
    """A part of a template: words as they are, then the value of a column."""

    words: str
    column: str | None
    """None behind the last words."""


def parse_template(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a template such as `{title}: {body}`; `{{` stands for a brace.

    Raises:
        InputError: Braces that do not match, no column, or more than a column's name in braces.
    """
    hint = "names of columns in braces, as in '{title}: {body}'; {{ and }} stand for braces"
    try:
        parsed = [*Formatter().parse(text)]
    except ValueError as error:
        raise InputError(f"{text!r} is no template: {error}", hint=hint) from error
    for _, column, form, conversion in parsed:
        if column is not None and (not column or form or conversion):
            raise InputError(f"{text!r} is no template: {{{column}}} names no column", hint=hint)
    if not any(column for _, column, _, _ in parsed):
        raise InputError(f"{text!r} names no column", hint=hint)
    return tuple(Piece(words, column) for words, column, _, _ in parsed)


def columns_of(text: str) -> tuple[str, ...]:
    """Return the columns that a template names, each once, in order.

    Raises:
        InputError: It is no template.
    """
    return tuple(dict.fromkeys(piece.column for piece in parse_template(text) if piece.column))


def name_every(columns: Iterable[str]) -> str:
    r"""Return the template that `EVERY_COLUMN` stands for in a file with some columns.

    A column whose name cannot stand in braces, such as one without a name, is left out.

    Raises:
        InputError: None of them can.

    Example:
        >>> name_every(["species", "mass"])
        'species: {species}\nmass: {mass}'
    """
    named = [column for column in columns if _can_be_named(column)]
    if not named:
        raise InputError("no column can be named in a template", hint="--text-column NAME")
    return "\n".join(f"{column}: {{{column}}}" for column in named)


def _can_be_named(column: str) -> bool:
    # Braces, ':' and '!' mean something else there.
    return bool(column) and not set(column) & set("{}:!")
