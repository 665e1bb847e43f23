"""What many versions were made from, in short: one statement, however many they are."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from registry.catalog.licences import reach_upstream
from registry.catalog.parents import join_parents, read_ids
from registry.catalog.tables import DatasetRow, RunRow, TagRow, VersionRow
from registry.domain.ancestry import Ancestor, Ancestry
from registry.domain.names import Reference, reference_to
from registry.domain.version import VersionState

_SEPARATOR = ","
"""No tag holds a comma."""

_TAGS = (
    select(func.aggregate_strings(TagRow.name, _SEPARATOR))
    .where(TagRow.version_id == VersionRow.id)
    .correlate(VersionRow)
    .scalar_subquery()
)


def load_ancestry(connection: Connection, ids: Mapping[Reference, int]) -> Ancestry:
    """Return the versions of some ids with everything upstream of them."""
    reached = reach_upstream(list(dict.fromkeys(ids.values())))
    query = (
        select(
            VersionRow.id,
            DatasetRow.name,
            VersionRow.number,
            VersionRow.state,
            RunRow.operation,
            join_parents(reached).label("parents"),
            _TAGS.label("tags"),
        )
        .join_from(reached, VersionRow, VersionRow.id == reached.c.id)
        .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
        .join(RunRow, RunRow.id == VersionRow.run_id)
    )
    nodes = {
        row.id: Ancestor(
            reference=reference_to(row.name, row.number),
            is_withdrawn=row.state is VersionState.WITHDRAWN,
            operation=row.operation,
            parents=tuple(read_ids(row.parents)),
            tags=tuple(sorted(row.tags.split(_SEPARATOR))) if row.tags else (),
        )
        for row in connection.execute(query)
    }
    return Ancestry(nodes=nodes, starts={nodes[key].reference: key for key in ids.values()})
