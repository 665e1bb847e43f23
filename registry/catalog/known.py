"""What the catalog knows of a batch of orders before any of them is sealed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, select, tuple_

from registry.catalog.facts import ensure_recipes, ensure_schemas, ensure_sources
from registry.catalog.licensing import Assertion, current_licences
from registry.catalog.loading import load_statements
from registry.catalog.orders import Order
from registry.catalog.resolving import chunked, find_all
from registry.catalog.restating import Statements
from registry.catalog.series import Series, load_series
from registry.catalog.shards import Location, load_locations
from registry.catalog.tables import VersionRow
from registry.domain.digest import Digest
from registry.domain.names import Reference
from registry.domain.version import VersionState

_BY_DIGEST = select(
    VersionRow.dataset_id,
    VersionRow.manifest_digest,
    VersionRow.id,
    VersionRow.number,
    VersionRow.state,
)


@dataclass(frozen=True, slots=True)
class Existing:
    """A version that holds the bytes of a draft already."""

    id: int
    number: int
    state: VersionState


@dataclass(frozen=True, slots=True)
class Known:
    """Looked up once for all orders; what is sealed joins it, so that later orders find it."""

    series: dict[str, Series]
    """Datasets by name."""

    existing: dict[tuple[int, Digest], Existing]
    """Versions by dataset and digest."""

    inputs: dict[Reference, int]
    licences: dict[int, Assertion]
    """What is stated of versions, by id."""

    locations: defaultdict[int, list[Location]]
    statements: dict[int, Statements]
    schemas: Mapping[Digest, int]
    recipes: Mapping[Digest, int]
    sources: Mapping[Digest, int]

    @classmethod
    def load(cls, connection: Connection, orders: Sequence[Order]) -> Self:
        """Look everything up, and add the schemas, recipes and sources that are new."""
        series = load_series(connection, (order.name for order in orders))
        existing = _find_existing(connection, series, orders)
        inputs = find_all(connection, (ref for order in orders for ref in order.inputs))
        known = {one.id for one in existing.values()}
        heads = {one.head_id for one in series.values() if one.head_id is not None}
        recipes = [order.draft.recipe for order in orders if order.draft.recipe]
        sources = {
            key: source
            for order in orders
            for key, source in zip(order.sources, order.draft.sources, strict=True)
        }
        return cls(
            series=series,
            existing=existing,
            inputs=inputs,
            licences=current_licences(connection, known | heads | {*inputs.values()}),
            locations=load_locations(connection, known),
            statements={
                version_id: Statements(set(languages), found)
                for version_id, (languages, found) in load_statements(connection, known).items()
            },
            schemas=ensure_schemas(
                connection, {order.schema: order.draft.fields for order in orders}
            ),
            recipes=ensure_recipes(connection, {one.fingerprint: one for one in recipes}),
            sources=ensure_sources(connection, sources),
        )


def _find_existing(
    connection: Connection, series: Mapping[str, Series], orders: Sequence[Order]
) -> dict[tuple[int, Digest], Existing]:
    pairs = [(series[one.name].id, one.digest) for one in orders if one.name in series]
    key = tuple_(VersionRow.dataset_id, VersionRow.manifest_digest)
    return {
        (row.dataset_id, row.manifest_digest): Existing(row.id, row.number, row.state)
        for chunk in chunked(pairs)
        for row in connection.execute(_BY_DIGEST.where(key.in_(chunk)))
    }
