"""Seal drafts into versions: look everything up once, decide in memory, write in batches.

One road for one draft and for thousands. The caller owns the transaction and its write lock, so
what was looked up still holds when it is written.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.closing import (
    OpenRun,
    close_run,
    entry_rows,
    get_open_run,
    input_rows,
    rejection_rows,
    run_row,
)
from registry.catalog.columns import to_utc
from registry.catalog.counts import record_count
from registry.catalog.facts import (
    source_fingerprint,
)
from registry.catalog.generations import record_generation
from registry.catalog.identifiers import new_run_id, reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.known import Existing, Known
from registry.catalog.licensing import (
    Assertion,
    assertion_row,
    record_statement,
)
from registry.catalog.loading import load_versions
from registry.catalog.orders import Order
from registry.catalog.resolving import unknown_version
from registry.catalog.restating import (
    Statements,
    describe_additions,
    language_rows,
    source_rows,
)
from registry.catalog.series import Series, save_series, save_tags
from registry.catalog.shards import list_locations, location_rows
from registry.catalog.tables import (
    AS_IS,
    DatasetRow,
    LedgerEntryRow,
    LedgerRejectionRow,
    LicenceAssertionRow,
    LineageEdgeRow,
    MetricRow,
    MixturePartRow,
    Row,
    RunInputRow,
    RunOutputRow,
    RunRow,
    ShardLocationRow,
    ShardRow,
    VersionLanguageRow,
    VersionRow,
    VersionSourceRow,
)
from registry.domain.count import TokenCount
from registry.domain.digest import Digest
from registry.domain.generation import GenerationDraft
from registry.domain.licence import UNKNOWN, Basis
from registry.domain.names import Reference, reference_to
from registry.domain.reading import Reading
from registry.domain.run import RunDraft, RunState
from registry.domain.version import Sealed, SealStatus, Version, VersionState
from registry.errors import ConflictError

_APPENDED = (
    RunRow,
    VersionRow,
    ShardRow,
    ShardLocationRow,
    VersionSourceRow,
    VersionLanguageRow,
    LicenceAssertionRow,
    MetricRow,
    RunInputRow,
    RunOutputRow,
    LineageEdgeRow,
    MixturePartRow,
    LedgerEntryRow,
    LedgerRejectionRow,
)
"""The tables that sealing appends to, in the order of their foreign keys."""


@dataclass(slots=True)
class _Outcome:
    """What an order came to."""

    order: Order
    series: Series
    run: str
    version_id: int
    previous_id: int | None
    number: int | None
    """The new version's number; None: the bytes were there already."""


