"""What other tools say of data, and what is said to them: claims in, descriptions out."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import AwareDatetime, JsonValue, TypeAdapter

from registry.domain.answers import VersionDescription
from registry.domain.base import Value
from registry.domain.count import RecordedCount
from registry.domain.digest import Digest
from registry.domain.licence import UNKNOWN
from registry.domain.lineage import Lineage
from registry.domain.run import Run, RunDraft
from registry.domain.version import Shard, Version

CLAIMS = "claims"
"""The parameter of a run that imported a document: what the document claims."""


class MetadataFormat(StrEnum):
    """A form in which a version is described to others."""

    CROISSANT = "croissant"
    """MLCommons Croissant 1.1 with RAI and PROV, JSON-LD."""

    CARD = "card"
    """A dataset card of the Hugging Face Hub: YAML front matter and Markdown."""

    OPENLINEAGE = "openlineage"
    """The events of every run upstream, one JSON object a line."""

    EU_SUMMARY = "eu-summary"
    """The public summary of Article 53(1)(d) of the EU AI Act, as Markdown or HTML."""

    DATASHEET = "datasheet"
    """A datasheet for datasets, as Markdown."""

    DATA_PROVENANCE = "data-provenance"
    """A summary of the Data Provenance Initiative; it is read, not written."""


class StatedLicence(Value):
    """A licence as a document states it."""

    text: str
    """As it is written there."""

    expression: str
    """In SPDX; `unknown` where it says that nobody knows."""

    by: str
    evidence: str | None = None


class Claim(Value):
    """What a document states of a version, beside licence, languages and sources."""

    name: str
    """Dotted, such as `declared.num_documents`, `generated_by`, `card.pretty_name`."""

    value: JsonValue


GENERATED_BY = "generated_by"
"""The claim of which models wrote a version."""

_CLAIMS = TypeAdapter(tuple[Claim, ...])


def read_claims(parameters: Mapping[str, JsonValue]) -> tuple[Claim, ...]:
    """Return what the run of an import has as claims."""
    return _CLAIMS.validate_python(parameters.get(CLAIMS, []))


class StatedDescription(Value):
    """What one document says of one dataset. None of it was measured."""

    name: str
    """The dataset's name there."""

    by: str
    """Who says it: creator or publisher, else the kind of document."""

    description: str | None = None
    url: str | None = None
    publisher: str | None = None
    languages: tuple[str, ...] = ()
    licences: tuple[StatedLicence, ...] = ()
    claims: tuple[Claim, ...] = ()
    left_out: tuple[str, ...] = ()
    """What could not be read, and why."""

    @property
    def stated_licences(self) -> tuple[StatedLicence, ...]:
        """The licences of which something is known; that nobody knows is no statement."""
        return tuple(one for one in self.licences if one.expression != UNKNOWN)


class Dossier(Value):
    """All that the catalog knows of a version and its ancestry: what an export is made from."""

    described: VersionDescription
    shards: tuple[Shard, ...]
    lineage: Lineage
    versions: dict[str, Version]
    """Each version of the lineage, by reference."""

    counts: tuple[RecordedCount, ...]
    """The token counts of all of them."""

    runs: tuple[Run, ...]
    """The runs that made them, oldest first."""

    claims: tuple[Claim, ...]
    """What imported documents claim of the version."""

    @property
    def version(self) -> Version:
        """The version that the dossier is about."""
        return self.described.version


class Rendered(Value):
    """A description in some format, before it is written anywhere."""

    text: str
    left_out: tuple[str, ...] = ()
    """What the catalog knows and the format has no place for, or the format asks and nobody
    stated."""


class MetadataExport(Value):
    """The answer of an export of metadata."""

    reference: str
    format: MetadataFormat
    destination: str | None
    """The file or URL; None: the text is the answer."""

    text: str
    left_out: tuple[str, ...]


class ClaimList(Value):
    """Everything that imported documents claim of a version."""

    reference: str
    documents: tuple["ClaimedDocument", ...]


class ClaimedDocument(Value):
    """One document that was imported for a version."""

    format: MetadataFormat
    by: str
    document: Digest
    """The object that holds it."""

    run: str
    claims: tuple[Claim, ...]


class ImportedDataset(Value):
    """What the import of a description came to."""

    reference: str
    status: str
    """`created`: the dataset was new, and its first version holds the document alone; `claimed`:
    the claims were added to a version; `unchanged`: they were there; `planned`: a dry run."""

    name: str
    by: str
    licences: tuple[StatedLicence, ...]
    licence: str
    """The licence that the version goes by afterwards."""

    claims: tuple[Claim, ...]
    left_out: tuple[str, ...]


class EndedRun(Value):
    """A run elsewhere that made no version here."""

    draft: RunDraft
    inputs: tuple[str, ...]
    """References of the versions that it read."""

    finished_at: AwareDatetime
    error: str | None
    """None: it ended well and wrote nothing that is new."""


class EventCounts(Value):
    """What the import of lineage events came to."""

    num_events: int
    num_duplicates: int
    """Events that stand in the files more than once."""

    num_runs: int
    """Runs recorded now."""

    num_known_runs: int
    """Runs that an earlier import recorded."""

    num_failed_runs: int
    num_unfinished_runs: int
    """Runs without an end in these files: left out until their end is imported."""

    num_datasets: int
    """Datasets that were not known."""

    num_versions: int
    num_edges: int
    skipped: tuple[str, ...]
    """Lines that are no events, and why."""


class MetadataImport(Value):
    """The answer of an import."""

    paths: tuple[str, ...]
    format: MetadataFormat
    datasets: tuple[ImportedDataset, ...] = ()
    events: EventCounts | None = None
