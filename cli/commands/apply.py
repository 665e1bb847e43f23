"""`muster apply`: let the registry state what a file declares."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.errors import ExitCode
from cli.options import AsJson, DryRun
from cli.session import Session
from registry.domain.declared_changes import ChangeKind

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def apply(
    context: typer.Context,
    file: Annotated[
        Path, typer.Option("--file", "-f", metavar="FILE", help="A declaration, in YAML.")
    ],
    dry_run: DryRun = False,
    unchanged: Annotated[
        bool, typer.Option("--unchanged", help="List what is as declared already, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """State what a file declares: all of it in one transaction, or nothing.

    What it does not name stays; nothing is deleted. Facts are not declared: what speaks of a
    version that is not here waits, and the exit code is 3. The same file again changes nothing.

    \b
    muster export --all registry.yaml
    muster apply -f registry.yaml --dry-run
    muster apply -f registry.yaml
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.exchange.apply(file, dry_run=dry_run)
    if as_json:
        output.print_json(answer)
    else:
        from registry.reporting.declared import render_changes, summarise

        for renderable in render_changes(answer, with_unchanged=unchanged):
            output.print_text(renderable)
        output.write(summarise(answer))
    if answer.count(ChangeKind.WAIT):
        raise typer.Exit(ExitCode.NO)
