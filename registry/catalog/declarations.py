"""Declarations: what is stated read as one value, and such a value written in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import InstrumentedAttribute

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.columns import to_utc
from registry.catalog.costs import record_cost
from registry.catalog.declared import load_declared
from registry.catalog.engine import Database
from registry.catalog.generations import record_generation
from registry.catalog.identifiers import reserve_ids
from registry.catalog.licensing import Assertion, assertion_row, record_statement
from registry.catalog.models import record_model
from registry.catalog.resolving import chunked, find_all, resolve_all
from registry.catalog.restating import add_language, add_source
from registry.catalog.series import Series, load_series, save_series, save_tags
from registry.catalog.tables import DatasetRow, RunRow, SourceRow, TokenizerRow
from registry.catalog.targets import record_target
from registry.domain.cost import SubjectKind
from registry.domain.declaration import (
    Declaration,
    DeclaredCost,
    DeclaredDataset,
    DeclaredGeneration,
    DeclaredLicence,
    DeclaredModel,
    SourceStatement,
)
from registry.domain.declared_changes import (
    ChangeKind,
    DeclaredChange,
    Entry,
    KeyPath,
    Known,
    Noun,
    Step,
)
from registry.domain.declared_comparison import Comparison
from registry.domain.licence import Basis
from registry.domain.model_target import Target
from registry.domain.names import Reference, reference_to
from registry.domain.version import DatasetKind
from registry.errors import InputError, MusterError

_WRITTEN = {ChangeKind.CREATE, ChangeKind.CHANGE}
_OF_VERSIONS = {Noun.LANGUAGE, Noun.SOURCE, Noun.LICENCE, Noun.GENERATION}
"""What is stated of versions, and goes by their references."""


class DeclarationStore:
    """Reads what is stated, and lets it become what a declaration says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> Declaration:
        """Return all that is stated, as one state of the catalog."""
        with self._database.reading() as connection:
            return load_declared(connection)

    def compare(
        self, wanted: Declaration, *, where: Callable[[KeyPath], str], actor: str
    ) -> list[DeclaredChange]:
        """Return what `apply` would do, and write nothing; see there."""
        with self._database.reading() as connection:
            known = _load_known(connection, wanted, actor)
            return [step.change for step in Comparison(wanted, known, where).steps()]

    def apply(
        self, wanted: Declaration, *, where: Callable[[KeyPath], str], actor: str, at: datetime
    ) -> list[DeclaredChange]:
        """Write what a declaration says and is not stated yet: all in one transaction, or nothing.

        What it does not name stays. Safe to repeat. Each change has an entry in the audit log.

        Args:
            wanted: What is to be stated.
            where: Says where in the file an entry stands.
            actor: Who applies it.
            at: When.

        Raises:
            InputError: It names a dataset or model that is neither here nor declared, or says what
                cannot be; the place in the file is named.
            ConflictError: It says of a model what cannot be changed.
        """
        with self._database.writing() as connection:
            known = _load_known(connection, wanted, actor)
            steps = list(Comparison(wanted, known, where).steps())
            writing = [step for step in steps if step.change.action in _WRITTEN]
            if writing:
                changes = _Writing(connection, writing, actor=actor, at=to_utc(at)).write()
                audit.append(connection, changes, actor=actor, at=at)
            return [step.change for step in steps]


