"""What the fields of versions were made from, as a table."""

from collections import defaultdict
from typing import TYPE_CHECKING

from registry.domain.lineage import FieldEdge, Lineage, OriginKind
from registry.reporting.graph_labels import describe_origins
from registry.reporting.tables import add_rows, new_table
from registry.reporting.text import plain

if TYPE_CHECKING:
    from rich.table import Table


def fields_table(lineage: Lineage) -> "Table":
    """Return a line for each field of each version that was made here from another.

    Of what was made outside of muster, where no field's origin is known, there is one line.
    """
    fields = lineage.fields or ()
    unknown: defaultdict[str, list[FieldEdge]] = defaultdict(list)
    for one in fields:
        if one.kind is OriginKind.UNKNOWN:
            unknown[one.child].append(one)
    rows, before = [], ""
    for one in fields:
        if one.kind is not OriginKind.UNKNOWN:
            shown = "" if one.child == before else one.child
            rows.append((shown, plain(one.field), plain(_origins(one)), plain(one.making)))
        elif one.child != before:
            rows.append(_unknown_row(unknown[one.child]))
        before = one.child
    return add_rows(new_table(("version", "field", "made from", "by")), rows)


def _origins(one: FieldEdge) -> str:
    if one.kind is OriginKind.NOTHING:
        return describe_origins(one)
    return f"{describe_origins(one)} of {one.parent}"


def _unknown_row(edges: list[FieldEdge]) -> tuple[str, str, str, str]:
    fields = ", ".join(dict.fromkeys(plain(one.field) for one in edges))
    parents = ", ".join(dict.fromkeys(one.parent for one in edges))
    return edges[0].child, fields, f"not known: {parents}", plain(edges[0].making)
