"""What was imported: runs whose parameters hold the claims of a document, or a run elsewhere."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from pydantic import JsonValue
from sqlalchemy import Connection, or_, select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.closing import input_rows, run_row
from registry.catalog.engine import Database
from registry.catalog.identifiers import new_run_id, reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.licensing import Assertion, assertion_row, record_statement
from registry.catalog.loading import load_version
from registry.catalog.resolving import chunked, resolve, resolve_all
from registry.catalog.restating import state
from registry.catalog.series import load_series, save_series
from registry.catalog.tables import (
    DatasetRow,
    RunInputRow,
    RunOutputRow,
    RunRow,
    ShardRow,
    VersionRow,
)
from registry.domain.card import Card
from registry.domain.digest import Digest
from registry.domain.exchange import CLAIMS, EndedRun
from registry.domain.licence import Basis, LicenceStatement
from registry.domain.names import DatasetName, Reference
from registry.domain.run import Run, RunDraft, RunState

Runs: TypeAlias = list[Run]
JsonValues: TypeAlias = list[JsonValue]

_RUNS = select(
    RunRow.public_id.label("id"),
    *(getattr(RunRow, name) for name in Run.model_fields if name != "id"),
)


class Named(NamedTuple):
    """A version, and what it is called elsewhere if it came from there."""

    dataset: DatasetName
    number: int
    digest: Digest
    path: str | None


class ImportStore:
    """Records what documents claim and what ran elsewhere; reads both."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, derivations: Iterable[Digest]) -> set[Digest]:
        """Return those derivations of which a closed run is recorded."""
        found: set[Digest] = set()
        with self._database.reading() as connection:
            for chunk in chunked(derivations):
                query = select(RunRow.derivation).where(
                    RunRow.derivation.in_(chunk), RunRow.state != RunState.OPEN
                )
                found.update(connection.execute(query).scalars())
        return found

    def runs(self, run_ids: Iterable[str]) -> Runs:
        """Return runs by their full public ids, oldest first, in few queries."""
        found: Runs = []
        with self._database.reading() as connection:
            for chunk in chunked(run_ids):
                rows = connection.execute(_RUNS.where(RunRow.public_id.in_(chunk))).mappings()
                found += [Run.model_validate(dict(row)) for row in rows]
        return sorted(found, key=lambda run: (run.started_at, run.id))

    def known_runs(self, run_ids: Iterable[str]) -> set[str]:
        """Return those public ids that a run here has."""
        found: set[str] = set()
        with self._database.reading() as connection:
            for chunk in chunked(run_ids):
                query = select(RunRow.public_id).where(RunRow.public_id.in_(chunk))
                found.update(connection.execute(query).scalars())
        return found

    def told_of(self, derivations: Iterable[Digest], *, key: str) -> dict[Digest, JsonValues]:
        """Return what the closed runs of each derivation hold under a parameter, oldest first."""
        found: dict[Digest, JsonValues] = {}
        with self._database.reading() as connection:
            for chunk in chunked(derivations):
                closed = RunRow.derivation.in_(chunk) & (RunRow.state != RunState.OPEN)
                for row in connection.execute(_RUNS.where(closed).order_by(RunRow.id)).mappings():
                    run = Run.model_validate(dict(row))
                    found.setdefault(run.derivation, []).append(run.parameters[key])
        return found

    def versions_of(self, names: Iterable[DatasetName]) -> list[Named]:
        """Return the versions of datasets: number, and the path of the first shard of each."""
        query = (
            select(DatasetRow.name, VersionRow.number, VersionRow.manifest_digest, ShardRow.path)
            .join_from(DatasetRow, VersionRow, VersionRow.dataset_id == DatasetRow.id)
            .outerjoin(ShardRow, (ShardRow.version_id == VersionRow.id) & (ShardRow.position == 0))
            .order_by(VersionRow.id)
        )
        found: list[Named] = []
        with self._database.reading() as connection:
            for chunk in chunked(map(str, names)):
                rows = connection.execute(query.where(DatasetRow.name.in_(chunk)))
                found += [
                    Named(DatasetName.parse(name), number, digest, path)
                    for name, number, digest, path in rows
                ]
        return found

    def claims(self, reference: Reference) -> Runs:
        """Return the runs that imported a document for a version, oldest first.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.reading() as connection:
            version_id = resolve(connection, reference)
            read = select(RunInputRow.run_id).where(RunInputRow.version_id == version_id)
            made = select(RunOutputRow.run_id).where(RunOutputRow.version_id == version_id)
            query = _RUNS.where(or_(RunRow.id.in_(read), RunRow.id.in_(made))).order_by(RunRow.id)
            runs = [Run.model_validate(dict(row)) for row in connection.execute(query).mappings()]
            return [run for run in runs if CLAIMS in run.parameters]

    def record(
        self,
        reference: Reference,
        run: RunDraft,
        *,
        card: Card,
        licences: Sequence[LicenceStatement],
        at: datetime,
    ) -> None:
        """Add what a document claims to a sealed version, in one transaction.

        A description is taken over only where there is none. Nothing else of the dataset changes.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.writing() as connection:
            version_id = resolve(connection, reference)
            name = load_version(connection, version_id).reference
            public_id = _insert(connection, [(run, [version_id], at, None)])[0]
            changes = [Change("version.claim", name, {"run": public_id})]
            changes += _describe(connection, reference, card.description)
            changes += state(connection, version_id, card, actor=run.actor, at=at)
            for statement in licences:
                changes += _state_licence(connection, version_id, name, statement, at=at)
            audit.append(connection, changes, actor=run.actor, at=at)

    def record_runs(self, runs: Sequence[EndedRun], *, actor: str, at: datetime) -> None:
        """Record runs elsewhere that made no version, in one transaction.

        Raises:
            UnknownError: An input is not there.
        """
        if not runs:
            return
        wanted = [[Reference.parse(text) for text in run.inputs] for run in runs]
        with self._database.writing() as connection:
            found = resolve_all(connection, list({ref for refs in wanted for ref in refs}))
            rows = [
                (run.draft, [found[ref] for ref in refs], run.finished_at, run.error)
                for run, refs in zip(runs, wanted, strict=True)
            ]
            names = _insert(connection, rows)
            changes = [
                Change("run.finish", name, {})
                if run.error is None
                else Change("run.fail", name, {"error": run.error})
                for name, run in zip(names, runs, strict=True)
            ]
            audit.append(connection, changes, actor=actor, at=at)


