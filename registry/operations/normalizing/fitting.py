"""Fit the steps of a recipe to the rows of a version: pass after pass, until all of them work."""

from functools import partial

import pyarrow as pa
from pydantic import JsonValue

from registry.domain.digest import Digest, fingerprint
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.recipe import Recipe
from registry.domain.version import Version
from registry.errors import InputError
from registry.normalization.tables.pipeline import TablePipeline
from registry.normalization.tables.statistics import Measured, Need, Statistic, make_statistic
from registry.normalization.tables.values import Ordered
from registry.operations.context import Context
from registry.operations.normalizing.kept_values import read_values
from registry.operations.normalizing.table_units import FittedUnit, Fitting, list_fitted_in
from registry.operations.passes.units import run_units


def fit(
    context: Context, version: Version, recipe: Recipe, *, schema: pa.Schema, derivation: Digest
) -> Recipe:
    """Return a recipe with what its steps learn from a version; as it is, if they learn nothing.

    Args:
        context: The open registry.
        version: What is learned from.
        recipe: A recipe for tables that is not fitted.
        schema: The columns that are read.
        derivation: Of the run, whose checkpoints these passes leave as well.

    Raises:
        InputError: A column holds nothing to learn from, or too many categories.
        ConflictError: The version's files changed, or no worker survived a part of it.
    """
    num_passes = TablePipeline(recipe).num_fitting_passes
    for at in range(num_passes):
        units = run_units(
            context,
            version,
            Fitting(context.place, recipe, schema=schema, at=at),
            derivation=derivation_of(derivation, at),
            task="fit" if num_passes == 1 else f"fit {at + 1}/{num_passes}",
        )
        _require_rows(version, add_ledgers([unit.ledger for unit in units]))
        recipe = _learn(context, recipe, units, at=at)
    return recipe


def forget(context: Context, recipe: Recipe, derivation: Digest) -> None:
    """Remove the checkpoints of all passes, once the run is sealed."""
    for at in range(TablePipeline(recipe).num_fitting_passes):
        context.work(derivation_of(derivation, at)).clear()


def derivation_of(run: Digest, at: int) -> Digest:
    """Return what the checkpoints of a pass are kept under."""
    return fingerprint({"fit": at, "of": run})


def _require_rows(version: Version, shown: Ledger) -> None:
    """Say why no row came through, which is no fault of the column that is learned from first.

    Raises:
        InputError: Every row was rejected on the way.
    """
    reasons = [
        f"{item.reason} {item.num_documents:,} by {entry.step}"
        for entry in shown.entries
        for item in entry.rejected
    ]
    if not reasons or shown.entries[-1].documents_kept:
        return
    raise InputError(
        f"no row of {version.reference} came through to be learned from: {', '.join(reasons)}",
        hint=f"muster show {version.reference} names its fields: state in read_columns what is "
        "in them",
    )


def _learn(context: Context, recipe: Recipe, units: list[FittedUnit], *, at: int) -> Recipe:
    table = TablePipeline(recipe)
    learned = list(recipe.fitted or ({},) * len(recipe.steps))
    for number, place in enumerate(list_fitted_in(table, at)):
        step = table.steps[place]
        found = [_begin(context, need) for need in step.needs]
        for unit in units:
            for statistic, state in zip(found, unit.states[number], strict=True):
                statistic.merge(state)
        fitted: dict[str, JsonValue] = dict(step.fit(found))
        learned[place] = fitted
    return recipe.model_copy(update={"fitted": tuple(learned)})


def _begin(context: Context, need: Need) -> Statistic:
    if need.measured is Measured.ORDER:
        return Ordered(None, partial(read_values, context.store))
    return make_statistic(need)
