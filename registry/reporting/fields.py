"""What the fields of versions were made from, in words."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from registry.domain.lineage import FieldEdge, Lineage, OriginKind
from registry.reporting.graph_labels import describe_origins
from registry.reporting.text import plain

if TYPE_CHECKING:
    from rich.text import Text


def fields_text(lineage: Lineage) -> "Text":
    """Return each version that was made from another, and below it a line for each of its fields.

    Of what was made outside of muster, where no field's origin is known, there is one line.
    """
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ignore")
    for child, edges in groupby(lineage.fields or (), key=lambda one: one.child):
        for line in _describe(child, list(edges)):
            text.append(f"{plain(line)}\n")
    text.rstrip()
    return text


def _describe(child: str, edges: Sequence[FieldEdge]) -> Iterator[str]:
    parents = ", ".join(dict.fromkeys(one.parent for one in edges))
    yield f"{child}, by {edges[0].making} from {parents}"
    if edges[0].kind is OriginKind.UNKNOWN:
        fields = ", ".join(dict.fromkeys(one.field for one in edges))
        yield f"  {fields} from {describe_origins(edges[0])}: it was made outside of muster"
        return
    width = max(len(one.field) for one in edges)
    for one in edges:
        yield f"  {one.field:<{width}} from {describe_origins(one)}"
