"""Which fields of a version its fields were made from, by what the catalog says of both.

A run of muster says so without a record of its own: how the parent's files are read names the
columns of the text, and every normalized version has the same four fields.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

from registry.domain.base import Value
from registry.domain.lineage import FieldEdge, FieldOrigin, LineageEdge, OriginKind
from registry.domain.reading import Format, Reading
from registry.domain.run import Operation

ID, TEXT, SOURCE, METADATA = "id", "text", "source", "metadata"
"""The fields of a document, as normalized versions have them."""


class FieldFacts(Value):
    """What the catalog says of the fields of a version."""

    fields: tuple[str, ...]
    readings: tuple[Reading, ...]
    """The different ways in which its files become documents."""

    tokenizer: str | None
    """The name of the tokenizer whose ids it holds."""


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
    kind, names = _find_origins(field, parent) if is_made_here else (OriginKind.UNKNOWN, ())
    words = (edge.operation.value, child.tokenizer, edge.recipe)
    is_joined = any(len(_text_columns(reading)) > 1 for reading in parent.readings)
    return FieldEdge(
        child=edge.child,
        parent=edge.parent,
        run=edge.run,
        field=field,
        kind=kind,
        origins=tuple(FieldOrigin(reference=edge.parent, field=name) for name in names),
        is_joined=is_made_here and is_joined and _holds_text(field),
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
