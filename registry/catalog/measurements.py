"""What was measured of versions and kept as objects."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from registry.catalog.engine import Database
from registry.catalog.facts import find_recipes
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.resolving import chunked, resolve_all
from registry.catalog.tables import (
    AS_IS,
    DatasetRow,
    MeasurementRow,
    RecipeRow,
    RunRow,
    VersionRow,
)
from registry.domain.measurement import Measurement, MeasurementKind, RecordedMeasurement
from registry.domain.names import Reference, reference_to

_MEASUREMENTS = (
    select(
        DatasetRow.name,
        VersionRow.number,
        MeasurementRow.recipe_id,
        RecipeRow.fingerprint.label("recipe"),
        MeasurementRow.kind,
        MeasurementRow.method,
        MeasurementRow.found,
        RunRow.public_id.label("run"),
    )
    .join_from(MeasurementRow, VersionRow, VersionRow.id == MeasurementRow.version_id)
    .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    .join(RecipeRow, RecipeRow.id == MeasurementRow.recipe_id)
    .join(RunRow, RunRow.id == MeasurementRow.run_id)
    .order_by(MeasurementRow.id)
)


class MeasurementStore:
    """Reads what was measured of versions; runs record it as they finish."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_many(
        self, references: Sequence[Reference], kind: MeasurementKind | None = None
    ) -> list[RecordedMeasurement]:
        """Return what was measured of some versions, oldest first within each 500 of them.

        Args:
            references: The versions.
            kind: What was measured; None: whatever it was.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with self._database.reading() as connection:
            ids = dict.fromkeys(resolve_all(connection, references).values())
            of_kind = _MEASUREMENTS
            if kind is not None:
                of_kind = of_kind.where(MeasurementRow.kind == kind)
            return [
                RecordedMeasurement(
                    reference=reference_to(row.name, row.number),
                    kind=row.kind,
                    method=json.loads(row.method),
                    recipe=None if row.recipe_id == AS_IS else row.recipe,
                    found=row.found,
                    run=row.run,
                )
                for chunk in chunked(ids)
                for row in connection.execute(of_kind.where(MeasurementRow.version_id.in_(chunk)))
            ]


def record_measurements(
    connection: Connection, measurements: Sequence[tuple[str, Measurement]], *, run_id: int
) -> None:
    """Record what a run measured of versions, by their references.

    What was measured before, whose object was lost and made again, is there already.
    """
    versions = resolve_all(connection, [Reference.parse(text) for text, _ in measurements])
    recipes = find_recipes(connection, [one.recipe for _, one in measurements])
    rows = [
        {
            "version_id": versions[Reference.parse(text)],
            "recipe_id": recipes[one.recipe],
            "kind": one.kind,
            "method": one.method_key,
            "found": one.found,
            "run_id": run_id,
        }
        for text, one in measurements
    ]
    known = _find_known(connection, rows)
    rows = [row for row in rows if _key(row) not in known]
    keys = reserve_ids(connection, MeasurementRow, len(rows))
    insert_rows(connection, MeasurementRow, [{"id": next(keys), **row} for row in rows])


def _find_known(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> set[tuple[int, int, str, str]]:
    """Return the keys of all that was measured of the versions of some rows."""
    of = MeasurementRow
    key = select(of.version_id, of.recipe_id, of.kind, of.method)
    return {
        (found.version_id, found.recipe_id, found.kind, found.method)
        for chunk in chunked({row["version_id"] for row in rows})
        for found in connection.execute(key.where(of.version_id.in_(chunk)))
    }


def _key(row: Mapping[str, Any]) -> tuple[int, int, str, str]:
    return row["version_id"], row["recipe_id"], row["kind"], row["method"]
