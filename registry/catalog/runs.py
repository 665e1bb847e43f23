"""Runs: opened, then closed once, with their books."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, func, select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.books import load_descriptions
from registry.catalog.closing import (
    close_run,
    entry_rows,
    get_open_run,
    input_rows,
    rejection_rows,
    run_row,
)
from registry.catalog.counts import record_count
from registry.catalog.engine import Database
from registry.catalog.facts import ensure_recipes
from registry.catalog.identifiers import new_run_id, reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.measurements import record_measurements
from registry.catalog.resolving import resolve, resolve_all
from registry.catalog.tables import (
    DatasetRow,
    LedgerEntryRow,
    LedgerRejectionRow,
    MetricRow,
    RunInputRow,
    RunOutputRow,
    RunRow,
    VersionRow,
)
from registry.domain.answers import RunDescription
from registry.domain.count import TokenCount
from registry.domain.digest import Digest
from registry.domain.ledger import Ledger, LedgerEntry, Rejected
from registry.domain.measurement import Measurement
from registry.domain.names import Reference, reference_to
from registry.domain.recipe import Recipe
from registry.domain.run import Run, RunDraft, RunState
from registry.domain.version import Metric
from registry.errors import InputError, UnknownError

Runs: TypeAlias = list[Run]
References: TypeAlias = list[str]

_RUNS = select(
    RunRow.public_id.label("id"),
    *(getattr(RunRow, name) for name in Run.model_fields if name != "id"),
)
_REFERENCES = select(DatasetRow.name, VersionRow.number).join_from(
    DatasetRow, VersionRow, VersionRow.dataset_id == DatasetRow.id
)
_REJECTION_FIELDS = tuple(Rejected.model_fields)
_ENTRY_FIELDS = tuple(name for name in LedgerEntry.model_fields if name != "rejected")


class RunStore:
    """Opens, closes and reads runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, draft: RunDraft, *, inputs: Sequence[str] = ()) -> Run:
        """Open a run, in one transaction.

        Args:
            draft: The run.
            inputs: References of the versions that it reads.

        Raises:
            UnknownError: An input is not there.
        """
        references = [Reference.parse(text) for text in inputs]
        public_id = new_run_id(draft.started_at)
        with self._database.writing() as connection:
            found = resolve_all(connection, references)
            key = next(reserve_ids(connection, RunRow, 1))
            insert_rows(connection, RunRow, [{"id": key, **run_row(draft, public_id=public_id)}])
            read = input_rows(key, [found[reference] for reference in references])
            insert_rows(connection, RunInputRow, read)
            change = Change("run.open", public_id, {"operation": draft.operation.value})
            audit.append(connection, [change], actor=draft.actor, at=draft.started_at)
            return _get(connection, public_id)

    def find_open(self, derivation: Digest) -> Run | None:
        """Return the newest open run of a derivation: one that was interrupted, or still works."""
        query = _RUNS.where(RunRow.derivation == derivation, RunRow.state == RunState.OPEN)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(RunRow.id.desc()).limit(1)).mappings().first()
            return None if found is None else Run.model_validate(dict(found))

    def find_oldest_open(self) -> Run | None:
        """Return the open run that began first."""
        query = _RUNS.where(RunRow.state == RunState.OPEN).order_by(RunRow.started_at, RunRow.id)
        with self._database.reading() as connection:
            found = connection.execute(query.limit(1)).mappings().first()
            return None if found is None else Run.model_validate(dict(found))

    def count_open(self) -> int:
        """Return how many runs are open."""
        query = select(func.count()).where(RunRow.state == RunState.OPEN)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def finish(
        self,
        run_id: str,
        *,
        at: datetime,
        quarantine: Digest | None = None,
        ledger: Sequence[LedgerEntry] = (),
        counts: Sequence[tuple[str, TokenCount]] = (),
        measured: Sequence[tuple[str, Metric | Measurement]] = (),
        recipe: Recipe | None = None,
        actor: str,
    ) -> Run:
        """Close a run that seals no version, in one transaction, with its books and counts.

        Args:
            run_id: The public id of an open run.
            at: When it ended.
            quarantine: The object that holds the rejected rows.
            ledger: The accounts of its steps.
            counts: What it counted, by reference of the version.
            measured: What it measured, numbers and objects, by reference of the version.
            recipe: The recipe that it applied on the fly while counting.
            actor: Who closes it.

        Raises:
            BalanceError: The books do not balance; the run stays open.
            ConflictError: The run is closed already.
            UnknownError: The run, a version or a tokenizer is not there.
        """
        Ledger(entries=tuple(ledger)).check()
        with self._database.writing() as connection:
            run = get_open_run(connection, run_id)
            insert_rows(connection, LedgerEntryRow, entry_rows(run.id, ledger))
            insert_rows(connection, LedgerRejectionRow, rejection_rows(run.id, ledger))
            if recipe is not None:
                ensure_recipes(connection, {recipe.fingerprint: recipe})
            changes = []
            for text, count in counts:
                version_id = resolve(connection, Reference.parse(text))
                changes += record_count(connection, version_id, count, run_id=run.id, at=at)
            _record_measured(connection, measured, run_id=run.id)
            close_run(connection, run, state=RunState.DONE, at=at, quarantine=quarantine)
            changes.append(Change("run.finish", run_id, {}))
            audit.append(connection, changes, actor=actor, at=at)
            return _get(connection, run_id)

    def fail(
        self,
        run_id: str,
        *,
        error: str,
        at: datetime,
        ledger: Sequence[LedgerEntry] = (),
        quarantine: Digest | None = None,
    ) -> Run:
        """Close a run as failed, in one transaction; recorded under the run's own actor.

        Args:
            run_id: The public id of an open run.
            error: Why it failed.
            at: When.
            ledger: The accounts of its steps, where it read all there was.
            quarantine: The object that holds the rejected rows.

        Raises:
            BalanceError: The books do not balance; the run stays open.
            ConflictError: The run is closed already.
            UnknownError: There is no such run.
        """
        Ledger(entries=tuple(ledger)).check()
        with self._database.writing() as connection:
            run = get_open_run(connection, run_id)
            insert_rows(connection, LedgerEntryRow, entry_rows(run.id, ledger))
            insert_rows(connection, LedgerRejectionRow, rejection_rows(run.id, ledger))
            close_run(
                connection,
                run,
                state=RunState.FAILED,
                at=at,
                error=error,
                quarantine=quarantine,
            )
            failed = _get(connection, run_id)
            change = Change("run.fail", run_id, {"error": error})
            audit.append(connection, [change], actor=failed.actor, at=at)
            return failed

    def get(self, run_id: str) -> Run:
        """Return a run by its public id or an unambiguous beginning of it.

        Raises:
            UnknownError: There is none.
            InputError: The beginning fits several runs.
        """
        with self._database.reading() as connection:
            return _get(connection, run_id)

    def describe_many(self, run_ids: Iterable[str]) -> dict[str, RunDescription]:
        """Return runs with inputs, outputs and books by their public ids, in few queries.

        Runs that are not there are left out.
        """
        with self._database.reading() as connection:
            return load_descriptions(connection, run_ids)

    def list(self, limit: int = 50) -> Runs:
        """Return the newest runs, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_RUNS.order_by(RunRow.id.desc()).limit(limit)).mappings()
            return [Run.model_validate(dict(row)) for row in rows]

    def list_rejecting(self, limit: int = 50) -> References:
        """Return the ids of the newest runs that keep rejected rows, newest first."""
        query = select(RunRow.public_id).where(RunRow.quarantine.is_not(None))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(RunRow.id.desc()).limit(limit))
            return list(found.scalars())

    def ledger(self, run_id: str) -> Ledger:
        """Return the books of a run; empty when it keeps none.

        Raises:
            UnknownError: There is no such run.
        """
        with self._database.reading() as connection:
            key = _key(connection, run_id)
            rejected = _load_rejected(connection, key)
            columns = (getattr(LedgerEntryRow, name) for name in _ENTRY_FIELDS)
            query = select(*columns).where(LedgerEntryRow.run_id == key)
            rows = connection.execute(query.order_by(LedgerEntryRow.position)).mappings()
            entries = [
                LedgerEntry(**dict(row), rejected=tuple(rejected[row["position"]])) for row in rows
            ]
        return Ledger(entries=tuple(entries))

    def inputs(self, run_id: str) -> References:
        """Return the references of what a run read, in its order.

        Raises:
            UnknownError: There is no such run.
        """
        query = _REFERENCES.join(RunInputRow, RunInputRow.version_id == VersionRow.id)
        with self._database.reading() as connection:
            of_run = RunInputRow.run_id == _key(connection, run_id)
            rows = connection.execute(query.where(of_run).order_by(RunInputRow.position))
            return [reference_to(name, number) for name, number in rows]

    def outputs(self, run_id: str) -> References:
        """Return the references of what a run made, or made again byte for byte.

        Raises:
            UnknownError: There is no such run.
        """
        query = _REFERENCES.join(RunOutputRow, RunOutputRow.version_id == VersionRow.id)
        with self._database.reading() as connection:
            of_run = RunOutputRow.run_id == _key(connection, run_id)
            rows = connection.execute(query.where(of_run).order_by(VersionRow.id))
            return [reference_to(name, number) for name, number in rows]


def _record_measured(
    connection: Connection, measured: Sequence[tuple[str, Metric | Measurement]], *, run_id: int
) -> None:
    metrics = [(Reference.parse(text), one) for text, one in measured if isinstance(one, Metric)]
    versions = resolve_all(connection, [reference for reference, _ in metrics])
    rows = [
        {**vars(metric), "version_id": versions[reference], "run_id": run_id}
        for reference, metric in metrics
    ]
    insert_rows(connection, MetricRow, rows)
    objects = [(text, one) for text, one in measured if isinstance(one, Measurement)]
    record_measurements(connection, objects, run_id=run_id)


def _get(connection: Connection, run_id: str) -> Run:
    fits = RunRow.public_id.startswith(run_id, autoescape=True)
    found = connection.execute(_RUNS.where(fits).limit(2)).mappings().all()
    if not found:
        raise UnknownError(what="run", value=run_id, hint="muster run list")
    if len(found) > 1:
        raise InputError(f"{run_id!r} fits several runs", hint="give more of the id")
    return Run.model_validate(dict(found[0]))


def _key(connection: Connection, run_id: str) -> int:
    public_id = _get(connection, run_id).id
    return connection.execute(select(RunRow.id).where(RunRow.public_id == public_id)).scalar_one()


def _load_rejected(connection: Connection, key: int) -> defaultdict[int, list[Rejected]]:
    rejected: defaultdict[int, list[Rejected]] = defaultdict(list)
    query = select(LedgerRejectionRow).where(LedgerRejectionRow.run_id == key)
    for row in connection.execute(query.order_by(LedgerRejectionRow.reason)).mappings():
        fields = {name: row[name] for name in _REJECTION_FIELDS}
        rejected[row["position"]].append(Rejected(**fields))
    return rejected
