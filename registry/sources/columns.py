"""Which columns of a record format hold the text and the id."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeAlias

from registry.domain.reading import Field, Reading
from registry.domain.template import EVERY_COLUMN, columns_of, name_column, name_every
from registry.errors import InputError

MeanLengths: TypeAlias = Callable[[], Mapping[str, float]]
"""Finds the mean length of each column's strings; asked where the text is not clear."""

_TEXT_NAMES = ("text", "content")
_LIKELY_NAMES = (*_TEXT_NAMES, "document", "body", "article", "passage", "message", "markdown")
"""Names that texts often have: what a hint offers first."""

_ID_NAME = "id"
_STRING_TYPES = frozenset({"string", "large_string", "string_view"})
_INTEGER_TYPES = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_BINARY_TYPES = frozenset({"binary", "large_binary", "binary_view"})
_UNCERTAIN_TYPES = frozenset({"mixed", "null"})
_LISTS = re.compile(r"(?:large_|fixed_size_)?list<[^:]*: (?P<item>.*?)(?: not null)?>(?:\[\d+\])?")


def unique_names(names: Sequence[str]) -> list[str]:
    """Return the names of columns with a number behind each one that stood before.

    Example:
        >>> unique_names(["a", "b", "a"])
        ['a', 'b', 'a_2']
    """
    unique: dict[str, None] = {}
    taken = set(names)
    for name in names:
        candidate, number = name, 1
        while candidate in unique or (number > 1 and candidate in taken):
            number += 1
            candidate = f"{name}_{number}"
        unique[candidate] = None
    return list(unique)


def choose_columns(
    path: str,
    fields: Sequence[Field],
    wanted: Reading,
    *,
    mean_lengths: MeanLengths = dict,
) -> Reading:
    """Return the reading with its text and id columns decided.

    A template names the text columns, of any type. Without a wish, the text is the column `text`,
    else `content`, else the only one of strings; the id is the column `id` if it holds strings or
    integers. A column of lists of strings is the text where it is wished for, never by itself.

    Args:
        path: The file's name, for errors.
        fields: The file's columns. None at all means that no record was found: then nothing can
            be decided, nor be wrong.
        wanted: What the user said about the columns.
        mean_lengths: Finds how long the strings of each column are in a sample. Of several
            candidates the hint offers the one with a usual name, else the longest.

    Raises:
        InputError: A wanted column does not exist or cannot hold text, or there is not exactly
            one candidate.
    """
    if not fields:
        return wanted
    types = {field.name: field.type for field in fields}
    if wanted.template == EVERY_COLUMN:
        wanted = wanted.model_copy(update={"template": name_every(types)})
    if wanted.template is not None:
        wanted = _take_template(wanted, wanted.template)
    for column in (*wanted.text_columns, *((wanted.id_column,) if wanted.id_column else ())):
        if column not in types:
            raise InputError(f"{path}: no column {column!r}", hint=_suggest(column, fields))
    for column in wanted.text_columns if wanted.template is None else ():
        if not (_can_hold_text(types[column]) or _is_list_of_strings(types[column])):
            raise InputError(
                f"{path}: column {column!r} holds {types[column]}, not text",
                hint=f"--template '{name_column(column)}' makes text of it; "
                f"{_list_columns(fields)}",
            )
    id_column = wanted.id_column
    if id_column is None and _ID_NAME not in wanted.text_columns:
        id_column = _ID_NAME if _can_hold_id(types.get(_ID_NAME, "")) else None
    text_columns = wanted.text_columns or (_choose_text(path, types, id_column, mean_lengths),)
    return wanted.model_copy(update={"text_columns": text_columns, "id_column": id_column})


def _take_template(wanted: Reading, template: str) -> Reading:
    if wanted.text_columns not in ((), columns_of(template)):
        raise InputError(
            f"--template {template!r} says which columns are the text",
            hint="leave out --text-column",
        )
    return wanted.model_copy(update={"text_columns": columns_of(template)})


def _choose_text(
    path: str, types: dict[str, str], id_column: str | None, mean_lengths: MeanLengths
) -> str:
    for name in _TEXT_NAMES:
        if _can_hold_text(types.get(name, "")):
            return name
    strings = [name for name, type_ in types.items() if is_string(type_) and name != id_column]
    if len(strings) == 1:
        return strings[0]
    # Of a file that is corrupt, this is what is to be said.
    lengths = mean_lengths()
    if strings:
        raise InputError(
            f"{path}: several columns could hold the text: {', '.join(strings)}",
            hint=f"--text-column {_likeliest(strings, lengths)}; given more than once, the "
            "columns are joined",
        )
    found = ", ".join(f"{name} ({type_})" for name, type_ in types.items())
    lists = [name for name, type_ in types.items() if _is_list_of_strings(type_)]
    raise InputError(
        f"{path}: no column holds text; found {found}",
        hint=f"--text-column {lists[0]}; its items are joined by newlines"
        if lists
        else "--text-column NAME; of a table without text, --kind tabular",
    )


def _likeliest(names: Sequence[str], mean_lengths: Mapping[str, float]) -> str:
    usual = [name for likely in _LIKELY_NAMES for name in names if name.lower() == likely]
    # Of equals the first stays, which is also what happens without a sample.
    return usual[0] if usual else max(names, key=lambda name: mean_lengths.get(name, 0.0))


def is_string(type_: str) -> bool:
    """Say whether a type, in Arrow's words, is one of strings."""
    return type_ in _STRING_TYPES or any(
        type_.startswith(f"dictionary<values={name},") for name in _STRING_TYPES
    )


def _can_hold_text(type_: str) -> bool:
    return is_string(type_) or type_ in _BINARY_TYPES or type_ in _UNCERTAIN_TYPES


def _is_list_of_strings(type_: str) -> bool:
    match = _LISTS.fullmatch(type_)
    return match is not None and (is_string(match["item"]) or match["item"] == "null")


def _can_hold_id(type_: str) -> bool:
    return is_string(type_) or type_ in _INTEGER_TYPES or type_ == "mixed"


def _suggest(column: str, fields: Sequence[Field]) -> str:
    nearest = get_close_matches(column, [field.name for field in fields], n=3, cutoff=0.6)
    asked = f"did you mean {', '.join(nearest)}? " if nearest else ""
    return asked + _list_columns(fields)


def _list_columns(fields: Sequence[Field]) -> str:
    return "the file has " + ", ".join(f"{field.name} ({field.type})" for field in fields)
