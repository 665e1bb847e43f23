"""Takes rows of a table through the steps of a recipe, to fit them or to transform."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import (
    NO_REJECTIONS,
    Outcome,
    reject,
    row_bytes,
    split_sources,
    with_sources,
)
from registry.domain.ledger import Ledger, LedgerEntry, Rejected
from registry.domain.recipe import Recipe
from registry.errors import InputError
from registry.normalization.building import build_table_steps
from registry.normalization.pipeline import Processed, account_for_reader, sum_by_reason
from registry.normalization.tables.base import RowVerdict, TableStep
from registry.normalization.tables.planning import plan_passes
from registry.normalization.tables.statistics import Statistic
from registry.normalization.tables.steps.to_text import Filler, ToText

_RAW: Final = pa.schema([("text", pa.large_binary()), ("source", pa.string())])


class TablePipeline:
    """The steps of a recipe for tables.

    How rows are cut into batches changes nothing of what comes out.

    Args:
        recipe: The recipe; as far as its steps are fitted, they work.
        fill: What fills a template, where the last step makes documents; see `ToText.fill`.

    Raises:
        RecipeError: This program lacks a step of the recipe, or has another version of it.
    """

    def __init__(self, recipe: Recipe, *, fill: Filler | None = None) -> None:
        self.steps = build_table_steps(recipe)
        last = self.steps[-1]
        self.makes_documents = isinstance(last, ToText)
        if isinstance(last, ToText):
            last.fill = fill
        self.passes = plan_passes(self.steps)
        self._is_inverse = recipe.is_inverse

    @property
    def num_fitting_passes(self) -> int:
        """How often the rows must be read before all steps are fitted."""
        fitted = (at for step, at in zip(self.steps, self.passes, strict=True) if step.needs)
        return max(fitted, default=-1) + 1

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The columns that are to be read; None: all, since a table of ours is undone."""
        return None if self._is_inverse else self.steps[0].columns

    def __call__(self, outcome: Outcome) -> Processed:
        """Take a batch through every step; all of them are fitted.

        Args:
            outcome: What a reader yields: `kept` are rows as `with_sources` has them.

        Raises:
            InputError: A category was not seen when its step was fitted, and that is an error.
            BalanceError: The books do not balance, which is a defect of a step.
        """
        actions = self._invert() if self._is_inverse else self._transform()
        return _process(outcome, actions)

    def observe(self, outcome: Outcome, at: int, found: dict[int, list[Statistic]]) -> Ledger:
        """Show a batch to the steps that are fitted in a pass.

        Args:
            outcome: As above.
            at: The pass.
            found: By the place of each of those steps, the statistics that it needs.
        """
        actions = []
        for place, (step, ready) in enumerate(zip(self.steps, self.passes, strict=True)):
            if ready == at and step.needs:
                actions.append((step.name, _watch(step, found[place])))
            elif ready <= at:
                actions.append((step.name, step.transform))
        return _process(outcome, iter(actions)).ledger

    def schema_of(self, schema: pa.Schema) -> pa.Schema:
        """Return the columns that come out, of those that go in."""
        rows = empty_rows(schema)
        for _, action in self._invert() if self._is_inverse else self._transform():
            rows = action(rows).rows
        return rows.schema

    def _transform(self) -> "Iterator[_Action]":
        for step in self.steps:
            yield step.name, step.transform

    def _invert(self) -> "Iterator[_Action]":
        for step in reversed(self.steps):
            yield step.name, _inverse_of(step)


def empty_rows(schema: pa.Schema) -> pa.RecordBatch:
    """Return no row of some columns."""
    return pa.RecordBatch.from_arrays([pa.nulls(0, one.type) for one in schema], schema=schema)


_Action = tuple[str, Callable[[pa.RecordBatch], RowVerdict]]


def _watch(step: TableStep[Any], found: list[Statistic]) -> Callable[[pa.RecordBatch], RowVerdict]:
    def watch(rows: pa.RecordBatch) -> RowVerdict:
        for need, statistic in zip(step.needs, found, strict=True):
            statistic.add(rows.column(need.column))
        return RowVerdict(rows)

    return watch


