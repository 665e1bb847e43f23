"""From the steps that a recipe names to steps that run."""

import inspect
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

import pyarrow as pa

from registry.domain.base import Value
from registry.domain.recipe import Recipe, RecipeStep
from registry.errors import InputError, RecipeError
from registry.normalization.parameters import (
    ParameterDescription,
    Parameters,
    check_parameters,
    describe_parameters,
)
from registry.normalization.steps import STEPS, Step
from registry.normalization.steps.decode import Decode
from registry.normalization.tables.base import TableStep
from registry.normalization.tables.steps import TABLE_STEPS
from registry.normalization.tables.steps.read_columns import ReadColumns
from registry.normalization.tables.steps.to_text import ToText

AnyStep: TypeAlias = type[Step[Any]] | type[TableStep[Any]]

_ALL: Final[dict[str, AnyStep]] = {**STEPS, **TABLE_STEPS}
"""Those over documents, then those over tables."""


class StepDescription(Value):
    """A step, as it is shown to people."""

    name: str
    version: int
    summary: str
    parameters: tuple[ParameterDescription, ...]


def describe_steps() -> tuple[StepDescription, ...]:
    """Return every step with its parameters: those over documents, then those over tables."""
    return tuple(
        StepDescription(
            name=step.name,
            version=step.version,
            summary=(inspect.getdoc(step) or "").partition("\n")[0],
            parameters=describe_parameters(step.parameters_model),
        )
        for step in _ALL.values()
    )


def complete_step(name: str, given: Mapping[str, object], *, where: str) -> RecipeStep:
    """Return a step of a recipe with its version and every parameter written out.

    Args:
        name: The step.
        given: The parameters that the recipe states.
        where: The step's place in its recipe, for errors.

    Raises:
        RecipeError: There is no such step, it has no such parameter, or a value is wrong.
    """
    step = _find_step(name, where=where)
    parameters = check_parameters(step.parameters_model, given, where=where)
    return RecipeStep(step=name, version=step.version, parameters=parameters.model_dump())


def check_order(steps: Sequence[RecipeStep], *, where: str) -> None:
    """Check that bytes become text first, or a table's columns typed, and once.

    Raises:
        RecipeError: They do not, or steps over documents stand beside steps over tables.
    """
    if not steps:
        raise RecipeError(f"{where} has no steps", hint=f"the first step is {Decode.name}")
    first, *others = (step.step for step in steps)
    if first not in (Decode.name, ReadColumns.name):
        begin = Decode.name if first in STEPS else ReadColumns.name
        what = "text" if first in STEPS else "typed columns"
        raise RecipeError(
            f"{where} begins with {first}",
            hint=f"the first step is {begin}: the others work on {what}",
        )
    if first in others:
        twice = "decodes" if first == Decode.name else "reads columns"
        raise RecipeError(f"{where} {twice} twice", hint=f"{first} is the first step and no other")
    known = STEPS if first == Decode.name else TABLE_STEPS
    for other in others:
        if other in _ALL and other not in known:
            raise RecipeError(
                f"{where}: {other} cannot stand behind {first}",
                hint="documents and tables have recipes of their own; to_text makes one the other",
            )
    if ToText.name in others[:-1]:
        raise RecipeError(
            f"{where} goes on behind {ToText.name}",
            hint="the documents it makes can be normalized by a recipe for text",
        )


def build_steps(recipe: Recipe) -> list[Step[Any]]:
    """Return the steps of a recipe, ready to run.

    Raises:
        RecipeError: This program does not have a step, or has another version of it.
    """
    if recipe.is_for_tables:
        raise RecipeError(
            f"{recipe.name} is a recipe for tables, not for documents",
            hint=f"muster normalize REF --recipe {recipe.name}",
        )
    where = f"recipe {recipe.name}"
    check_order(recipe.steps, where=where)
    parameters = _read_parameters(recipe)
    return [STEPS[item.step](one) for item, one in zip(recipe.steps, parameters, strict=True)]


def build_table_steps(recipe: Recipe) -> list[TableStep[Any]]:
    """Return the steps of a recipe for tables, with what they learned, if they did.

    Raises:
        RecipeError: This program does not have a step, or has another version of it, or a step
            has no column, or one that is not there or is of another type than it works on.
    """
    where = f"recipe {recipe.name}"
    check_order(recipe.steps, where=where)
    fitted = recipe.fitted or ({},) * len(recipe.steps)
    steps = [
        TABLE_STEPS[item.step](parameters, learned)
        for item, parameters, learned in zip(
            recipe.steps, _read_parameters(recipe), fitted, strict=True
        )
    ]
    _check_columns(steps, where=where)
    return steps


def _check_columns(steps: Sequence[TableStep[Any]], *, where: str) -> None:
    schema = steps[0].schema_after(pa.schema([]))
    for number, step in enumerate(steps[1:], start=2):
        if not step.columns:
            raise RecipeError(f"{where}: step {number} ({step.name}) names no column")
        try:
            step.require(schema)
            schema = step.schema_after(schema)
        except InputError as error:
            raise RecipeError(
                f"{where}: step {number}: {error.message}", hint=error.hint
            ) from error


def _read_parameters(recipe: Recipe) -> list[Parameters]:
    found = []
    for number, item in enumerate(recipe.steps, start=1):
        where = f"recipe {recipe.name}: step {number} ({item.step})"
        step = _find_step(item.step, where=where)
        if item.version != step.version:
            raise RecipeError(
                f"{where} is version {item.version}, this program has version {step.version}",
                hint="load the recipe again, or use the program that made it",
            )
        found.append(check_parameters(step.parameters_model, item.parameters, where=where))
    return found


def _find_step(name: str, *, where: str) -> AnyStep:
    if name in _ALL:
        return _ALL[name]
    nearest = get_close_matches(name, _ALL, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(nearest)}?" if nearest else f"steps: {', '.join(_ALL)}"
    raise RecipeError(f"{where}: no step {name!r}", hint=hint)
