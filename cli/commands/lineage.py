"""`muster lineage`: everything that a version was made from, and the paths that lead to it."""

from typing import Annotated

import typer

from cli import output
from cli.errors import ExitCode
from cli.generations import check_models
from cli.groups import DefaultGroup
from cli.lineage import (
    FieldsOption,
    LimitOption,
    LineageFormat,
    LineageFormatOption,
    UpOption,
    show,
)
from cli.options import AsJson, Quiet, ReferenceArgument
from cli.session import Session

app = typer.Typer(cls=DefaultGroup, rich_markup_mode=None, add_completion=False)


@app.command()
def lineage(
    context: typer.Context,
    selection: Annotated[
        list[str],
        typer.Argument(
            metavar="REF...",
            help="Versions; or a selection: +REF, REF+, 2+REF+1, @REF, tag:NAME, space:NAME, "
            "dataset:NAME, kind:KIND, content:CONTENT, state:STATE. Spaces join, commas narrow.",
        ),
    ],
    up: UpOption = None,
    down: Annotated[
        int | None, typer.Option("--down", min=0, help="Generations downstream; else none.")
    ] = None,
    limit: LimitOption = None,
    fields: FieldsOption = False,
    no_model: Annotated[
        str | None,
        typer.Option(
            "--no-model",
            metavar="NAME[@REVISION]",
            help="Ask instead whether anything upstream was written by a model; exit 3 if so.",
        ),
    ] = None,
    how: LineageFormatOption = LineageFormat.TREE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show everything that a version was made from, through which runs.

    The answer is complete, or says that it was cut by --limit and exits with 3. How a version came
    from one source, and what was dropped on the way: muster lineage why --help.

    \b
    muster lineage web/cc.text-default.gpt2
    muster lineage web/cc.text-default --up 1 --down 1
    muster lineage 'state:withdrawn,+mix/train@3'
    muster lineage web/cc.text-default.gpt2 --format mermaid > lineage.mmd
    muster lineage mix/train@3 --no-model org/small-1b
    muster lineage why web/cc.text-default.gpt2 --source web/cc
    """
    session: Session = context.obj
    if no_model is not None:
        check_models(session, selection, model=no_model, as_json=as_json, quiet=quiet)
        return
    with session.registry() as registry:
        found = registry.lineage(" ".join(selection), up=up, down=down, limit=limit, fields=fields)
    show(found, how=LineageFormat.JSON if as_json else how, quiet=quiet)


@app.command()
def why(
    context: typer.Context,
    reference: ReferenceArgument,
    source: Annotated[
        str, typer.Option("--source", metavar="REF", help="What the version may come from.")
    ],
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="List so many paths at most.")
    ] = 20,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show each path from a source to a version, with what each run on it kept and dropped.

    Exit 3: there is no path, or there are more than --limit; their exact number is told.

    \b
    muster lineage why mix/train@3 --source web/cc@1
    """
    from registry.reporting.paths import paths_text

    session: Session = context.obj
    with session.registry() as registry:
        found = registry.why(reference, source=source, limit=limit)
    if as_json:
        output.print_json(found)
    elif quiet:
        for path in found.paths:
            output.write(" ".join(path))
    else:
        output.print_text(paths_text(found))
    if found.truncated or not found.paths:
        raise typer.Exit(ExitCode.NO)
