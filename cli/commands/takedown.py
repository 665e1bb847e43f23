"""`muster takedown`: documents that have to go."""

from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, DryRun
from cli.session import Session
from registry.domain.card import read_moment
from registry.domain.contribution import CONTRIBUTOR
from registry.domain.takedown import ItemKind, SelectorKind, Takedown
from registry.errors import InputError

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="TAKEDOWN", help="Its number.")]
ItemsArgument = Annotated[
    list[int], typer.Argument(metavar="ENTRY...", help="The numbers of entries.")
]
ReasonOption = Annotated[str, typer.Option(help="Why.")]


@app.callback()
def takedown() -> None:
    """Find documents that have to go, rebuild without them, keep them out."""


@app.command("open")
def open_(
    context: typer.Context,
    reason: ReasonOption,
    url_pattern: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN", help="A shell pattern on URLs in the metadata, locators and ids."
        ),
    ] = None,
    digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="Or the digest of the text.")
    ] = None,
    document_id: Annotated[str | None, typer.Option("--id", help="Or a document's id.")] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Or all that a dataset holds.")
    ] = None,
    contributor: Annotated[
        str | None, typer.Option(metavar="NAME", help="Or all that a contributor gave.")
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Until when, in UTC; a date is its midnight."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Every document of every version is meant.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find documents in every version and freeze the list of what has to be dealt with.

    Their texts are kept out from now on, and whatever has the id or a URL that was asked for.

    \b
    muster takedown open --url-pattern '*example.org/private/*' --reason "request of 2026-11-20"
    """
    session: Session = context.obj
    options: dict[str, str | None] = {
        SelectorKind.URL_PATTERN: url_pattern,
        SelectorKind.DIGEST: digest,
        SelectorKind.ID: document_id,
        SelectorKind.DATASET: dataset,
        CONTRIBUTOR: contributor,
    }
    given = [(kind, value) for kind, value in options.items() if value is not None]
    if len(given) != 1:
        raise InputError(
            "a takedown asks for one thing",
            hint="--url-pattern PATTERN, --digest SHA256, --id ID, --dataset NAME or "
            "--contributor NAME",
        )
    until = None if deadline is None else read_moment(deadline, what="--deadline")
    ((kind, value),) = given
    with session.registry() as registry:
        answer = registry.takedowns.open(
            kind, value, reason=reason, deadline=until, everything=everything
        )
    _show(answer, as_json=as_json)


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List takedowns, oldest first."""
    from cli.options import ListFormat
    from registry.reporting.takedowns import COLUMNS, summary_row

    session: Session = context.obj
    with session.registry() as registry:
        found = registry.takedowns.list()
    how = ListFormat.JSON if as_json else ListFormat.TABLE
    output.print_list(found, COLUMNS, [summary_row(one) for one in found], how=how)


@app.command()
def show(context: typer.Context, number: NumberArgument, as_json: AsJson = False) -> None:
    """Show a takedown with its work list and what was done."""
    session: Session = context.obj
    with session.registry() as registry:
        _show(registry.takedowns.show(number), as_json=as_json)


@app.command()
def plan(context: typer.Context, number: NumberArgument, as_json: AsJson = False) -> None:
    """Show what `apply` would do about each open entry, and what a person has to decide."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.takedowns.plan(number)
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.tables import to_table

    rows = [(one.reference, one.item, one.step, one.what) for one in answer.steps]
    output.print_text(to_table(("of", "entry", "step", "what"), rows))


@app.command()
def apply(context: typer.Context, number: NumberArgument, as_json: AsJson = False) -> None:
    """Rebuild every version without the documents and withdraw the old ones; safe to repeat."""
    session: Session = context.obj
    with session.registry() as registry:
        _show(registry.takedowns.apply(number), as_json=as_json)


@app.command()
def exempt(
    context: typer.Context,
    number: NumberArgument,
    items: ItemsArgument,
    reason: ReasonOption,
    as_json: AsJson = False,
) -> None:
    """Leave entries as they are, for a reason."""
    session: Session = context.obj
    with session.registry() as registry:
        _show(registry.takedowns.exempt(number, *items, reason=reason), as_json=as_json)


@app.command()
def withdraw(
    context: typer.Context,
    number: NumberArgument,
    items: ItemsArgument,
    reason: ReasonOption,
    as_json: AsJson = False,
) -> None:
    """Withdraw the versions of entries without others in their place."""
    session: Session = context.obj
    with session.registry() as registry:
        _show(registry.takedowns.withdraw(number, *items, reason=reason), as_json=as_json)


@app.command()
def erase(
    context: typer.Context, number: NumberArgument, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Erase from the store what was withdrawn; digests and sizes stay. Safe to repeat.

    What versions in use are made of stays, and so do files in place, which are yours to erase.
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.takedowns.erase(number, dry_run=dry_run)
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.tables import to_table
    from registry.reporting.takedowns import LEFT_COLUMNS, erasure_facts, left_row

    output.print_facts(erasure_facts(answer))
    if answer.left:
        output.write("")
        output.print_text(to_table(LEFT_COLUMNS, map(left_row, answer.left)))


@app.command()
def close(
    context: typer.Context,
    number: NumberArgument,
    evidence: Annotated[str, typer.Option(help="What proves that it is done.")],
    as_json: AsJson = False,
) -> None:
    """Close a takedown whose entries are all dealt with. Its texts stay kept out."""
    session: Session = context.obj
    with session.registry() as registry:
        _show(registry.takedowns.close(number, evidence=evidence), as_json=as_json)


def _show(found: Takedown, *, as_json: bool) -> None:
    if as_json:
        output.print_json(found)
        return
    from registry.reporting.tables import to_table
    from registry.reporting.takedowns import ITEM_COLUMNS, item_row, takedown_facts

    output.print_facts(takedown_facts(found))
    output.write("")
    output.print_text(to_table(ITEM_COLUMNS, map(item_row, found.items)))
    for item in found.open_items:
        if item.kind is ItemKind.UNREAD:
            output.hint(
                f"{item.reference} could not be read, so nobody knows what it holds: "
                f"muster takedown apply {found.id} looks again"
            )
