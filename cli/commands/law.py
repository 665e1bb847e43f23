"""`muster law`: the scaling laws that reports go by."""

from typing import Annotated

import typer
from pydantic import JsonValue

from cli import output
from cli.options import AsJson, FormatOption, ListFormat

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def law() -> None:
    """List and show scaling laws."""


@app.command("list")
def list_(how: FormatOption = ListFormat.TABLE, as_json: AsJson = False) -> None:
    """List all laws."""
    from registry.scaling import load_laws

    found = load_laws()
    rows = [(item.id, item.title, item.source) for item in found]
    output.print_list(
        found, ("law", "title", "source"), rows, how=ListFormat.JSON if as_json else how
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="LAW", help="The law's id.")],
    as_json: AsJson = False,
) -> None:
    """Show a law: its kind, coefficients, conventions, range, source and uncertainty."""
    from registry.scaling import get_law

    found = get_law(name)
    if as_json:
        output.print_json(found)
        return
    output.print_facts(
        [
            (field, _in_words(value))
            for field, value in found.model_dump(mode="json", exclude_none=True).items()
            if value not in (None, "", [], {})
        ]
    )


def _in_words(value: JsonValue) -> str:
    """Return a value of a law as a person writes it: `a = 6.1, b = 7.6`."""
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_in_words(item)}" for name, item in value.items())
    if isinstance(value, list):
        rows = isinstance(value[0], list)
        return ("\n" if rows else ", ").join(_in_words(item) for item in value)
    return str(value)
