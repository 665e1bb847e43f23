"""`muster db`: the catalog's database."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.errors import ExitCode
from cli.options import AsJson, DryRun
from cli.session import Session
from registry.domain.quantities import format_bytes, format_number

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def db() -> None:
    """Upgrade, check, copy and back up the catalog's database."""


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


@app.command()
def roles(
    prefix: Annotated[
        str, typer.Option(metavar="NAME", help="What the names of the roles begin with.")
    ] = "muster",
) -> None:
    """Print the SQL that makes the roles reader, writer and admin of a PostgreSQL catalog.

    A reader reads. A writer adds, and changes what the catalog lets anybody change; it can neither
    alter tables nor switch triggers off. An admin owns the tables and upgrades them. Run it as a
    superuser on a catalog that is there, and again after each upgrade.

    \b
    muster db roles | psql --single-transaction "$MUSTER_DATABASE_URL"
    psql "$MUSTER_DATABASE_URL" --command 'GRANT muster_writer TO ada'
    """
    from registry.operations.keeping.database import role_script

    output.write(role_script(prefix))


@app.command()
def copy(
    context: typer.Context,
    to: Annotated[
        str | None, typer.Option(metavar="URL", help="The database to copy this catalog into.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Or the one to copy into this.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Copy the catalog into an empty database, SQLite or PostgreSQL, and compare; exit 3: refused.

    All or nothing. The target is made if it holds no catalog. What came back from it is digested
    and compared with the source, table by table. Objects stay where they are.

    \b
    muster db copy --to postgresql://host/catalog
    muster db copy --from sqlite:///backup.db
    """
    from registry.operations.keeping.copy import copy as copy_catalog

    session: Session = context.obj
    answer = copy_catalog(
        to=to, source=from_, home=session.home, dry_run=dry_run, progress=session.progress()
    )
    if as_json:
        output.print_json(answer)
    elif answer.findings:
        output.write(f"refused: {answer.source} is not copied to {answer.target}")
        for finding in answer.findings:
            output.write(f"  {finding}")
    else:
        from registry.reporting.tables import to_table

        rows = [(one.name, one.num_rows, one.digest[:19]) for one in answer.tables if one.num_rows]
        output.print_text(to_table(("table", "rows", "digest"), rows))
        size = format_number(answer.num_rows, "row")
        output.write(f"{answer.status}: {size} from {answer.source} to {answer.target}")
    if answer.findings:
        raise typer.Exit(ExitCode.NO)


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where the backup is written.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the catalog into one SQLite file, whichever database it lies in, and check the file.

    Others may go on writing meanwhile. It is a catalog of its own: `muster db copy --from` brings
    it back. Objects are not in it; copy their folder behind it, with any tool.
    """
    from registry.operations.keeping.backup import backup as back_up

    session: Session = context.obj
    answer = back_up(file, home=session.home, force=force, progress=session.progress())
    if as_json:
        output.print_json(answer)
        return
    size = f"{format_number(answer.num_rows, 'row')}, {format_bytes(answer.num_bytes)}"
    output.write(f"{answer.file}: {size}, checked, up to audit entry {answer.last_entry}")
