"""Costs: entries of a ledger, appended; a mistake is taken back by an entry against it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from pydantic import JsonValue
from sqlalchemy import CTE, Connection, func, or_, select, union
from sqlalchemy.orm import aliased

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.licences import reach_upstream
from registry.catalog.resolving import resolve, resolve_all
from registry.catalog.tables import (
    CostEntryRow,
    DatasetRow,
    RunOutputRow,
    RunRow,
    SourceRow,
    VersionRow,
    VersionSourceRow,
)
from registry.domain.cost import (
    CostDraft,
    CostEntry,
    CostKind,
    CostSubject,
    CostSum,
    SubjectKind,
)
from registry.domain.money import Money
from registry.domain.names import Reference, reference_to
from registry.errors import ConflictError, InputError, UnknownError

CostEntries: TypeAlias = list[CostEntry]

_Reversal = aliased(CostEntryRow)
_ENTRIES = (
    select(
        CostEntryRow.id,
        CostEntryRow.kind,
        CostEntryRow.amount_micros,
        CostEntryRow.currency,
        CostEntryRow.quantity,
        CostEntryRow.unit,
        CostEntryRow.incurred_on,
        CostEntryRow.evidence,
        CostEntryRow.note,
        CostEntryRow.reverses,
        CostEntryRow.actor,
        CostEntryRow.recorded_at,
        CostEntryRow.version_id,
        CostEntryRow.run_id,
        CostEntryRow.source_id,
        DatasetRow.name,
        VersionRow.number,
        RunRow.public_id,
        SourceRow.uri,
        SourceRow.url,
        _Reversal.id.label("reversed_by"),
    )
    .outerjoin_from(CostEntryRow, VersionRow, VersionRow.id == CostEntryRow.version_id)
    .outerjoin(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    .outerjoin(RunRow, RunRow.id == CostEntryRow.run_id)
    .outerjoin(SourceRow, SourceRow.id == CostEntryRow.source_id)
    .outerjoin(_Reversal, _Reversal.reverses == CostEntryRow.id)
    .order_by(CostEntryRow.id)
)


class UpstreamCosts(NamedTuple):
    """What everything upstream of some versions cost, each entry once."""

    num_versions: int
    num_versions_without_cost: int
    sums: tuple[CostSum, ...]


class CostStore:
    """Appends entries and adds them up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, draft: CostDraft, *, subject: CostSubject, actor: str, at: datetime) -> CostEntry:
        """Append an entry, in one transaction. Doing it again adds another one.

        Raises:
            InputError: The amount is negative, or a URL fits several sources.
            UnknownError: There is no such version, run or source.
        """
        if draft.amount.micros < 0:
            raise InputError(
                f"{draft.amount} is negative", hint="a mistake is taken back: muster cost reverse"
            )
        with self._database.writing() as connection:
            entry, changes = record_cost(connection, draft, subject, actor=actor, at=at)
            audit.append(connection, changes, actor=actor, at=at)
            return entry

    def reverse(self, entry_id: int, *, note: str, actor: str, at: datetime) -> CostEntry:
        """Append the opposite of an entry, in one transaction.

        Raises:
            UnknownError: There is no such entry.
            ConflictError: It was taken back before, or takes back another one itself.
        """
        with self._database.writing() as connection:
            row = connection.execute(_ENTRIES.where(CostEntryRow.id == entry_id)).first()
            if row is None:
                raise UnknownError(what="cost entry", value=str(entry_id), hint="muster cost show")
            if row.reversed_by is not None or row.reverses is not None:
                done = "was taken back" if row.reversed_by else "takes back another entry"
                raise ConflictError(
                    f"cost entry {entry_id} {done}", hint="add the right amount: muster cost add"
                )
            entry = _entry(row)
            opposite = Money(micros=-entry.amount.micros, currency=entry.amount.currency)
            quantity = None if entry.quantity is None else -entry.quantity
            draft = CostDraft.model_validate(
                {name: getattr(entry, name) for name in CostDraft.model_fields}
                | {"amount": opposite, "quantity": quantity, "note": note}
            )
            keys = {name: getattr(row, name) for name in _KEYS}
            opposed, changes = _append(
                connection, draft, keys, reverses=entry_id, actor=actor, at=at
            )
            audit.append(connection, changes, actor=actor, at=at)
            return opposed

    def list_for(self, reference: Reference) -> CostEntries:
        """Return the entries of a version, of the runs that made it and of its sources.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.reading() as connection:
            version_id = resolve(connection, reference)
            runs = select(RunOutputRow.run_id).where(RunOutputRow.version_id == version_id)
            uris = (
                select(SourceRow.uri)
                .join_from(VersionSourceRow, SourceRow, SourceRow.id == VersionSourceRow.source_id)
                .where(VersionSourceRow.version_id == version_id)
            )
            sources = select(SourceRow.id).where(SourceRow.uri.in_(uris))
            query = _ENTRIES.where(
                or_(
                    CostEntryRow.version_id == version_id,
                    CostEntryRow.run_id.in_(runs),
                    CostEntryRow.source_id.in_(sources),
                )
            )
            return [_entry(row) for row in connection.execute(query)]

    def upstream(self, references: Sequence[Reference]) -> UpstreamCosts:
        """Add up everything that versions and all they were made from cost, each entry once.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with self._database.reading() as connection:
            ids = list(dict.fromkeys(resolve_all(connection, references).values()))
            reached = reach_upstream(ids)
            charged = _charges(reached)
            entries = select(charged.c.entry_id)
            query = (
                select(
                    CostEntryRow.kind,
                    CostEntryRow.currency,
                    func.sum(CostEntryRow.amount_micros),
                    func.count(),
                )
                .where(CostEntryRow.id.in_(entries))
                .group_by(CostEntryRow.kind, CostEntryRow.currency)
            )
            sums = connection.execute(query).all()
            versions = select(func.count()).select_from(reached)
            paid = select(func.count(charged.c.version_id.distinct()))
            num_versions = connection.execute(versions).scalar_one()
            num_paid = connection.execute(paid).scalar_one()
        order = list(CostKind)
        return UpstreamCosts(
            num_versions=num_versions,
            num_versions_without_cost=num_versions - num_paid,
            sums=tuple(
                CostSum(
                    kind=kind,
                    amount=Money(micros=int(micros), currency=currency),
                    num_entries=number,
                )
                for kind, currency, micros, number in sorted(
                    sums, key=lambda row: (order.index(row[0]), row[1])
                )
            ),
        )


