"""`muster doctor`: why does it not work?"""

import typer

from cli import output
from cli.errors import ExitCode, printable
from cli.options import AsJson
from cli.session import Session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Examine Python, home, database, store, clock, runs and extras; exit 3 if one is broken.

    Each thing that is broken or missing comes with what mends it. Nothing is changed.
    """
    from registry.operations.keeping.doctor import examine
    from registry.reporting.tables import facts_table

    session: Session = context.obj
    answer = examine(session.home)
    if as_json:
        output.print_json(answer)
    else:
        output.print_text(facts_table((one.health, one.name, one.found) for one in answer.checks))
        for one in answer.checks:
            if one.hint:
                output.write(f"{one.name}: {printable(one.hint)}")
    if not answer.is_well:
        raise typer.Exit(ExitCode.NO)
