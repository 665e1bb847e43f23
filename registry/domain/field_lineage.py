"""Which fields of a version its fields were made from, by what the catalog says of both.

A run of muster says so without a record of its own: how the parent's files are read names the
columns of the text, and every normalized version has the same four fields. What a recipe made of a
table's columns is called by their names, with the category or the part behind it.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

from registry.domain.base import Value
from registry.domain.lineage import FieldEdge, FieldOrigin, LineageEdge, OriginKind
from registry.domain.reading import Format, Reading
from registry.domain.recipe import Recipe
from registry.domain.run import Operation
from registry.domain.template import columns_of

ID, TEXT, SOURCE, METADATA = "id", "text", "source", "metadata"
"""The fields of a document, as normalized versions have them."""


class FieldFacts(Value):
    """What the catalog says of the fields of a version."""

    fields: tuple[str, ...]
    readings: tuple[Reading, ...]
    """The different ways in which its files become documents."""

    tokenizer: str | None
    """The name of the tokenizer whose ids it holds."""

    recipe: Recipe | None = None
    """The recipe that made it."""


def trace_fields(
    edges: Iterable[LineageEdge], facts: Mapping[str, FieldFacts]
) -> tuple[FieldEdge, ...]:
    """Return what each field of the child of each edge was made from.

    Args:
        edges: The edges of a lineage.
        facts: Of both ends of each edge, by reference.
    """
    return tuple(
        _trace(edge, field, facts[edge.parent], facts[edge.child])
        for edge in edges
        for field in facts[edge.child].fields
    )


def _trace(edge: LineageEdge, field: str, parent: FieldFacts, child: FieldFacts) -> FieldEdge:
    is_made_here = edge.operation in {Operation.NORMALIZE, Operation.TOKENIZE}
    found: tuple[OriginKind, tuple[str, ...]] = (OriginKind.UNKNOWN, ())
    if is_made_here:
        found = _find_origins(field, parent)
        if child.recipe is not None and child.recipe.is_for_tables:
            found = _find_columns(field, parent, child.recipe)
    kind, names = found
    words = (edge.operation.value, child.tokenizer, edge.recipe)
    is_joined = any(len(_text_columns(reading)) > 1 for reading in parent.readings)
    return FieldEdge(
        child=edge.child,
        parent=edge.parent,
        run=edge.run,
        field=field,
        kind=kind,
        origins=tuple(FieldOrigin(reference=edge.parent, field=name) for name in names),
        is_joined=is_made_here and is_joined and _holds_text(field) and len(names) > 1,
        making=" ".join(word for word in words if word),
    )


def _find_origins(field: str, parent: FieldFacts) -> tuple[OriginKind, tuple[str, ...]]:
    readings = parent.readings
    texts = _distinct(chain.from_iterable(map(_text_columns, readings)))
    ids = _distinct(column for column in map(_id_column, readings) if column is not None)
    if _holds_text(field):
        return _fields_or(texts, OriginKind.BYTES)
    if field == ID:
        return _fields_or(ids, OriginKind.PLACE)
    if readings and all(reading.format is Format.DOCUMENTS for reading in readings):
        return OriginKind.FIELDS, (field,)
    if field == METADATA:
        others = tuple(name for name in parent.fields if name not in {*texts, *ids})
        return _fields_or(others, OriginKind.NOTHING)
    return OriginKind.PLACE, ()


def _find_columns(
    field: str, parent: FieldFacts, recipe: Recipe
) -> tuple[OriginKind, tuple[str, ...]]:
    """Return the columns of the parent that a column, or the text of a row, was made of."""
    template = recipe.steps[-1].parameters.get("template")
    if template is None:
        return _fields_or(_columns_behind(field, parent.fields), OriginKind.NOTHING)
    if field != TEXT:
        return OriginKind.NOTHING if field == METADATA else OriginKind.PLACE, ()
    behind = (_columns_behind(column, parent.fields) for column in columns_of(str(template)))
    return _fields_or(_distinct(chain.from_iterable(behind)), OriginKind.NOTHING)


def _columns_behind(column: str, fields: Iterable[str]) -> tuple[str, ...]:
    known = tuple(fields)
    if column in known:
        return (column,)
    made_of = [name for name in known if _is_made_of(column, name)]
    if made_of:
        return (max(made_of, key=len),)
    # Undone: one column of several.
    return tuple(name for name in known if _is_made_of(name, column))


def _is_made_of(made: str, column: str) -> bool:
    return made.startswith((f"{column}=", f"{column}_"))


def _fields_or(names: tuple[str, ...], otherwise: OriginKind) -> tuple[OriginKind, tuple[str, ...]]:
    return (OriginKind.FIELDS, names) if names else (otherwise, ())


def _text_columns(reading: Reading) -> tuple[str, ...]:
    # Normalized shards name none: they have the same columns everywhere.
    return (TEXT,) if reading.format is Format.DOCUMENTS else reading.text_columns


def _id_column(reading: Reading) -> str | None:
    return ID if reading.format is Format.DOCUMENTS else reading.id_column


def _holds_text(field: str) -> bool:
    """Return whether a field is the text, or was made of it as token ids are."""
    return field not in {ID, SOURCE, METADATA}


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
