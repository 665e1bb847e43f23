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
    licence: str
    num_documents: int
    num_bytes: int
    digest: str
    depth: int
    """Shortest distance from the version that was asked for, in edges; 0 for itself."""


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
    """All ancestors (or descendants) of a version, with every edge among them."""

    reference: str
    direction: str
    """`upstream` or `downstream`."""

    nodes: tuple[LineageNode, ...]
    """The version itself first, then by depth and reference."""

    edges: tuple[LineageEdge, ...]
    truncated: bool
    """True when the answer was cut by the limit."""

    limit: int | None = None
    """The limit on nodes that was asked for, if any."""
