"""`muster recipe`: list, show and check recipes."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, TypeVar, cast

import typer
from pydantic import JsonValue

from cli import output
from cli.options import AsJson, FormatOption, ListFormat
from cli.session import Session
from registry.domain.answers import RecipeDescription
from registry.domain.recipe import Recipe, RecipeStep
from registry.errors import InputError

_Item = TypeVar("_Item")

_SHOWN = 12
_INVERSE = "each step is undone, from the last to the first"

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

RecipeArgument = Annotated[str, typer.Argument(metavar="NAME|FILE", help="Built-in or .toml.")]


@app.callback()
def recipe() -> None:
    """List, show and check recipes."""


@app.command("list")
def list_(how: FormatOption = ListFormat.TABLE, as_json: AsJson = False) -> None:
    """List the built-in recipes."""
    from registry.normalization.recipe_files import list_recipes

    found = list_recipes()
    rows = [
        (item.name, item.version, len(item.steps), item.fingerprint[7:19], item.description)
        for item in found
    ]
    columns = ("recipe", "version", "steps", "fingerprint", "description")
    output.print_list(found, columns, rows, how=ListFormat.JSON if as_json else how)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME|FILE|REF", help="Built-in, .toml, or of a version.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show a recipe's steps with every parameter written out, and what they learned.

    What a recipe for tables learned stands in the version that it made.

    \b
    muster recipe show text-default
    muster recipe show lab/train.features
    """
    found = _find(context.obj, name)
    if as_json:
        output.print_json(RecipeDescription(recipe=found, fingerprint=found.fingerprint))
        return
    output.print_facts(
        [
            ("recipe", f"{found.name} {found.version}"),
            ("description", found.description or None),
            ("fingerprint", found.fingerprint),
            ("inverse", _INVERSE if found.is_inverse else None),
        ]
    )
    _print_steps(found)
    if found.fitted is not None:
        _print_learned(found, found.fitted)


@app.command()
def check(name: RecipeArgument, as_json: AsJson = False) -> None:
    """Check a recipe: unknown steps, unknown parameters and wrong values are refused."""
    from registry.normalization.recipe_files import load_recipe

    found = load_recipe(name)
    if as_json:
        output.print_json(RecipeDescription(recipe=found, fingerprint=found.fingerprint))
        return
    output.write(f"ok: {found.name} {found.version}, {len(found.steps)} steps, {found.fingerprint}")


@app.command()
def steps() -> None:
    """List the steps that a recipe can name, with their parameters."""
    from registry.normalization.building import describe_steps

    for step in describe_steps():
        output.write(f"{step.name} (version {step.version}): {step.summary}")
        for parameter in step.parameters:
            default = json.dumps(parameter.default)
            output.write(f"  {parameter.name}: {parameter.type}, {default}. {parameter.summary}")


def _find(session: Session, name: str) -> Recipe:
    from registry.normalization.recipe_files import SUFFIX, load_recipe

    if "/" not in name or name.endswith(SUFFIX):
        return load_recipe(name)
    with session.registry() as registry:
        version = registry.show(name).version
    if version.recipe is None:
        raise InputError(f"{version.reference} was made by no recipe")
    return version.recipe


def _print_learned(found: Recipe, fitted: Sequence[dict[str, JsonValue]]) -> None:
    """Print what each step learned, a column a line."""
    from registry.reporting.tables import to_table

    rows = [
        (place, step.step, column, _say_learned(by_column[column]))
        for place, (step, by_column) in _as_run(found, zip(found.steps, fitted, strict=True))
        for column in cast("tuple[str, ...]", step.parameters.get("columns", ()))
        if column in by_column
    ]
    output.write("")
    output.print_text(to_table(("", "step", "column", "learned"), rows))


def _say_learned(learned: JsonValue) -> str:
    if not isinstance(learned, dict):
        return json.dumps(learned)
    return ", ".join(f"{name} = {_shorten(value)}" for name, value in learned.items())


def _shorten(value: JsonValue) -> str:
    """Return a value as JSON; of a long list its beginning, which `--json` prints in full."""
    if isinstance(value, list) and len(value) > _SHOWN:
        shown = ", ".join(json.dumps(one, ensure_ascii=False) for one in value[:_SHOWN])
        return f"[{shown}, ... {len(value):,} in all]"
    return json.dumps(value, ensure_ascii=False)


def _parameters(step: RecipeStep) -> str:
    """Return a step's parameters as a recipe file writes them."""
    given = step.model_dump(mode="json")["parameters"]
    return ", ".join(f"{name} = {json.dumps(value)}" for name, value in given.items())


def _print_steps(found: Recipe) -> None:
    from registry.reporting.tables import to_table

    rows = [
        (place, step.step, step.version, _parameters(step))
        for place, step in _as_run(found, found.steps)
    ]
    output.write("")
    step = "undone step" if found.is_inverse else "step"
    output.print_text(to_table(("", step, "version", "parameters"), rows))


def _as_run(found: Recipe, steps: Iterable[_Item]) -> Iterator[tuple[int, _Item]]:
    """Yield what belongs to each step in the order in which they run, numbered from 1."""
    listed = list(steps)
    return enumerate(reversed(listed) if found.is_inverse else listed, start=1)
