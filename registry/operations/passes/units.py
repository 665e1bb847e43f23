"""Cut a version into units of work; a finished unit leaves a checkpoint.

The same command, run again after a crash, takes up the finished units and goes on behind them.
Where the cuts fall depends on the version's shards alone, so the result is the same bytes on any
number of workers.
"""

import base64
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from registry.documents import Outcome, join_outcomes
from registry.domain.answers import PartialRun
from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.execution import Part
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.names import Reference
from registry.domain.progress import Done
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import RejectionLimit
from registry.domain.run import Run
from registry.domain.version import Shard, Version
from registry.errors import InputError
from registry.execution.base import Finished, Lost, Report
from registry.normalization.pipeline import Pipeline
from registry.operations.context import Context
from registry.operations.passes.ahead import meanwhile
from registry.operations.passes.damage import damage_of_pass, fail_by_damage
from registry.operations.passes.executors import choose_executor
from registry.operations.passes.indexes import join_indexes
from registry.operations.passes.planning import PlannedUnit, plan_units
from registry.operations.passes.quarantine import join_quarantines, reject_documents
from registry.operations.passes.runs import recorded_failure
from registry.operations.passes.shards import check_documents, read_slice
from registry.operations.place import Place
from registry.storage.work import WorkArea


class Unit(Value):
    """What a finished unit of work left behind: objects in the store, and its account."""

    shards: tuple[Shard, ...]
    ledger: Ledger
    index: Digest | None
    """None where the pass has no use for one."""

    quarantine: Digest | None
    state: str
    """What the recipe's stateful steps learned in this unit, base64."""

    is_lost: bool = False
    """True when no worker survived the unit, so that all its documents are in quarantine."""

    @property
    def done(self) -> Done:
        """What it adds to the progress."""
        return Done.of(self.ledger)

    def objects(self) -> list[Digest]:
        """Return the objects that must be there for the unit to count as finished."""
        others = [digest for digest in (self.index, self.quarantine) if digest is not None]
        return [*(shard.digest for shard in self.shards), *others]


_Unit = TypeVar("_Unit", bound=Unit)


@dataclass
class UnitWork(ABC, Generic[_Unit]):
    """The work on each unit of a version; see `registry.execution.base.Work`."""

    place: Place
    recipe: Recipe

    @property
    @abstractmethod
    def unit_kind(self) -> type[_Unit]:
        """The class of the checkpoints."""

    @property
    @abstractmethod
    def core_bytes_per_second(self) -> float:
        """About how much text one core gets through in a second."""

    @property
    def keeps_state(self) -> bool:
        """Whether a step remembers earlier documents, so that units come in their order."""
        return self.pipeline.keeps_state

    def prepare(self) -> None:
        """Load what every unit needs, while units are planned."""

    def __call__(self, unit: PlannedUnit, report: Report, /) -> _Unit:
        """Read a unit, take it through the recipe, and leave the outcome in the store."""
        return self.carry_out(unit, self.read(unit), report)

    def read(self, unit: PlannedUnit) -> Iterator[Outcome]:
        """Yield what a unit holds, in order."""
        outcomes = (outcome for part in unit.slices for outcome in read_slice(self.place, part))
        return join_outcomes(outcomes, num_bytes=self.place.settings.batch_bytes)

    def give_up(self, unit: PlannedUnit, lost: Lost, report: Report) -> _Unit:
        """Put every document of a unit that no worker survived into quarantine."""
        reason = f"{lost.reason}, {lost.num_attempts} times"
        outcomes = (outcome for part in unit.slices for outcome in reject_documents(part, reason))
        return self.carry_out(unit, outcomes, report).model_copy(update={"is_lost": True})

    def accepts(self, unit: _Unit) -> bool:  # noqa: ARG002 - for those who are choosy
        """Return whether what an earlier call left behind can be taken for this one's."""
        return True

    @abstractmethod
    def carry_out(self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report) -> _Unit:
        """Take what was read of a unit through the recipe, and leave the outcome in the store."""

    @cached_property
    def pipeline(self) -> Pipeline:
        """The recipe at work, with what its steps have learned of the units before."""
        return Pipeline(self.recipe)

    def encode_state(self) -> str:
        """Return what the recipe's steps learned since the last unit, for a checkpoint."""
        return base64.b64encode(self.pipeline.take_state()).decode()

    def restore_state(self, unit: Unit) -> None:
        """Learn again what a finished unit taught."""
        self.pipeline.restore_state(base64.b64decode(unit.state))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is kept between units."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def run_units(
    context: Context, version: Version, work: UnitWork[_Unit], *, derivation: Digest, task: str
) -> list[_Unit]:
    """Work on every unit of a version, taking up those that are already finished.

    Args:
        context: The open registry.
        version: The input.
        work: What is done to each unit.
        derivation: Which checkpoints are meant.
        task: What the progress is called.

    Returns:
        The units in the order of the version's documents.

    Raises:
        ConflictError: The version's files changed, or are read by other settings.
    """
    context.progress.start(task, total_bytes=version.num_text_bytes)
    try:
        units = _Run(context, _plan(context, version, work), work, derivation).finish_all()
    finally:
        context.progress.finish()
    if not any(unit.is_lost for unit in units):
        num_read = sum(unit.ledger.entries[0].documents_kept for unit in units)
        check_documents(version.reference, version.num_documents, num_read)
    return units


