"""`muster tag`: name a version."""

from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, ReferenceArgument
from cli.session import Session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def tag(
    context: typer.Context,
    reference: ReferenceArgument,
    name: Annotated[str, typer.Argument(metavar="TAG", help="A lower-case word.")],
    delete: Annotated[bool, typer.Option("--delete", help="Remove the tag instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Point a tag at a version, wherever it pointed before: space/name@tag then means it.

    \b
    muster tag web/cc@3 release
    muster show web/cc@release
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = (
            registry.datasets.untag(reference, name)
            if delete
            else registry.datasets.tag(reference, name)
        )
    if as_json:
        output.print_json(answer)
        return
    for known, number in sorted(answer.tags.items()):
        output.write(f"{answer.name}@{known} -> {answer.name}@{number}")
