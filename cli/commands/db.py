"""`muster db`: the catalog's database."""

import typer

from cli import output
from cli.errors import ExitCode
from cli.options import AsJson
from cli.session import Session

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def db() -> None:
    """Upgrade, show and check the catalog's database."""


@app.command()
def upgrade(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the catalog to the newest revision; a SQLite file is copied beside itself first."""
    from registry.operations.keeping.database import upgrade_catalog

    session: Session = context.obj
    status = upgrade_catalog(session.home)
    if as_json:
        output.print_json(status)
        return
    output.write(f"{status.database} is at revision {status.revision}")
    if status.backup is not None:
        output.hint(f"the database before the upgrade: {status.backup}")


@app.command()
def current(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the catalog's revision."""
    from registry.operations.keeping.database import catalog_status

    session: Session = context.obj
    status = catalog_status(session.home)
    if as_json:
        output.print_json(status)
        return
    output.write(status.revision or "none")
    if status.revision != status.expected:
        output.hint(f"this program needs {status.expected}: muster db upgrade")


@app.command()
def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Compare the database with what this program expects; exit 3 if they differ."""
    from registry.operations.keeping.database import catalog_status

    session: Session = context.obj
    status = catalog_status(session.home, check=True)
    if as_json:
        output.print_json(status)
    else:
        for finding in status.findings:
            output.write(finding)
        if not status.findings:
            output.write(f"ok: {status.database} at revision {status.revision}")
    if status.findings:
        raise typer.Exit(ExitCode.NO)
