"""The models that wrote or judged versions, with what they were trained on and given."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from registry.catalog.loading import STANDS, AnyRow
from registry.catalog.models import name_versions
from registry.catalog.origins import join_groundings, load_trainings
from registry.catalog.parents import read_ids
from registry.catalog.resolving import chunked
from registry.catalog.tables import GenerationRow, ModelRow
from registry.domain.lineage import Writer

_WRITERS = (
    select(
        GenerationRow.id,
        GenerationRow.version_id,
        GenerationRow.role,
        GenerationRow.model_id,
        ModelRow.name,
        ModelRow.revision,
        join_groundings().label("groundings"),
    )
    .join_from(GenerationRow, ModelRow, ModelRow.id == GenerationRow.model_id)
    .where(STANDS)
    .order_by(GenerationRow.id)
)


def load_writers(connection: Connection, written: Mapping[int, str]) -> tuple[Writer, ...]:
    """Return which models wrote or judged versions, in few statements; of no versions in none.

    Args:
        connection: The catalog's.
        written: The references of the versions by id.
    """
    rows: list[AnyRow] = []
    for chunk in chunked(sorted(written)):
        rows += connection.execute(_WRITERS.where(GenerationRow.version_id.in_(chunk)))
    trained: dict[int, tuple[int, ...]] = {}
    for ids in chunked(dict.fromkeys(row.model_id for row in rows)):
        trained |= load_trainings(connection, ids)
    given = {row.id: sorted(read_ids(row.groundings)) for row in rows}
    upstream = (*trained.values(), *given.values())
    names = name_versions(connection, {one for found in upstream for one in found})
    return tuple(
        Writer(
            reference=written[row.version_id],
            role=row.role,
            model=f"{row.name}@{row.revision}",
            trained_on=tuple(names[one] for one in trained[row.model_id]),
            grounded_in=tuple(names[one] for one in given[row.id]),
        )
        for row in rows
    )
