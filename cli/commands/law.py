"""`muster law`: the scaling laws that reports go by."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from cli import output
from cli.options import AsJson, FormatOption, ListFormat
from cli.session import Session
from registry.domain.architecture import Convention

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def law() -> None:
    """List, show, compare and fit scaling laws.

    A project's own laws stand in muster.toml, in the folder that holds .muster.
    """


@app.command("list")
def list_(
    context: typer.Context, how: FormatOption = ListFormat.TABLE, as_json: AsJson = False
) -> None:
    """List all laws, the project's own behind those that muster ships."""
    from registry.operations.assessing.laws import list_laws

    session: Session = context.obj
    found = list_laws(session.home)
    rows = [
        (
            item.id,
            item.parameters.value,
            "yes" if item.votes else "no",
            ", ".join(item.flags) or None,
            item.title,
        )
        for item in found
    ]
    columns = ("law", "counts", "votes", "flags", "title")
    output.print_list(found, columns, rows, how=ListFormat.JSON if as_json else how)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="LAW", help="The law's id.")],
    toml: Annotated[bool, typer.Option("--toml", help="Print it as a row of muster.toml.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a law: its kind, coefficients, conventions, range, source and uncertainty."""
    from registry.operations.assessing.laws import get_own_law, law_to_toml

    session: Session = context.obj
    found = get_own_law(name, session.home)
    if toml:
        output.write(law_to_toml(found))
    elif as_json:
        output.print_json(found)
    else:
        output.print_facts(
            [
                (field, _in_words(value))
                for field, value in found.model_dump(mode="json", exclude_none=True).items()
                if value not in (None, "", [], {})
            ]
        )


@app.command()
def compare(
    context: typer.Context,
    params: Annotated[
        str, typer.Option(metavar="SIZE[,SIZE]", help="Model sizes, such as 1.3B or 400M,7B,70B.")
    ],
    laws: Annotated[
        list[str] | None, typer.Argument(metavar="[LAW...]", help="Laws; else all.")
    ] = None,
    how: FormatOption = ListFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """Show what every law asks for, side by side, in tokens.

    \b
    muster law compare --params 1B,7B,70B
    muster law compare chinchilla-1 chinchilla-2 chinchilla-3 --params 400M,10T
    """
    from cli.laws import comparison_rows, comparison_table
    from registry.domain.target import parse_sizes
    from registry.operations.assessing.laws import compare_laws

    session: Session = context.obj
    sizes = parse_sizes(params)
    found = compare_laws(sizes, laws or (), home=session.home)
    wanted = ListFormat.JSON if as_json else how
    if wanted is ListFormat.TABLE:
        output.print_text(comparison_table(found, sizes))
    else:
        columns = ("law", "counts", "end", *(str(size) for size in sizes))
        output.print_list(found, columns, comparison_rows(found), how=wanted)


@app.command()
def fit(
    runs: Annotated[
        Path,
        typer.Argument(metavar="RUNS.csv", help="Columns parameters, tokens (or flops) and loss."),
    ],
    name: Annotated[str, typer.Option("--name", metavar="ID", help="The law's id.")] = "our-runs",
    parameters: Annotated[
        Convention, typer.Option("--counts", help="Which parameters the file counts.")
    ] = Convention.TOTAL,
    starts: Annotated[
        int, typer.Option("--starts", help="Starts followed, best first, of a grid of 4,500.")
    ] = 100,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", help="Resamples for the interval; 0: none.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the bootstrap.")] = 0,
    toml: Annotated[bool, typer.Option("--toml", help="Print a row of muster.toml.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fit L = E + A / N^alpha + B / D^beta to your own runs, all of one recipe.

    \b
    muster law fit runs.csv
    muster law fit runs.csv --name ours --toml >> muster.toml
    """
    from cli.laws import fit_facts
    from cli.progress import counted
    from registry.operations.assessing.fit_runs import fit_runs
    from registry.operations.assessing.laws import law_to_toml

    with counted("fit", total=starts + bootstrap) as advance:
        found = fit_runs(
            runs,
            law_id=name,
            parameters=parameters,
            num_starts=starts,
            num_resamples=bootstrap,
            seed=seed,
            advance=advance,
        )
    if toml:
        output.write(law_to_toml(found.law))
    elif as_json:
        output.print_json(found)
    else:
        output.print_facts(fit_facts(found))


def _in_words(value: JsonValue) -> str:
    """Return a value of a law as a person writes it: `a = 6.1, b = 7.6`."""
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_in_words(item)}" for name, item in value.items())
    if isinstance(value, list):
        rows = isinstance(value[0], list)
        return ("\n" if rows else ", ").join(_in_words(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return str(value)
