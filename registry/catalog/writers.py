"""The models that wrote or judged versions, with what they were trained on."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, tuple_

from registry.catalog.models import name_versions
from registry.catalog.origins import load_trainings
from registry.catalog.resolving import CHUNK, chunked
from registry.catalog.tables import DatasetRow, GenerationRow, ModelRow, VersionRow
from registry.domain.lineage import Writer
from registry.domain.names import Reference, reference_to

_WRITERS = (
    select(
        DatasetRow.name.label("dataset"),
        VersionRow.number,
        GenerationRow.role,
        GenerationRow.model_id,
        ModelRow.name,
        ModelRow.revision,
    )
    .join_from(GenerationRow, ModelRow, ModelRow.id == GenerationRow.model_id)
    .join(VersionRow, VersionRow.id == GenerationRow.version_id)
    .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    .order_by(GenerationRow.id)
)


def load_writers(connection: Connection, references: Sequence[str]) -> tuple[Writer, ...]:
    """Return which models wrote or judged versions, in the order stated; in few statements."""
    query = _WRITERS
    if len(references) <= CHUNK:
        parsed = map(Reference.parse, references)
        keys = [(str(one.dataset), one.number) for one in parsed]
        query = query.where(tuple_(DatasetRow.name, VersionRow.number).in_(keys))
    wanted = frozenset(references)
    rows = [
        row for row in connection.execute(query) if reference_to(row.dataset, row.number) in wanted
    ]
    trained: dict[int, tuple[int, ...]] = {}
    for ids in chunked(dict.fromkeys(row.model_id for row in rows)):
        trained |= load_trainings(connection, ids)
    names = name_versions(connection, {one for found in trained.values() for one in found})
    return tuple(
        Writer(
            reference=reference_to(row.dataset, row.number),
            role=row.role,
            model=f"{row.name}@{row.revision}",
            trained_on=tuple(names[one] for one in trained[row.model_id]),
        )
        for row in rows
    )
