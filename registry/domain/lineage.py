"""Lineage: which versions were made from which, through which runs."""

from enum import StrEnum

from pydantic import AwareDatetime

from registry.domain.base import Value
from registry.domain.generation import Role
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
    """Shortest distance from a version that was asked for, in edges; 0 for itself. Of an impact a
    model on the way counts as a version does."""

    through: str | None = None
    """The last model on the way, where it was not made from what was asked for but written by, or
    with, a model that learned from it: a taint, no derivation. None: it was made from it."""


class LineageEdge(Value):
    """The child was made from the parent by the run."""

    parent: str
    child: str
    run: str
    operation: Operation
    recipe: str | None
    """`name version` of the recipe, where the run had one."""

    finished_at: AwareDatetime | None


class OriginKind(StrEnum):
    """What a field was made from."""

    FIELDS = "fields"
    """Fields of the parent."""

    BYTES = "bytes"
    """The bytes of files that have no fields, such as plain text."""

    PLACE = "place"
    """Where the document stands: path and row."""

    NOTHING = "nothing"
    """The parent has nothing of it: the field is empty."""

    UNKNOWN = "unknown"
    """The data was made outside of muster, and nothing says of which fields."""


class FieldOrigin(Value):
    """A field of a parent version."""

    reference: str
    field: str


class FieldEdge(Value):
    """What one field of a version was made from, over one edge of the lineage."""

    child: str
    parent: str
    run: str
    field: str
    kind: OriginKind
    origins: tuple[FieldOrigin, ...]
    """The fields of the parent, in the order in which they are joined; none for other kinds."""

    is_joined: bool
    """Whether the text of several fields was joined by blank lines into one document."""

    making: str
    """The operation, with the tokenizer and recipe where it had one."""


class Writer(Value):
    """A model that wrote or judged the documents of a version."""

    reference: str
    """The version."""

    role: Role
    model: str
    """`name@revision`."""

    trained_on: tuple[str, ...]
    """The versions that it was trained on, which are upstream by way of the model."""

    grounded_in: tuple[str, ...] = ()
    """The versions whose documents it was given, which are upstream too."""

    @property
    def name(self) -> str:
        """The model without its revision."""
        return self.model.rpartition("@")[0]

    @property
    def revision(self) -> str:
        """The revision of the model."""
        return self.model.rpartition("@")[2]


class Learner(Value):
    """A model that was trained on versions of an impact, whether or not it wrote anything."""

    model: str
    """`name@revision`."""

    trained_on: tuple[str, ...]
    """Those of the impact alone."""

    depth: int
    """Shortest distance from the version that was asked for."""


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

    writers: tuple[Writer, ...] = ()
    """The models that wrote or judged these versions. Edges do not lead through them."""

    learners: tuple[Learner, ...] = ()
    """Of an impact, the models that were trained on these versions, the nearest first."""

    fields: tuple[FieldEdge, ...] | None = None
    """What each field was made from, by the order of the edges; None: not asked for."""
