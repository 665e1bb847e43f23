"""`muster dataset`: change what is stated about a dataset."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.cards import card_of
from cli.options import AsJson, ReferenceArgument
from cli.session import Session
from registry.domain.version import DatasetKind, Lifecycle

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def dataset() -> None:
    """Change what is stated about a dataset, and compare versions."""


@app.command("set")
def set_dataset(
    context: typer.Context,
    reference: ReferenceArgument,
    card: Annotated[Path | None, typer.Option(help="A .yaml or .toml card.")] = None,
    licence: Annotated[
        str | None, typer.Option("--license", "--licence", help="SPDX expression or LicenseRef-.")
    ] = None,
    licence_url: Annotated[
        str | None, typer.Option("--license-url", help="Where the licence is stated.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is, in a sentence.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it here.")] = None,
    kind: Annotated[DatasetKind | None, typer.Option(help="What it is made of.")] = None,
    lifecycle: Annotated[Lifecycle | None, typer.Option(help="Whether it is to be used.")] = None,
    as_json: AsJson = False,
) -> None:
    """State licence, description, owner, kind or lifecycle; every change is in the audit log.

    Licence, languages, tags and source are of the version that REF means, the rest of the dataset.
    """
    session: Session = context.obj
    stated = card_of(
        card,
        license=licence,
        license_url=licence_url,
        description=description,
        owner=owner,
        kind=kind,
    )
    with session.registry() as registry:
        answer = registry.datasets.describe(reference, stated, lifecycle=lifecycle)
    if as_json:
        output.print_json(answer)
        return
    output.write(f"set: {answer.name}")


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="REF", help="The earlier version.")],
    after: Annotated[str, typer.Argument(metavar="REF", help="The later one, or any other.")],
    as_json: AsJson = False,
) -> None:
    """Show how two versions differ: files, documents, tokens, licence, recipe, upstream.

    \b
    muster dataset diff web/cc@1 web/cc@2
    muster dataset diff web/cc web/cc.text-default
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.datasets.diff(before, after)
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting import difference
    from registry.reporting.tables import to_table

    output.print_facts(difference.difference_facts(answer))
    for columns, rows in (
        (difference.PARAMETER_COLUMNS, difference.parameter_rows(answer)),
        (difference.TOKEN_COLUMNS, difference.token_rows(answer)),
    ):
        if rows:
            output.write("")
            output.print_text(to_table(columns, rows))


@app.command()
def withdraw(
    context: typer.Context,
    reference: ReferenceArgument,
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")],
    as_json: AsJson = False,
) -> None:
    """Mark a version as withdrawn: its bytes and lineage stay, and reports warn of it."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.datasets.withdraw(reference, reason=reason)
    if as_json:
        output.print_json(answer)
        return
    output.write(f"withdrawn: {answer.reference}")
    output.hint(f"what was made from it stays as it is: muster impact {answer.reference}")
