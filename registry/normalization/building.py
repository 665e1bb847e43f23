"""From the steps that a recipe names to steps that run."""

import inspect
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from registry.domain.base import Value
from registry.domain.recipe import Recipe, RecipeStep
from registry.errors import RecipeError
from registry.normalization.parameters import (
    ParameterDescription,
    check_parameters,
    describe_parameters,
)
from registry.normalization.steps import STEPS, Step
from registry.normalization.steps.decode import Decode


class StepDescription(Value):
    """A step, as it is shown to people."""

    name: str
    version: int
    summary: str
    parameters: tuple[ParameterDescription, ...]


def describe_steps() -> tuple[StepDescription, ...]:
    """Return every step with its parameters, sorted by name."""
    return tuple(
        StepDescription(
            name=step.name,
            version=step.version,
            summary=(inspect.getdoc(step) or "").partition("\n")[0],
            parameters=describe_parameters(step.parameters_model),
        )
        for step in STEPS.values()
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
    """Check that bytes become text first, and once.

    Raises:
        RecipeError: They do not.
    """
    if not steps:
        raise RecipeError(f"{where} has no steps", hint=f"the first step is {Decode.name}")
    if steps[0].step != Decode.name:
        raise RecipeError(
            f"{where} begins with {steps[0].step}",
            hint=f"the first step is {Decode.name}: the others work on text",
        )
    if any(step.step == Decode.name for step in steps[1:]):
        raise RecipeError(
            f"{where} decodes twice", hint=f"{Decode.name} is the first step and no other"
        )


def build_steps(recipe: Recipe) -> list[Step[Any]]:
    """Return the steps of a recipe, ready to run.

    Raises:
        RecipeError: This program does not have a step, or has another version of it.
    """
    where = f"recipe {recipe.name}"
    check_order(recipe.steps, where=where)
    return [
        _build_step(item, where=f"{where}: step {number} ({item.step})")
        for number, item in enumerate(recipe.steps, start=1)
    ]


def _build_step(item: RecipeStep, *, where: str) -> Step[Any]:
    step = _find_step(item.step, where=where)
    if item.version != step.version:
        raise RecipeError(
            f"{where} is version {item.version}, this program has version {step.version}",
            hint="load the recipe again, or use the program that made it",
        )
    return step(check_parameters(step.parameters_model, item.parameters, where=where))


def _find_step(name: str, *, where: str) -> type[Step[Any]]:
    if name in STEPS:
        return STEPS[name]
    nearest = get_close_matches(name, STEPS, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(nearest)}?" if nearest else f"steps: {', '.join(STEPS)}"
    raise RecipeError(f"{where}: no step {name!r}", hint=hint)
