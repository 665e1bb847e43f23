"""`muster verify`: are the bytes still what was sealed?"""

import typer

from cli import output
from cli.errors import ExitCode
from cli.options import AsJson, ReferenceArgument
from cli.session import Session
from registry.domain.quantities import format_bytes, format_number

app = typer.Typer(rich_markup_mode=None)


@app.command()
def verify(context: typer.Context, reference: ReferenceArgument, as_json: AsJson = False) -> None:
    """Read every byte of a version again and compare it with its digest; exit 3 if one differs."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.verify(reference)
    if as_json:
        output.print_json(answer)
    else:
        verdict = "intact" if answer.is_intact else "NOT INTACT"
        size = f"{format_number(answer.num_shards, 'shard')}, {format_bytes(answer.num_bytes)}"
        output.write(f"{answer.reference}: {verdict} ({size})")
        for problem in answer.problems:
            output.write(f"  {problem.path}: {problem.problem}")
    if not answer.is_intact:
        raise typer.Exit(ExitCode.NO)
