"""`muster init`: make a registry in this folder."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson

app = typer.Typer(rich_markup_mode=None)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where the registry is made.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Make a registry in this folder: .muster with a catalog and an object store.

    A team sets MUSTER_DATABASE_URL and MUSTER_STORE first. What is there already stays.
    """
    from registry.operations.database import init_registry  # noqa: PLC0415 - heavy; loaded when it runs

    status = init_registry(folder.absolute())
    if as_json:
        output.print_json(status)
        return
    output.print_facts(
        [
            ("catalog", status.database),
            ("objects", status.store),
            ("revision", status.revision),
        ]
    )
    output.hint("next: muster register PATH --name space/name --license LICENCE")
