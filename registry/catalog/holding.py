"""The licence that versions go by now, where nobody states one: what every parent goes by.

What a version inherited when it was sealed is what its parents went by then. Somebody may since
have stated something else of them, so lists and trees work it out anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from registry.catalog.loading import IS_CURRENT
from registry.catalog.parents import join_parents, read_ids
from registry.catalog.resolving import chunked
from registry.catalog.tables import LicenceAssertionRow, LineageEdgeRow, VersionRow
from registry.domain.licence import UNKNOWN, Basis


class Held(NamedTuple):
    """What is known of a version's licence."""

    expression: str
    basis: Basis
    parents: Sequence[int]


def find_holding(connection: Connection, known: Mapping[int, Held]) -> dict[int, str]:
    """Return the expression that each version goes by, in no statement if all parents are known.

    Args:
        connection: The catalog's.
        known: Versions by id; what stands upstream of them is loaded where it is not among them.
    """
    all_known = dict(known)
    outside = {
        parent
        for one in known.values()
        if one.basis is not Basis.STATED
        for parent in one.parents
        if parent not in known
    }
    for chunk in chunked(sorted(outside)):
        all_known |= _load_upstream(connection, chunk)
    holding: dict[int, str] = {}
    # A parent's id is below its child's.
    for key in sorted(all_known):
        one = all_known[key]
        if one.basis is Basis.STATED:
            holding[key] = one.expression
        else:
            holding[key] = _agree(holding[parent] for parent in one.parents)
    return {key: holding[key] for key in known}


def _agree(expressions: Iterable[str]) -> str:
    found = set(expressions)
    return found.pop() if len(found) == 1 else UNKNOWN


def _load_upstream(connection: Connection, starts: Sequence[int]) -> dict[int, Held]:
    """Return versions and all that is above them, but nothing above what somebody states."""
    edge, assertion = LineageEdgeRow, LicenceAssertionRow
    reached = select(VersionRow.id).where(VersionRow.id.in_(starts)).cte("above", recursive=True)
    onward = (
        select(edge.parent_id)
        .join(assertion, assertion.version_id == edge.child_id)
        .where(edge.child_id == reached.c.id, IS_CURRENT, assertion.basis != Basis.STATED)
    )
    reached = reached.union(onward)
    query = (
        select(reached.c.id, assertion.expression, assertion.basis, join_parents(reached))
        .join_from(reached, assertion, assertion.version_id == reached.c.id)
        .where(IS_CURRENT)
    )
    return {
        key: Held(expression, basis, read_ids(parents))
        for key, expression, basis, parents in connection.execute(query)
    }