def run_part(
    context: Context, version: Version, work: UnitWork[_Unit], *, run: Run, part: Part
) -> PartialRun:
    """Work on the units of a part, each left as a checkpoint for whoever merges them.

    Raises:
        InputError: The recipe needs all documents in their order.
        ConflictError: The version's files changed, or another process is at this part.
    """
    if work.keeps_state:
        raise InputError(
            f"{work.recipe.name} remembers earlier documents, so its units cannot be divided",
            hint="leave out --shard",
        )
    with recorded_failure(context, run, part=part):
        context.progress.start(
            f"{run.operation} {part}", total_bytes=version.num_text_bytes // part.count
        )
        planned = _plan(context, version, work)
        try:
            _Run(context, planned, work, run.derivation).finish_part(part)
        finally:
            context.progress.finish()
    unfinished = list_unfinished(context, planned, work.unit_kind, derivation=run.derivation)
    return PartialRun(
        run=run.id,
        operation=run.operation,
        input=version.reference,
        part=str(part),
        num_units=len(planned),
        num_finished=len(planned) - len(unfinished),
    )


def list_unfinished(
    context: Context, planned: Sequence[PlannedUnit], kind: type[Unit], *, derivation: Digest
) -> list[PlannedUnit]:
    """Return the units of which no checkpoint is there."""
    area = context.work(derivation)
    return [unit for unit in planned if load_unit(context, area, unit, kind) is None]


def load_unit(
    context: Context, area: WorkArea, planned: PlannedUnit, kind: type[_Unit]
) -> _Unit | None:
    """Return what a finished unit left behind; None: it is not finished, or not there any more."""
    try:
        unit = kind.model_validate(area.load(planned.name))
    except ValidationError:
        return None
    return unit if all(context.store.exists(digest) for digest in unit.objects()) else None


def _plan(context: Context, version: Version, work: UnitWork[Any]) -> list[PlannedUnit]:
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    with meanwhile(work.prepare) as prepared:
        planned = plan_units(context.place, shards)
        prepared()
    return planned


class _Run(Generic[_Unit]):
    """One call of `run_units`."""

    def __init__(
        self,
        context: Context,
        planned: Sequence[PlannedUnit],
        work: UnitWork[_Unit],
        derivation: Digest,
    ) -> None:
        self._context = context
        self._planned = planned
        self._work = work
        self._area = context.work(derivation)
        self._done: dict[int, _Unit] = {}

    def finish_all(self) -> list[_Unit]:
        if self._work.keeps_state:
            self._finish_in_order()
        else:
            self._finish_apart(self._planned)
        return [self._done[unit.number] for unit in self._planned]

    def finish_part(self, part: Part) -> None:
        self._finish_apart([unit for unit in self._planned if part.has(unit.number)])

    def _finish_in_order(self) -> None:
        """Work on each unit behind those before it, whose documents its steps remember."""
        work = self._work
        for unit in self._planned:
            if self._take_up(unit):
                work.restore_state(self._done[unit.number])
            else:
                self._keep(unit, work(unit, self._context.progress.advance))

    def _finish_apart(self, wanted: Sequence[PlannedUnit]) -> None:
        pending = [unit for unit in wanted if not self._take_up(unit)]
        executor = choose_executor(
            self._context.execution,
            self._context.place,
            core_seconds=sum(unit.num_bytes for unit in pending) / self._work.core_bytes_per_second,
        )
        report = self._context.progress.advance
        work = self._work
        for outcome in executor.run(work, pending, report):
            unit = pending[outcome.number]
            if isinstance(outcome, Finished):
                self._keep(unit, outcome.result)
            else:
                self._context.progress.note(f"quarantined: {unit.describe()} {outcome.reason}")
                self._keep(unit, work.give_up(unit, outcome, report))

    def _take_up(self, planned: PlannedUnit) -> bool:
        """Return whether an earlier call finished a unit; one that it lost is tried anew."""
        unit = load_unit(self._context, self._area, planned, self._work.unit_kind)
        if unit is None or unit.is_lost or not self._work.accepts(unit):
            return False
        self._done[planned.number] = unit
        self._context.progress.advance(unit.done)
        return True

    def _keep(self, planned: PlannedUnit, unit: _Unit) -> None:
        self._area.save(planned.name, unit.model_dump(mode="json"))
        self._done[planned.number] = unit


def refuse_damaged_units(
    context: Context, units: Sequence[Unit], *, run: Run, limit: RejectionLimit
) -> None:
    """Close a run as failed, with its books and quarantine, if too many of its rows are damaged.

    The finished units stay: the same command with another limit takes them up.

    Raises:
        TooManyRejectedError: There are too many.
    """
    damage = damage_of_pass(
        [unit.ledger for unit in units], [unit.ledger for unit in units if unit.is_lost]
    )
    if not limit.allows(damage):
        quarantine = join_unit_quarantines(context, units)
        books = total_ledger(units).entries
        fail_by_damage(context, damage, limit, quarantine=quarantine, run=run, ledger=books)


def total_ledger(units: Sequence[Unit]) -> Ledger:
    """Return the balanced ledger of all units.

    Raises:
        BalanceError: The books do not balance.
    """
    return add_ledgers([unit.ledger for unit in units if unit.ledger.entries]).check()


def join_unit_indexes(context: Context, units: Sequence[Unit]) -> tuple[Digest, int]:
    """Store the document index of all units as one; return it and its distinct documents."""
    return join_indexes(context.store, [unit.index for unit in units if unit.index is not None])


def join_unit_quarantines(context: Context, units: Sequence[Unit]) -> Digest | None:
    """Store the rejected rows of all units as one object; None if there are none."""
    return join_quarantines(context.store, (unit.quarantine for unit in units))