class _Writing:
    """The writing of steps within one transaction, in their order."""

    def __init__(
        self, connection: Connection, steps: Sequence[Step], *, actor: str, at: datetime
    ) -> None:
        self._connection = connection
        self._steps = steps
        self._actor = actor
        self._at = at
        versions = [
            Reference.parse(step.change.name) for step in steps if step.change.noun in _OF_VERSIONS
        ]
        tagged = [step.entry for step in steps if isinstance(step.entry, Reference)]
        self._ids = resolve_all(connection, [*versions, *tagged])

    def write(self) -> list[Change]:
        """Write all; return what the audit log says of it."""
        series = self._load_series()
        changes: list[Change] = []
        for step in self._steps:
            if isinstance(step.entry, DeclaredDataset):
                changes += self._describe(series[step.change.name], step.entry)
        changes += save_series(self._connection, list(series.values()))
        for step in self._steps:
            if step.change.noun is Noun.TAG and isinstance(step.entry, Reference):
                tag = step.change.name.rpartition("@")[2]
                series[str(step.entry.dataset)].tags[tag] = self._ids[step.entry]
            elif step.change.noun is not Noun.DATASET:
                with _placed(step.change.where):
                    changes += self._write_one(step)
        return changes + save_tags(self._connection, series.values())

    def _load_series(self) -> dict[str, Series]:
        names = [
            str(step.entry.dataset) if isinstance(step.entry, Reference) else step.change.name
            for step in self._steps
            if isinstance(step.entry, DeclaredDataset | Reference)
        ]
        series = load_series(self._connection, names)
        missing = [name for name in dict.fromkeys(names) if name not in series]
        ids = reserve_ids(self._connection, DatasetRow, len(missing))
        for name in missing:
            series[name] = Series(
                id=next(ids), name=name, kind=DatasetKind.TEXT, created_at=self._at
            )
        return series

    def _describe(self, one: Series, wanted: DeclaredDataset) -> list[Change]:
        """Let a dataset be as declared; return what the audit log says of a new one."""
        one.kind = wanted.kind or one.kind
        one.lifecycle = wanted.lifecycle or one.lifecycle
        one.description = one.description if wanted.description is None else wanted.description
        one.owner = one.owner if wanted.owner is None else wanted.owner
        if one.before is not None:
            return []
        detail = wanted.model_dump(mode="json", exclude={"tags", "versions"}, exclude_none=True)
        return [Change("dataset.declare", one.name, detail)]

    def _write_one(self, step: Step) -> list[Change]:
        connection, actor, at = self._connection, self._actor, self._at
        match step.entry:
            case DeclaredModel() as model:
                draft = model.draft(step.change.name)
                return record_model(connection, draft, actor=actor, at=at)
            case Target() as target:
                return record_target(connection, target, actor=actor, at=at)[1]
            case DeclaredCost() as cost:
                return record_cost(connection, cost.draft(), cost.subject, actor=actor, at=at)[1]
        return self._state(step.change.name, step.entry)

    def _state(self, name: str, entry: Entry) -> list[Change]:
        """Write what is stated of a version."""
        connection, actor, at = self._connection, self._actor, self._at
        version_id = self._ids[Reference.parse(name)]
        match entry:
            case DeclaredLicence():
                return self._state_licence(version_id, name, entry)
            case DeclaredGeneration():
                draft = entry.draft()
                return record_generation(connection, version_id, name, draft, actor=actor, at=at)
            case SourceStatement():
                return add_source(connection, version_id, entry)
        return add_language(connection, version_id, str(entry))

    def _state_licence(self, version_id: int, name: str, entry: DeclaredLicence) -> list[Change]:
        stated = entry.statement(by=self._actor)
        row = assertion_row(
            version_id,
            Assertion(stated.expression, stated.evidence, Basis.STATED),
            by=stated.by,
            at=self._at,
            confidence=stated.confidence,
            evidence_digest=stated.evidence_digest,
        )
        return record_statement(self._connection, row, name)


@contextmanager
def _placed(where: str) -> Iterator[None]:
    """Let an error say where in the file its entry stands."""
    try:
        yield
    except MusterError as error:
        raise InputError(f"{where}: {error.message}", hint=error.hint) from error


def _load_known(connection: Connection, wanted: Declaration, actor: str) -> Known:
    """Return what the catalog holds of all that a declaration speaks of."""
    named = {Reference.parse(text) for text in _list_references(wanted)}
    costs = [cost.subject for cost in wanted.costs]
    names: dict[SubjectKind, list[str]] = {kind: [] for kind in SubjectKind}
    for subject in costs:
        names[subject.kind].append(subject.name)
    state = load_declared(connection, wanted, others={str(one.dataset) for one in named})
    versions = frozenset(map(str, find_all(connection, named)))
    return Known(
        state=state,
        versions=versions,
        runs=_find(connection, RunRow.public_id, names[SubjectKind.RUN]),
        sources=_find(connection, SourceRow.url, names[SubjectKind.SOURCE])
        | _find(connection, SourceRow.uri, names[SubjectKind.SOURCE]),
        tokenizers=dict(iter(connection.execute(_TOKENIZERS))),
        retracted=audit.list_retractions(connection, versions),
        actor=actor,
    )


_TOKENIZERS = select(TokenizerRow.fingerprint, TokenizerRow.name)


def _list_references(wanted: Declaration) -> Iterator[str]:
    """Yield the versions that a declaration speaks of."""
    for name, dataset in wanted.datasets.items():
        for number in {*dataset.versions, *dataset.tags.values()}:
            yield reference_to(name, number)
        for version in dataset.versions.values():
            for generation in version.generations:
                yield from generation.grounded_in
    for model in wanted.models.values():
        yield from model.trained_on
    for cost in wanted.costs:
        if cost.version is not None:
            yield cost.version


def _find(
    connection: Connection, column: InstrumentedAttribute[Any], values: Iterable[str]
) -> frozenset[str]:
    """Return those of some values that stand in a column."""
    found: set[str] = set()
    for chunk in chunked(dict.fromkeys(values)):
        found.update(connection.execute(select(column).where(column.in_(chunk))).scalars())
    return frozenset(found)
