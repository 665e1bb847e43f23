"""What is done to each unit of a table: its rows are shown to steps, or others are made of them."""

from abc import ABC
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar

import pyarrow as pa

from registry.document_index.building import DocumentIndexBuilder
from registry.documents import (
    DOCUMENTS,
    NO_REJECTIONS,
    Outcome,
    split_sources,
    with_sources,
)
from registry.domain.digest import Digest
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.progress import Done
from registry.domain.reading import Reading
from registry.errors import ConflictError
from registry.execution.base import Lost, Report
from registry.normalization.tables.pipeline import TablePipeline, empty_rows
from registry.normalization.tables.statistics import (
    Measured,
    Need,
    State,
    Statistic,
    make_statistic,
)
from registry.normalization.tables.values import Ordered
from registry.operations.normalizing.kept_values import KeptValues
from registry.operations.normalizing.outputs import (
    DOCUMENT_READING,
    TABLE_READING,
    name_shards,
)
from registry.operations.passes.indexes import write_index
from registry.operations.passes.planning import PlannedUnit
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.shards import read_slice
from registry.operations.passes.units import Unit, UnitWork
from registry.sources.row_text import fill_template
from registry.sources.rows import read_rows
from registry.storage.shards import DOCUMENT_LAYOUT, Layout, ShardWriter, lay_out_table


class FittedUnit(Unit):
    """What the rows of a unit showed to the steps that are fitted in a pass."""

    states: tuple[tuple[State, ...], ...]
    """The statistics of each of those steps, in order."""

    values: tuple[Digest, ...]
    """The objects that hold all values of a column."""

    def objects(self) -> list[Digest]:
        """See `Unit.objects`."""
        return [*super().objects(), *self.values]


_Unit = TypeVar("_Unit", bound=Unit)


@dataclass
class _RowWork(UnitWork[_Unit], ABC):
    """Work on the rows of a table."""

    schema: pa.Schema
    """The columns that are read; their types matter where a table of ours is read."""

    core_bytes_per_second = 20e6

    @property
    def keeps_state(self) -> bool:
        """No step over rows remembers earlier ones."""
        return False

    @cached_property
    def table(self) -> TablePipeline:
        """The recipe at work."""
        return TablePipeline(self.recipe, fill=_fill)

    def read(self, unit: PlannedUnit) -> Iterator[Outcome]:
        """See `UnitWork.read`; yields rows, and at least one batch, so that every step is heard."""
        yield Outcome(kept=self._nothing, rejected=NO_REJECTIONS)
        read = partial(read_rows, columns=self.table.columns)
        for part in unit.slices:
            yield from read_slice(self.place, part, read=read)

    @property
    def _nothing(self) -> pa.RecordBatch:
        return with_sources(empty_rows(self.schema), pa.array([], pa.string()))


@dataclass
class Fitting(_RowWork[FittedUnit]):
    """Show rows to the steps that are fitted in a pass."""

    at: int
    """The pass."""

    unit_kind = FittedUnit

    def carry_out(
        self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report
    ) -> FittedUnit:
        """See `UnitWork.carry_out`."""
        del unit
        places = list_fitted_in(self.table, self.at)
        found = {place: self._begin(self.table.steps[place].needs) for place in places}
        ledgers: list[Ledger] = []
        for outcome in outcomes:
            ledgers.append(self.table.observe(outcome, self.at, found))
            report(Done.of(ledgers[-1]))
        ordered = [one for group in found.values() for one in group if isinstance(one, Ordered)]
        states = tuple(tuple(one.state for one in group) for group in found.values())
        return FittedUnit(
            shards=(),
            ledger=add_ledgers(ledgers).check(),
            index=None,
            quarantine=None,
            state="",
            states=states,
            values=tuple(place for one in ordered for place in one.places),
        )

    def give_up(self, unit: PlannedUnit, lost: Lost, report: Report) -> FittedUnit:
        """Refuse to fit to the rest of a version.

        Raises:
            ConflictError: Always.
        """
        del report
        raise ConflictError(
            f"{unit.describe()} {lost.reason}, {lost.num_attempts} times: nothing is fitted to a "
            "part of a version",
            hint="run the same command again, with fewer --workers if memory was short",
        )

    def _begin(self, needs: Sequence[Need]) -> list[Statistic]:
        return [
            Ordered(KeptValues(self.place.store))
            if need.measured is Measured.ORDER
            else make_statistic(need)
            for need in needs
        ]


@dataclass
class Transforming(_RowWork[Unit]):
    """Write the rows of a unit, transformed, as Parquet shards of a table or of documents."""

    unit_kind = Unit

    @cached_property
    def layout(self) -> Layout:
        """How the shards are written."""
        if self.table.makes_documents:
            return DOCUMENT_LAYOUT
        return lay_out_table(self.table.schema_of(self.schema))

    @property
    def reading(self) -> Reading:
        """How the shards are read."""
        return DOCUMENT_READING if self.table.makes_documents else TABLE_READING

    def carry_out(self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report) -> Unit:
        """See `UnitWork.carry_out`."""
        store, settings, table = self.place.store, self.place.settings, self.table
        quarantine, index = QuarantineWriter(store), DocumentIndexBuilder()
        ledgers: list[Ledger] = []
        with ShardWriter(store, self.layout, shard_bytes=settings.shard_bytes) as writer:
            for outcome in outcomes:
                # A lost unit rejects its rows and has none that could show their columns.
                has_rows = len(outcome.kept) > 0
                processed = table(outcome if has_rows else Outcome(self._nothing, outcome.rejected))
                sources, rows = split_sources(processed.kept)
                if table.makes_documents:
                    rows = _to_documents(sources, rows)
                    index.add(rows.column("text"), None)
                writer.write(rows)
                quarantine.write(processed.rejected)
                ledgers.append(processed.ledger)
                report(Done.of(processed.ledger))
            written = writer.finish()
        return Unit(
            shards=name_shards(
                written,
                number=unit.number,
                reading=self.reading,
                stem="documents" if table.makes_documents else "rows",
            ),
            ledger=add_ledgers(ledgers).check(),
            index=write_index(store, [index.to_batch()]) if table.makes_documents else None,
            quarantine=quarantine.finish(),
            state="",
        )


def list_fitted_in(table: TablePipeline, at: int) -> list[int]:
    """Return the places of the steps that are fitted in a pass."""
    steps = enumerate(zip(table.steps, table.passes, strict=True))
    return [place for place, (step, ready) in steps if step.needs and ready == at]


def _fill(rows: pa.RecordBatch, template: str) -> pa.Array:
    return fill_template(rows, template, "the table")


def _to_documents(sources: pa.Array, rows: pa.RecordBatch) -> pa.RecordBatch:
    nothing = pa.repeat(pa.scalar("{}"), len(rows))
    return pa.RecordBatch.from_arrays(
        [sources, rows.column("text"), sources, nothing], schema=DOCUMENTS
    )