def record_cost(
    connection: Connection, draft: CostDraft, subject: CostSubject, *, actor: str, at: datetime
) -> tuple[CostEntry, list[Change]]:
    """Write an entry; return it, and what the audit log says of it.

    Raises:
        InputError: A URL fits several sources.
        UnknownError: There is no such version, run or source.
    """
    keys = _resolve_subject(connection, subject)
    return _append(connection, draft, keys, reverses=None, actor=actor, at=at)


_KEYS = ("version_id", "run_id", "source_id")


def _charges(reached: CTE) -> CTE:
    """Return the query of which entry falls on which version that is reached."""
    entry, paid, used = CostEntryRow, aliased(SourceRow), aliased(SourceRow)
    return union(
        select(entry.id.label("entry_id"), reached.c.id.label("version_id")).join_from(
            reached, entry, entry.version_id == reached.c.id
        ),
        select(entry.id, reached.c.id)
        .join_from(reached, RunOutputRow, RunOutputRow.version_id == reached.c.id)
        .join(entry, entry.run_id == RunOutputRow.run_id),
        select(entry.id, reached.c.id)
        .join_from(reached, VersionSourceRow, VersionSourceRow.version_id == reached.c.id)
        .join(used, used.id == VersionSourceRow.source_id)
        # What is stated of a source later makes another row with the same URI.
        .join(paid, paid.uri == used.uri)
        .join(entry, entry.source_id == paid.id),
    ).cte("charged")


