"""The parents of a version in one column: a row a version, however many parents it has."""

from sqlalchemy import CTE, ScalarSelect, Text, cast, func, select

from registry.catalog.tables import LineageEdgeRow, VersionRow


def join_parents(children: CTE | type[VersionRow]) -> ScalarSelect[str]:
    """Return the subquery that joins the ids of the parents of each child; `read_ids` reads it.

    Args:
        children: What the query around it selects from: the table, or a `WITH` with a column `id`.
    """
    child_id = children.c.id if isinstance(children, CTE) else children.id
    return (
        select(func.aggregate_strings(cast(LineageEdgeRow.parent_id, Text), ","))
        .where(LineageEdgeRow.child_id == child_id)
        .correlate(children)
        .scalar_subquery()
    )


def read_ids(text: str | None) -> list[int]:
    """Return the ids of a column of joined ids, each once."""
    return list(dict.fromkeys(map(int, text.split(",")))) if text else []