def _insert(
    connection: Connection,
    runs: Sequence[tuple[RunDraft, Sequence[int], datetime, str | None]],
) -> list[str]:
    """Write closed runs with their inputs; return their public ids."""
    names = [new_run_id(draft.started_at) for draft, *_ in runs]
    ids = list(reserve_ids(connection, RunRow, len(runs)))
    rows, inputs = [], []
    for key, name, (draft, version_ids, finished_at, error) in zip(ids, names, runs, strict=True):
        row = {"id": key, **run_row(draft, public_id=name, finished_at=finished_at)}
        if error is not None:
            row |= {"state": RunState.FAILED, "error": error}
        rows.append(row)
        inputs += input_rows(key, version_ids)
    insert_rows(connection, RunRow, rows)
    insert_rows(connection, RunInputRow, inputs)
    return names


def _describe(
    connection: Connection, reference: Reference, description: str | None
) -> list[Change]:
    series = load_series(connection, [str(reference.dataset)])[str(reference.dataset)]
    if not description or series.description:
        return []
    series.description = description
    return save_series(connection, [series])


def _state_licence(
    connection: Connection, version_id: int, name: str, statement: LicenceStatement, *, at: datetime
) -> list[Change]:
    row = assertion_row(
        version_id,
        Assertion(statement.expression, statement.evidence, Basis.STATED),
        by=statement.by,
        at=at,
        confidence=statement.confidence,
        evidence_digest=statement.evidence_digest,
    )
    return record_statement(connection, row, name)