class Sealing:
    """The sealing of a batch of orders within one transaction."""

    def __init__(
        self, connection: Connection, orders: Sequence[Order], *, actor: str, at: datetime
    ) -> None:
        self._connection = connection
        self._orders = orders
        self._actor = actor
        self._at = to_utc(at)
        self._known = Known.load(connection, orders)
        # Ids are drawn after the inputs were found: a child's must be above its parents'.
        new = len({order.name for order in orders} - self._known.series.keys())
        runs = sum(isinstance(order.run, RunDraft) for order in orders)
        self._dataset_ids = reserve_ids(connection, DatasetRow, new)
        self._version_ids = reserve_ids(connection, VersionRow, len(orders))
        self._run_ids = reserve_ids(connection, RunRow, runs)
        self._rows: defaultdict[type[Row], list[dict[str, Any]]] = defaultdict(list)
        self._changes: list[Change] = []
        self._restated: list[tuple[dict[str, Any], str]] = []
        self._closed: list[tuple[OpenRun, Digest | None]] = []
        self._input_counts: list[tuple[int, int, TokenCount]] = []
        self._shared: dict[int, tuple[int, str]] = {}
        self._generations: list[tuple[int, str, GenerationDraft]] = []

    def seal(self) -> list[Sealed]:
        """Seal each order, in turn: a later one may name what an earlier one made as input."""
        outcomes = [self._place(order) for order in self._orders]
        self._write()
        return self._answer(outcomes)

    def _place(self, order: Order) -> _Outcome:
        """Decide what becomes of an order, and note the rows that say so."""
        series = self._get_series(order)
        inputs = [self._get_input(reference) for reference in order.inputs]
        run_id, run = self._note_run(order, inputs)
        existing = self._known.existing.get((series.id, order.digest))
        if existing is None:
            outcome = self._note_version(order, series, run_id=run_id, run=run, inputs=inputs)
        else:
            outcome = self._note_unchanged(order, series, existing, run_id=run_id, run=run)
        self._note_description(outcome)
        if order.draft.generation is not None:
            number = outcome.number if existing is None else existing.number
            reference = reference_to(order.name, number or 0)
            self._generations.append((outcome.version_id, reference, order.draft.generation))
        for text, count in order.draft.input_counts:
            version_id = self._get_input(Reference.parse(text))
            self._input_counts.append((run_id, version_id, count))
        self._add(RunOutputRow, run_id=run_id, version_id=outcome.version_id)
        return outcome

    def _get_series(self, order: Order) -> Series:
        found = self._known.series.get(order.name)
        if found is None:
            found = self._known.series[order.name] = Series(
                id=next(self._dataset_ids),
                name=order.name,
                kind=order.draft.kind,
                created_at=self._at,
            )
        return found

    def _get_input(self, reference: Reference) -> int:
        found = self._known.inputs.get(reference)
        if found is None:
            raise unknown_version(self._connection, reference)
        return found

    def _note_run(self, order: Order, inputs: list[int]) -> tuple[int, str]:
        draft = order.draft
        has_inputs = False
        if id(order.run) in self._shared:
            # One run made several versions; its inputs are noted with the first of them.
            return self._shared[id(order.run)]
        if isinstance(order.run, RunDraft):
            run_id, public_id = next(self._run_ids), new_run_id(order.run.started_at)
            row = run_row(
                order.run,
                public_id=public_id,
                finished_at=to_utc(order.run.ended_at or self._at),
                quarantine=draft.quarantine,
            )
            self._rows[RunRow].append({"id": run_id, **row})
            self._shared[id(order.run)] = (run_id, public_id)
        else:
            open_run = get_open_run(self._connection, order.run)
            run_id, public_id, has_inputs = open_run.id, open_run.public_id, open_run.has_inputs
            self._closed.append((open_run, draft.quarantine))
        if not has_inputs:
            self._rows[RunInputRow] += input_rows(run_id, inputs)
        self._rows[LedgerEntryRow] += entry_rows(run_id, draft.ledger)
        self._rows[LedgerRejectionRow] += rejection_rows(run_id, draft.ledger)
        return run_id, public_id

    def _note_version(
        self, order: Order, series: Series, *, run_id: int, run: str, inputs: list[int]
    ) -> _Outcome:
        draft, version_id = order.draft, next(self._version_ids)
        previous_id, series.head_id = series.head_id, version_id
        series.head += 1
        existing = Existing(version_id, series.head, VersionState.SEALED)
        self._known.existing[series.id, order.digest] = existing
        self._known.inputs[Reference(dataset=draft.dataset, number=series.head)] = version_id
        self._known.licences[version_id] = self._first_licence(order, inputs, previous_id)
        self._known.locations[version_id] = list_locations(draft.shards)
        self._known.statements[version_id] = Statements(set(draft.languages), list(draft.sources))
        outcome = _Outcome(order, series, run, version_id, previous_id, series.head)
        self._note_facts(outcome, run_id)
        self._note_statements(outcome)
        for parent_id in dict.fromkeys(inputs):
            self._add(LineageEdgeRow, child_id=version_id, parent_id=parent_id, run_id=run_id)
        weights = dict(draft.weights)
        for text, num_documents in draft.taken:
            parent_id = self._get_input(Reference.parse(text))
            self._add(
                MixturePartRow,
                version_id=version_id,
                parent_id=parent_id,
                num_documents=num_documents,
                weight=weights.get(text),
            )
        reference = reference_to(order.name, series.head)
        detail: dict[str, JsonValue] = {"digest": order.digest, "run": run}
        if draft.why is not None:
            detail["why"] = draft.why
        self._changes.append(Change("version.seal", reference, detail))
        return outcome

    def _note_facts(self, outcome: _Outcome, run_id: int) -> None:
        order, draft, version_id = outcome.order, outcome.order.draft, outcome.version_id
        recipe_id = AS_IS if draft.recipe is None else self._known.recipes[draft.recipe.fingerprint]
        self._add(
            VersionRow,
            id=version_id,
            dataset_id=outcome.series.id,
            number=outcome.number,
            content=draft.content,
            state=VersionState.SEALED,
            manifest_digest=order.digest,
            derivation_digest=draft.derivation,
            schema_id=self._known.schemas[order.schema],
            recipe_id=recipe_id,
            run_id=run_id,
            document_index=draft.document_index,
            sealed_at=self._at,
            **order.sums,
        )
        for position, shard in enumerate(draft.shards):
            row = {**vars(shard), "reading": _reading_as_json(shard.reading)}
            self._add(ShardRow, version_id=version_id, position=position, **row)
        for metric in draft.metrics:
            self._add(
                MetricRow,
                version_id=version_id,
                name=metric.name,
                run_id=run_id,
                value=metric.value,
            )

    def _note_statements(self, outcome: _Outcome) -> None:
        draft, version_id = outcome.order.draft, outcome.version_id
        keys = dict(enumerate(outcome.order.sources))
        self._rows[VersionSourceRow] += source_rows(version_id, keys, self._known.sources)
        self._rows[VersionLanguageRow] += language_rows(version_id, dict.fromkeys(draft.languages))
        self._rows[LicenceAssertionRow].append(
            assertion_row(version_id, self._known.licences[version_id], by=self._actor, at=self._at)
        )

    def _note_description(self, outcome: _Outcome) -> None:
        series, draft = outcome.series, outcome.order.draft
        if draft.derivation is None:
            # A derived draft only repeats the kind of its input.
            series.kind = draft.kind
        if draft.description is not None:
            series.description = draft.description
        if draft.owner is not None:
            series.owner = draft.owner
        for tag in draft.tags:
            series.tags[tag] = outcome.version_id

    def _first_licence(self, order: Order, inputs: list[int], previous_id: int | None) -> Assertion:
        """Return what is stated of a new version, else what every input agrees on.

        What nobody states is only what lists show: the licence that applies is computed from what
        is stated upstream, whenever that is said.
        """
        draft = order.draft
        if draft.licence is not None:
            return Assertion(draft.licence, draft.licence_evidence, Basis.STATED)
        if draft.keeps_licence and not inputs and previous_id is not None:
            number = self._known.series[order.name].head - 1
            carried = self._known.licences[previous_id].carried_over(
                reference_to(order.name, number)
            )
            return carried.restated(None, draft.licence_evidence)
        agreed = {self._known.licences[version_id].expression for version_id in inputs}
        if len(agreed) != 1 or agreed == {UNKNOWN}:
            return Assertion(UNKNOWN, draft.licence_evidence, Basis.UNSTATED)
        return Assertion(agreed.pop(), "stated for every input", Basis.INHERITED)

    def _note_unchanged(
        self, order: Order, series: Series, existing: Existing, *, run_id: int, run: str
    ) -> _Outcome:
        """Keep what a draft says of bytes that are there already: where they lie, what they are."""
        reference = reference_to(order.name, existing.number)
        if existing.state is VersionState.WITHDRAWN:
            raise ConflictError(
                f"{reference} holds these very bytes and was withdrawn",
                hint=f"muster show {reference}; other bytes make a new version",
            )
        self._restate_licence(order, existing.id, reference)
        draft, version_id = order.draft, existing.id
        languages = self._known.statements[version_id].add_languages(draft.languages)
        sources = self._known.statements[version_id].add_sources(draft.sources)
        self._rows[VersionLanguageRow] += language_rows(version_id, languages)
        keys = {position: source_fingerprint(one) for position, one in sources.items()}
        self._rows[VersionSourceRow] += source_rows(version_id, keys, self._known.sources)
        detail = describe_additions(languages, sources)
        if detail:
            self._changes.append(Change("version.restate", reference, detail))
        self._note_locations(order, version_id, reference, run_id=run_id)
        detail = {"status": SealStatus.UNCHANGED.value, "digest": order.digest}
        self._changes.append(Change("run.finish", run, detail))
        return _Outcome(order, series, run, version_id, None, None)

    def _note_locations(
        self, order: Order, version_id: int, reference: str, *, run_id: int
    ) -> None:
        known, found = self._known.locations[version_id], list_locations(order.draft.shards)
        rows = location_rows(version_id, known=known, found=found, run_id=run_id, at=self._at)
        for row in rows:
            known[row["position"]] = (row["uri"], row["modified_ns"], row["etag"])
        self._rows[ShardLocationRow] += rows
        if rows:
            self._changes.append(Change("version.locate", reference, {"num_shards": len(rows)}))

    def _restate_licence(self, order: Order, version_id: int, reference: str) -> None:
        before = self._known.licences[version_id]
        licence = before.restated(order.draft.licence, order.draft.licence_evidence)
        if licence == before:
            return
        self._known.licences[version_id] = licence
        row = assertion_row(version_id, licence, by=self._actor, at=self._at)
        self._restated.append((row, reference))

    def _add(self, row: type[Row], **values: Any) -> None:  # noqa: ANN401 - a row's columns
        self._rows[row].append(values)

    def _write(self) -> None:
        connection, series = self._connection, list(self._known.series.values())
        self._changes += save_series(connection, series)
        for row in _APPENDED:
            insert_rows(connection, row, self._rows[row])
        for assertion, reference in self._restated:
            self._changes += record_statement(connection, assertion, reference)
        for run, quarantine in self._closed:
            close_run(connection, run, state=RunState.DONE, at=self._at, quarantine=quarantine)
        self._changes += save_tags(connection, series)
        for run_id, version_id, count in self._input_counts:
            self._changes += record_count(connection, version_id, count, run_id=run_id, at=self._at)
        for version_id, reference, generation in self._generations:
            self._changes += record_generation(
                connection, version_id, reference, generation, actor=self._actor, at=self._at
            )
        audit.append(connection, self._changes, actor=self._actor, at=self._at)

    def _answer(self, outcomes: list[_Outcome]) -> list[Sealed]:
        made = {
            outcome.version_id: _version(
                outcome,
                outcome.number,
                licence=self._known.licences[outcome.version_id].expression,
                statements=self._known.statements[outcome.version_id],
                at=self._at,
            )
            for outcome in outcomes
            if outcome.number is not None
        }
        mentioned = {
            version_id
            for outcome in outcomes
            for version_id in (outcome.version_id, outcome.previous_id)
            if version_id is not None
        }
        versions = made | load_versions(self._connection, mentioned - made.keys())
        return [
            Sealed(
                version=versions[outcome.version_id],
                status=SealStatus.UNCHANGED if outcome.number is None else SealStatus.CREATED,
                previous=None if outcome.previous_id is None else versions[outcome.previous_id],
                recorded=self._list_recorded(outcome, versions[outcome.version_id]),
            )
            for outcome in outcomes
        ]

    def _list_recorded(self, outcome: _Outcome, version: Version) -> tuple[str, ...]:
        """Return what was written of a version that was there already, beside the run."""
        if outcome.number is not None:
            return ()
        entities = {version.reference, str(version.dataset)}
        entities |= {f"{version.dataset}@{tag}" for tag in outcome.order.draft.tags}
        found = (change.action for change in self._changes if change.entity in entities)
        return tuple(dict.fromkeys(found))


def _reading_as_json(reading: Reading | None) -> dict[str, Any] | None:
    """Return what `model_dump` does, in a fraction of its time for what has no encoding."""
    if reading is None:
        return None
    if reading.encoding is None and not reading.member_encodings:
        return vars(reading)
    return reading.model_dump(mode="json")


def _version(
    outcome: _Outcome, number: int, *, licence: str, statements: Statements, at: datetime
) -> Version:
    """Return the new version from memory, as `load_versions` would."""
    order, draft, series = outcome.order, outcome.order.draft, outcome.series
    tags = (tag for tag, version_id in series.tags.items() if version_id == outcome.version_id)
    return Version(
        dataset=draft.dataset,
        number=number,
        kind=series.kind,
        content=draft.content,
        state=VersionState.SEALED,
        digest=order.digest,
        derivation=draft.derivation,
        fields=draft.fields,
        recipe=draft.recipe,
        licence=licence,
        languages=tuple(sorted(statements.languages)),
        tags=tuple(sorted(tags)),
        sources=tuple(statements.sources),
        metrics=tuple(sorted(draft.metrics, key=lambda metric: metric.name)),
        document_index=draft.document_index,
        run=outcome.run,
        sealed_at=at,
        **order.sums,
    )
