"""`muster init`: make a registry in this folder."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson
from cli.session import Session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where .muster is made.")] = Path(),
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing.")] = False,
) -> None:
    """Make a registry in this folder: .muster with a catalog and an object store.

    A team sets MUSTER_DATABASE_URL and MUSTER_STORE first. What is there already stays. With
    --home or MUSTER_HOME the registry is made there instead.
    """
    from registry.operations.keeping.database import init_registry
    from registry.operations.keeping.home import read_settings

    session: Session = context.obj
    status = init_registry(folder.absolute(), settings=read_settings(session.home))
    if as_json:
        output.print_json(status)
        return
    if quiet:
        return
    output.print_facts(
        [
            ("catalog", status.database),
            ("objects", status.store),
            ("revision", status.revision),
        ]
    )
    output.hint("next: muster register PATH --name space/name --license LICENCE")
