"""Datasets and their versions: sealed manifests of shards."""

from enum import StrEnum

from pydantic import AwareDatetime, JsonValue

from registry.domain.base import Value
from registry.domain.count import TokenCount
from registry.domain.digest import Digest, fingerprint
from registry.domain.generation import GenerationDraft
from registry.domain.ledger import LedgerEntry
from registry.domain.names import DatasetNameField, reference_to
from registry.domain.reading import Field, Reading
from registry.domain.recipe import Recipe


class DatasetKind(StrEnum):
    """What a dataset is made of."""

    TEXT = "text"
    CODE = "code"
    TABULAR = "tabular"
    SYNTHETIC = "synthetic"
    MIXTURE = "mixture"
    EVALUATION = "evaluation"

    @property
    def usual_recipe(self) -> str:
        """The built-in recipe that fits this kind."""
        return "code-default" if self is DatasetKind.CODE else "text-default"


class Lifecycle(StrEnum):
    """Whether a dataset is meant to be used."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    ARCHIVED = "archived"


class Content(StrEnum):
    """What the shards of a version hold."""

    DOCUMENTS = "documents"
    TABLE = "table"
    """Rows of typed columns, which a recipe for tables made."""

    TOKENS = "tokens"
    EMBEDDINGS = "embeddings"
    MIXTURE = "mixture"
    """None of their own: a file that names other versions and their weights."""


class VersionState(StrEnum):
    """A version is sealed when it appears; it can be withdrawn, never changed."""

    SEALED = "sealed"
    WITHDRAWN = "withdrawn"


class Shard(Value):
    """One file of a version."""

    path: str
    """The logical path inside the version, with `/`, unique in it."""

    digest: Digest
    num_bytes: int
    num_documents: int
    num_text_bytes: int
    """UTF-8 bytes of the documents' text, or those of a table's values; 0 for token shards."""

    uri: str | None = None
    """Where the file lies when it was registered in place; None: in the object store, by digest."""

    modified_ns: int | None = None
    """Modification time of a local file in place, in nanoseconds, to notice a change cheaply."""

    etag: str | None = None
    """The entity tag of a file in place elsewhere, for the same."""

    reading: Reading | None = None
    """How it becomes documents; None for token shards and manifests."""


class SourceFacts(Value):
    """Where data came from, as stated at registration. URLs carry no credentials."""

    kind: str
    """`file`, `stdin`, `sql`, `git`, `api`, or what a document about the data says."""

    uri: str
    url: str | None = None
    """Where the publisher offers it."""

    publisher: str | None = None
    retrieved_at: AwareDatetime | None = None
    reached: dict[str, JsonValue] | None = None
    """How far it was read, where it can be read further; see `registry.domain.collecting`."""


class Metric(Value):
    """One measured number about a version."""

    name: str
    """Dotted, such as `exact_duplicates.num_documents`."""

    value: float


class VersionDraft(Value):
    """Everything that one transaction seals."""

    dataset: DatasetNameField
    kind: DatasetKind
    content: Content
    shards: tuple[Shard, ...]
    fields: tuple[Field, ...] = ()
    """The schema as found."""

    derivation: Digest | None = None
    """How it was made; None for what was registered from outside."""

    recipe: Recipe | None = None
    inputs: tuple[str, ...] = ()
    """Canonical references of the versions it was made from."""

    taken: tuple[tuple[str, int], ...] = ()
    """How many documents were taken from each input, by reference; none: not stated."""

    weights: tuple[tuple[str, int], ...] = ()
    """Of a mixture: the billionths of a run that are read from each input, by reference."""

    generation: GenerationDraft | None = None
    """Who wrote the documents, where that is stated with them."""

    licence: str | None = None
    """An SPDX expression in normal form; None: inherit what every input agrees on, else unknown."""

    licence_evidence: str | None = None
    keeps_licence: bool = False
    """Whether, where none is stated and there is no input, the licence that was stated of the
    version before holds of this one too: the same source goes on."""

    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sources: tuple[SourceFacts, ...] = ()
    description: str | None = None
    owner: str | None = None
    ledger: tuple[LedgerEntry, ...] = ()
    metrics: tuple[Metric, ...] = ()
    input_counts: tuple[tuple[str, TokenCount], ...] = ()
    """Counts of input versions that the same pass made, by reference."""

    document_index: Digest | None = None
    """The object with the keys of the distinct documents, where measured."""

    quarantine: Digest | None = None
    why: str | None = None
    """Why somebody made it, where that is a judgement; it stands in the audit log."""

    @property
    def manifest_digest(self) -> Digest:
        """What the bytes are: paths, digests, and how each file becomes documents."""
        return manifest_digest(self.shards)


class Version(Value):
    """A sealed version of a dataset, as it stands in the catalog."""

    dataset: DatasetNameField
    number: int
    kind: DatasetKind
    content: Content
    state: VersionState
    digest: Digest
    """The manifest digest."""

    derivation: Digest | None
    num_documents: int
    num_bytes: int
    """Size of the files."""

    num_text_bytes: int
    """UTF-8 bytes of text in the documents."""

    num_shards: int
    fields: tuple[Field, ...]
    recipe: Recipe | None
    licence: str
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    sources: tuple[SourceFacts, ...]
    metrics: tuple[Metric, ...]
    document_index: Digest | None
    run: str | None
    sealed_at: AwareDatetime

    @property
    def reference(self) -> str:
        """The canonical reference, `space/name@number`."""
        return reference_to(self.dataset, self.number)


class SealStatus(StrEnum):
    """What sealing a draft came to."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    """The dataset already holds a version with these very bytes."""


class Sealed(Value):
    """The version that a draft became, or already was."""

    version: Version
    status: SealStatus
    previous: Version | None
    """The newest version before a new one; None when it is the first, or nothing is new."""

    recorded: tuple[str, ...] = ()
    """What was written of a version that was there already: actions of the audit log."""


class Dataset(Value):
    """A named series of versions."""

    name: DatasetNameField
    kind: DatasetKind
    description: str
    lifecycle: Lifecycle
    owner: str | None
    head: int
    """The number of the newest version; 0: none yet."""

    tags: dict[str, int]
    """The version number that each tag points to."""

    created_at: AwareDatetime


class DatasetSummary(Value):
    """One line of `muster list`: a dataset and its newest version, if there is one yet."""

    reference: str
    """Of the newest version; of a dataset without one, its name."""

    kind: DatasetKind
    content: Content | None
    state: VersionState | None
    """Of the newest version."""

    licence: str
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    num_versions: int
    num_documents: int
    num_bytes: int
    num_shards: int
    description: str
    lifecycle: Lifecycle
    sealed_at: AwareDatetime | None


def manifest_digest(shards: tuple[Shard, ...]) -> Digest:
    """Return the digest of what a version's bytes are and how they become documents.

    Where a file lies and when it was modified are left out: the same bytes elsewhere are the
    same version. The order of shards counts, since it is the order of the documents.
    """
    manifest: list[JsonValue] = [
        {
            "path": shard.path,
            "digest": shard.digest,
            "num_bytes": shard.num_bytes,
            "reading": None if shard.reading is None else _say_reading(shard.reading),
        }
        for shard in shards
    ]
    return fingerprint({"manifest": 1, "shards": manifest})


_LATER = (
    "without",
    "template",
    "extractor",
    "records",
    "holds_texts",
    "keeps_partial",
    "reason_column",
    "encoding",
    "member_encodings",
    "max_ratio",
    "max_json_depth",
    "max_document_bytes",
)


def _say_reading(reading: Reading) -> dict[str, JsonValue]:
    """Return a reading for a manifest; what came later stands in it where it says something."""
    said = vars(reading)
    # What could not be told, and what bytes lack in a declared encoding, changes no document.
    unsaid = {"untold", *(name for name in _LATER if not said[name])}
    if reading.extractor is None:
        unsaid.add("extract")
    if reading.encoding is not None:
        # How it came to be known changes no document.
        said = {**said, "encoding": reading.encoding.name}
        unsaid.add("member_encodings")
    elif reading.member_encodings:
        members = {one.name: one.encoding.name for one in reading.member_encodings}
        said = {**said, "member_encodings": members}
    return {name: value for name, value in said.items() if name not in unsaid}
