"""Lineage: which versions were made from which, through which runs."""

from pydantic import AwareDatetime

from registry.domain.base import Value
from registry.domain.run import Operation
from registry.domain.version import Content, DatasetKind, VersionState


class LineageNode(Value):
    """One version in a lineage graph."""

    reference: str
    kind: DatasetKind
    content: Content
    state: VersionState
    withdrawal: str | None
    """Why it was withdrawn; None where it was not."""

    licence: str
    num_documents: int
    num_bytes: int
    digest: str
    depth: int
    """Shortest distance from a version that was asked for, in edges; 0 for itself."""


class LineageEdge(Value):
    """The child was made from the parent by the run."""

    parent: str
    child: str
    run: str
    operation: Operation
    recipe: str | None
    """`name version` of the recipe, where the run had one."""

    finished_at: AwareDatetime | None


class Lineage(Value):
    """The versions that were asked for, with every edge among them."""

    reference: str
    """The version that was asked for; else the selection, as text."""

    direction: str
    """`upstream`, `downstream` or `both`."""

    starts: tuple[str, ...]
    """The versions from which generations are counted, by reference."""

    nodes: tuple[LineageNode, ...]
    """The nearest first, then by reference; a version that was asked for is its own nearest."""

    edges: tuple[LineageEdge, ...]
    continues: bool
    """True when more lies beyond the number of generations that was asked for."""

    truncated: bool
    """True when the answer was cut by the limit."""

    reason: str | None = None
    """By what it was cut."""

    limit: int | None = None
    """The limit on nodes that was asked for, if any."""

    @property
    def others(self) -> tuple[str, ...]:
        """What the answer adds to the question: of a version's lineage, all but itself."""
        is_plain = self.starts == (self.reference,)
        return tuple(node.reference for node in self.nodes if not is_plain or node.depth)
