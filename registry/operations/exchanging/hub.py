"""Register a dataset of the Hub: its files where they lie, at one commit, and what its card states.

A commit never changes, so its files need not be copied. What the card states stays a claim of the
card: its counts are declared, its licence is an assertion that yields to any made here.
"""

from dataclasses import replace

from registry.domain.answers import Registration
from registry.domain.card import Card
from registry.domain.collecting import CollectionPlan
from registry.domain.exchange import MetadataFormat
from registry.domain.hub_source import HubSource
from registry.domain.intake import Intake
from registry.domain.names import Reference
from registry.operations.collecting.register import FileRegistration
from registry.operations.context import Context
from registry.operations.exchanging.hub_dataset import HubDataset
from registry.operations.exchanging.import_metadata import import_description


def register_hub(
    context: Context,
    source: HubSource,
    intake: Intake,
    *,
    ingest: bool = False,
    from_start: bool = False,
) -> Registration:
    """Seal a version of a dataset from the Hub, and record what its card states of it.

    Only files that are new since the version before, or have other content, are read. If sealing
    was done and recording was not, the same command does the second.

    Args:
        context: The open registry.
        source: What is read.
        intake: What the caller states of it, which goes before what the Hub's card does.
        ingest: Also copy the files into the object store.
        from_start: Read all files again.

    Raises:
        InputError: The repository, a subset or a file is not there or not usable.
        NotAllowedError: It is private or gated.
        ConflictError: Bytes came that are not those of the commit, or somebody else sealed first.
        TooManyRejectedError: More of the rows are.
        StorageError: The Hub cannot be reached, or the disk is full.
    """
    found = HubDataset(source)
    publisher, _, _ = source.repository.partition("/")
    known = Card(url=found.commit.page, publisher=publisher)
    intake = intake.model_copy(update={"card": intake.card.over(known)})
    registration = FileRegistration(context, intake)
    states_licence = found.stated is not None and bool(found.stated.licences)
    origin = replace(found.origin, states_licence=states_licence)
    answer = registration.run(found.files, origin, ingest=ingest, from_start=from_start)
    skipped = (*found.skipped, *answer.skipped)
    if found.stated is None:
        return answer.model_copy(update={"skipped": skipped})
    imported = import_description(
        context,
        found.card,
        found.stated,
        wanted=MetadataFormat.CARD,
        reference=Reference.parse(answer.reference),
    )
    return answer.model_copy(update={"skipped": skipped, "licence": imported.licence})


def plan_hub(
    context: Context,
    source: HubSource,
    intake: Intake,
    *,
    from_start: bool = False,
) -> CollectionPlan:
    """Say what `register_hub` would read; of the files nothing is read.

    The arguments and errors are those of `register_hub`.
    """
    found = HubDataset(source)
    name, registration = intake.name, FileRegistration(context, intake)
    known = {} if from_start else registration.find_known(found.files, found.origin, keep=False)
    new = [file for file in found.files if file.name not in known]
    dataset = context.catalog.datasets.find(name)
    return CollectionPlan(
        reference=str(name),
        kind=source.kind,
        uri=source.place,
        since=f"{name}@{dataset.head}" if known and dataset else None,
        position=None,
        num_rows=None if new else 0,
        num_bytes=sum(file.num_bytes for file in new),
        is_read_otherwise=False,
        details=tuple(found.describe()),
        num_files=len(new),
    )