def _resolve_subject(connection: Connection, subject: CostSubject) -> dict[str, int | None]:
    keys: dict[str, int | None] = dict.fromkeys(_KEYS)
    match subject.kind:
        case SubjectKind.VERSION:
            keys["version_id"] = resolve(connection, Reference.parse(subject.name))
        case SubjectKind.RUN:
            keys["run_id"] = _find_run(connection, subject.name)
        case SubjectKind.SOURCE:
            keys["source_id"] = _find_source(connection, subject.name)
    return keys


def _find_run(connection: Connection, name: str) -> int:
    query = select(RunRow.id).where(RunRow.public_id.startswith(name, autoescape=True))
    found = connection.execute(query.limit(2)).scalars().all() if name else []
    if not found:
        raise UnknownError(what="run", value=name, hint="muster run list")
    if len(found) > 1:
        raise InputError(f"{name!r} fits several runs", hint="give more digits")
    return found[0]


def _find_source(connection: Connection, name: str) -> int:
    """Return the first row of a source; what is stated of it later makes further ones."""
    query = (
        select(SourceRow.id, SourceRow.uri)
        .where(or_(SourceRow.url == name, SourceRow.uri == name))
        .order_by(SourceRow.id)
    )
    found = connection.execute(query).all()
    if not found:
        known = connection.execute(select(func.coalesce(SourceRow.url, SourceRow.uri)).limit(1_000))
        raise UnknownError(
            what="source", value=name, known=known.scalars(), hint="muster show lists them"
        )
    uris = list(dict.fromkeys(row.uri for row in found))
    if len(uris) > 1:
        raise InputError(f"{name!r} fits {len(uris)} sources", hint=f"name one: --source {uris[0]}")
    return int(found[0].id)


def _append(
    connection: Connection,
    draft: CostDraft,
    keys: Mapping[str, int | None],
    *,
    reverses: int | None,
    actor: str,
    at: datetime,
) -> tuple[CostEntry, list[Change]]:
    entry_id = next(reserve_ids(connection, CostEntryRow, 1))
    values: dict[str, Any] = {
        "id": entry_id,
        "kind": draft.kind,
        "amount_micros": draft.amount.micros,
        "currency": draft.amount.currency,
        **keys,
        **{name: getattr(draft, name) for name in _SAID},
        "reverses": reverses,
        "actor": actor,
        "recorded_at": at,
    }
    insert_rows(connection, CostEntryRow, [values])
    entry = _entry(connection.execute(_ENTRIES.where(CostEntryRow.id == entry_id)).one())
    detail: dict[str, JsonValue] = {
        "entry": entry_id,
        "kind": draft.kind.value,
        "amount_micros": draft.amount.micros,
        "currency": draft.amount.currency,
        "reverses": reverses,
    }
    action = "cost.add" if reverses is None else "cost.reverse"
    return entry, [Change(action, entry.subject.name, detail)]


_SAID = ("quantity", "unit", "incurred_on", "evidence", "note")


def _entry(row: Any) -> CostEntry:  # noqa: ANN401 - a row of more columns than a type can name
    return CostEntry(
        id=row.id,
        kind=row.kind,
        amount=Money(micros=row.amount_micros, currency=row.currency),
        subject=_subject(row),
        reverses=row.reverses,
        reversed_by=row.reversed_by,
        actor=row.actor,
        at=row.recorded_at,
        **{name: getattr(row, name) for name in _SAID},
    )


def _subject(row: Any) -> CostSubject:  # noqa: ANN401 - see above
    if row.version_id is not None:
        return CostSubject(kind=SubjectKind.VERSION, name=reference_to(row.name, row.number))
    if row.run_id is not None:
        return CostSubject(kind=SubjectKind.RUN, name=row.public_id)
    return CostSubject(kind=SubjectKind.SOURCE, name=row.url or row.uri)
