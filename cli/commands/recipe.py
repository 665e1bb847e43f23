"""`muster recipe`: list, show and check recipes."""

import json
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, FormatOption, ListFormat
from registry.domain.answers import RecipeDescription
from registry.domain.recipe import Recipe, RecipeStep

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
def show(name: RecipeArgument, as_json: AsJson = False) -> None:
    """Show a recipe's steps with every parameter written out."""
    from registry.normalization.recipe_files import load_recipe

    found = load_recipe(name)
    if as_json:
        output.print_json(RecipeDescription(recipe=found, fingerprint=found.fingerprint))
        return
    output.print_facts(
        [
            ("recipe", f"{found.name} {found.version}"),
            ("description", found.description or None),
            ("fingerprint", found.fingerprint),
        ]
    )
    _print_steps(found)


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


def _parameters(step: RecipeStep) -> str:
    """Return a step's parameters as a recipe file writes them."""
    given = step.model_dump(mode="json")["parameters"]
    return ", ".join(f"{name} = {json.dumps(value)}" for name, value in given.items())


def _print_steps(found: Recipe) -> None:
    from registry.reporting.tables import to_table

    rows = [
        (place, step.step, step.version, _parameters(step))
        for place, step in enumerate(found.steps, start=1)
    ]
    output.write("")
    output.print_text(to_table(("", "step", "version", "parameters"), rows))
