"""The versions that a takedown searches, with what was made from each and by which models."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, select

from registry.catalog.loading import STANDS
from registry.catalog.origins import WRITING
from registry.catalog.parents import join_parents, read_ids
from registry.catalog.tables import (
    DatasetRow,
    GenerationGroundingRow,
    GenerationRow,
    ModelRow,
    ModelTrainingRow,
    RunInputRow,
    RunRow,
    TokenizerRow,
    VersionRow,
)
from registry.domain.digest import Digest
from registry.domain.names import reference_to
from registry.domain.run import Operation
from registry.domain.version import Content, VersionState


class Candidate(NamedTuple):
    """A version that may hold what has to go."""

    reference: str
    content: Content
    operation: Operation
    num_documents: int
    document_index: Digest | None
    """The object with the keys of its distinct documents; None: there is none."""

    parents: tuple[str, ...]
    models: tuple[str, ...]
    """The models that were trained on it."""

    tokenizers: tuple[str, ...]
    """The tokenizers that were trained on it."""

    writers: tuple[str, ...]
    """The models that wrote it."""

    given: tuple[str, ...]
    """The versions whose documents models were given for it."""

    is_withdrawn: bool
    """Whether it is out of use already."""

    sealed_at: datetime


def load_candidates(connection: Connection) -> list[Candidate]:
    """Return every version, parents before children, in five queries."""
    parents = join_parents(VersionRow)
    versions = (
        select(
            VersionRow.id,
            DatasetRow.name,
            VersionRow.number,
            VersionRow.content,
            VersionRow.num_documents,
            VersionRow.document_index,
            RunRow.operation,
            VersionRow.state,
            VersionRow.sealed_at,
            parents.label("parents"),
        )
        .join_from(VersionRow, DatasetRow, DatasetRow.id == VersionRow.dataset_id)
        .join(RunRow, RunRow.id == VersionRow.run_id)
        .order_by(VersionRow.id)
    )
    training = ModelTrainingRow
    trainings = select(training.version_id, ModelRow.name, ModelRow.revision).join_from(
        training, ModelRow, ModelRow.id == training.model_id
    )
    writings = (
        select(GenerationRow.version_id, ModelRow.name, ModelRow.revision)
        .join_from(GenerationRow, ModelRow, ModelRow.id == GenerationRow.model_id)
        .where(GenerationRow.role.in_(WRITING), STANDS)
    )
    learned = (
        select(RunInputRow.version_id, TokenizerRow.name)
        .join_from(RunInputRow, TokenizerRow, TokenizerRow.run_id == RunInputRow.run_id)
        .order_by(TokenizerRow.id)
    )
    rows = connection.execute(versions).all()
    models = _list_models(connection, trainings)
    writers = _list_models(connection, writings)
    given = connection.execute(
        select(GenerationGroundingRow.version_id, GenerationGroundingRow.parent_id)
        .join(GenerationRow, GenerationRow.id == GenerationGroundingRow.generation_id)
        .where(STANDS)
    ).all()
    names = {row.id: reference_to(row.name, row.number) for row in rows}
    given_to: defaultdict[int, list[str]] = defaultdict(list)
    tokenizers: defaultdict[int, list[str]] = defaultdict(list)
    for version_id, name in connection.execute(learned):
        tokenizers[version_id].append(name)
    for version_id, parent_id in given:
        given_to[version_id].append(names[parent_id])
    return [
        Candidate(
            names[row.id],
            row.content,
            row.operation,
            row.num_documents,
            row.document_index,
            tuple(names[one] for one in sorted(read_ids(row.parents))),
            tuple(models[row.id]),
            tuple(tokenizers[row.id]),
            tuple(writers[row.id]),
            tuple(given_to[row.id]),
            row.state is VersionState.WITHDRAWN,
            row.sealed_at,
        )
        for row in rows
    ]


def _list_models(
    connection: Connection, query: Select[int, str, str]
) -> defaultdict[int, list[str]]:
    """Return models by the versions that they were trained on, or that they wrote."""
    models: defaultdict[int, list[str]] = defaultdict(list)
    for version_id, name, revision in connection.execute(query):
        models[version_id].append(f"{name}@{revision}")
    return models