def _inverse_of(step: TableStep[Any]) -> Callable[[pa.RecordBatch], RowVerdict]:
    return lambda rows: RowVerdict(step.invert(rows))


def _process(outcome: Outcome, actions: "Iterator[_Action]") -> Processed:
    sources, originals = split_sources(outcome.kept)
    rows = originals
    rejections = [outcome.rejected]
    entries = [account_for_reader(outcome, kept_bytes=int(row_bytes(rows).sum()))]
    for position, (step, action) in enumerate(actions, start=1):
        verdict, rejected = action(rows), NO_REJECTIONS
        if verdict.refusal is not None:
            place = sources[verdict.refusal.row].as_py()
            raise InputError(f"{place}: {verdict.refusal.message}", hint=verdict.refusal.hint)
        reasons = verdict.reasons
        if reasons is not None and reasons.null_count < len(reasons):
            rejected = _reject(originals, sources, reasons, step=step)
            is_kept = pc.is_null(reasons)
            originals, sources = originals.filter(is_kept), sources.filter(is_kept)
        rejections.append(rejected)
        rows, entry = _apply(verdict, rows, step=step, position=position)
        entries.append(entry)
    ledger = Ledger(entries=tuple(entries)).check()
    return Processed(kept=with_sources(rows, sources), rejected=tuple(rejections), ledger=ledger)


def _apply(
    verdict: RowVerdict, rows: pa.RecordBatch, *, step: str, position: int
) -> tuple[pa.RecordBatch, LedgerEntry]:
    """Return the rows that stay, and the step's account of those and the rejected ones."""
    before, after = rows, verdict.rows
    sizes = row_bytes(rows)
    items: tuple[Rejected, ...] = ()
    reasons = verdict.reasons
    if reasons is not None and reasons.null_count < len(reasons):
        is_kept = pc.is_null(reasons)
        gone = ~is_kept.to_numpy(zero_copy_only=False)
        items = sum_by_reason(reasons.drop_null().to_pylist(), sizes[gone].tolist())
        sizes = sizes[~gone]
        before, after = before.filter(is_kept), after.filter(is_kept)
    entry = LedgerEntry(
        position=position,
        step=step,
        documents_in=len(rows),
        bytes_in=int(sizes.sum()) + sum(item.num_bytes for item in items),
        documents_kept=len(after),
        bytes_kept_in=int(sizes.sum()),
        bytes_kept=int(row_bytes(after).sum()),
        rejected=items,
        documents_changed=_count_changes(before, after),
    )
    return after, entry


def _count_changes(before: pa.RecordBatch, after: pa.RecordBatch) -> int:
    """Return how many rows have other columns, or another value in one of them."""
    if before.schema.names != after.schema.names or before.schema.types != after.schema.types:
        return len(after)
    changed = np.zeros(len(after), np.bool_)
    for one, other in zip(before.columns, after.columns, strict=True):
        if one is not other and not one.equals(other):
            differ = pc.fill_null(pc.not_equal(one, other), False)
            moved = pc.xor(pc.is_null(one), pc.is_null(other))
            changed |= pc.or_(differ, moved).to_numpy(zero_copy_only=False)
    return int(changed.sum())


def _reject(
    rows: pa.RecordBatch, sources: pa.Array, reasons: pa.Array, *, step: str
) -> pa.RecordBatch:
    """Return the rejections of rows, each as it was read, in JSON."""
    is_rejected = pc.is_valid(reasons)
    raws = [orjson.dumps(row, default=_say) for row in rows.filter(is_rejected).to_pylist()]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(raws, pa.large_binary()), sources.filter(is_rejected)], schema=_RAW
    )
    everything = pa.array([True] * len(batch), pa.bool_())
    return reject(batch, everything, step=step, reasons=reasons.drop_null().to_pylist())


def _say(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
