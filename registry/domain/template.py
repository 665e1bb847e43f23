"""A template that makes one text of several columns of a row."""

from string import Formatter
from typing import NamedTuple

from registry.errors import InputError


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
