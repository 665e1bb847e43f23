"""`muster report`: is the data enough?"""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.errors import ExitCode
from cli.options import AsJson, PolicyOption
from cli.session import Session
from registry.domain.quantities import parse_count

app = typer.Typer(rich_markup_mode=None)


@app.command()
def report(
    context: typer.Context,
    params: Annotated[
        str, typer.Option(metavar="SIZE[,SIZE]", help="Model sizes, such as 1.3B or 400M,7B,70B.")
    ],
    references: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REF...]", help="Versions; else the newest counted one of each dataset."
        ),
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Whose counts; else the one of the most versions, then of the last count.",
        ),
    ] = None,
    law: Annotated[
        str | None, typer.Option(metavar="LAW", help="The law that the verdict goes by.")
    ] = None,
    policy: PolicyOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 3 when the data is not enough.")
    ] = False,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report as Markdown.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the data is enough for models of given sizes, by every law, with reasons.

    \b
    muster report --params 1.3B
    muster report web/cc.text-default code/py.code-default --params 400M,7B,70B
    """
    from registry.reporting.readiness import render_report, report_markdown

    session: Session = context.obj
    sizes = [parse_count(text, what="model size") for text in params.split(",")]
    with session.registry() as registry:
        answer = registry.report(
            references or (), num_parameters=sizes, tokenizer=tokenizer, law=law, policy=policy
        )
    if markdown is not None:
        output.write_file(markdown, report_markdown(answer))
    if as_json:
        output.print_json(answer)
    else:
        output.print_text(render_report(answer))
    if check and not all(target.verdict.is_enough for target in answer.targets):
        raise typer.Exit(ExitCode.NO)
