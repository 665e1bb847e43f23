"""`muster model`: models as they stand behind data."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, FormatOption, ListFormat, Quiet
from cli.session import Session
from registry.domain.model import Model
from registry.domain.terms import Term

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

ModelArgument = Annotated[str, typer.Argument(metavar="NAME@REVISION")]


@app.callback()
def model() -> None:
    """State models: what they were trained on, and what their output may be used for."""


@app.command()
def add(
    context: typer.Context,
    reference: ModelArgument,
    weights_digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="The digest of its weights.")
    ] = None,
    trained_on: Annotated[
        list[str] | None,
        typer.Option(metavar="REF", help="A version it was trained on; may be repeated."),
    ] = None,
    output_licence: Annotated[
        str | None,
        typer.Option(
            "--output-license",
            "--output-licence",
            metavar="LICENCE",
            help="What may be done with its output, as an expression.",
        ),
    ] = None,
    output_term: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TERM=ANSWER",
            help="The same, term by term, such as train=no; what is left out is unknown.",
        ),
    ] = None,
    terms_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where its terms can be read.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """State a model at one revision. It never changes: another state is another revision.

    \b
    muster model add org/small-1b@v2 --trained-on web/cc@3 --output-license Apache-2.0
    muster model add vendor/large@2026-05 --output-term train=no --output-term commercial=yes
    """
    from registry.operations.governing.models import parse_terms

    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.models.add(
            reference,
            weights_digest=weights_digest,
            trained_on=trained_on or (),
            output_licence=output_licence,
            output_terms=parse_terms(output_term or ()),
            terms_url=terms_url,
        )
    if as_json:
        output.print_json(answer)
    elif quiet:
        output.write(answer.model.reference)
    else:
        _print_model(answer.model, status=answer.status)


@app.command("list")
def list_(
    context: typer.Context, how: FormatOption = ListFormat.TABLE, as_json: AsJson = False
) -> None:
    """List models by name, of one name the newest first."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.models.list()
    rows = [
        (item.reference, _output(item), ", ".join(item.trained_on), item.num_generated)
        for item in found
    ]
    columns = ("model", "output", "trained on", "generated")
    output.print_list(found, columns, rows, how=ListFormat.JSON if as_json else how)


@app.command()
def show(context: typer.Context, reference: ModelArgument, as_json: AsJson = False) -> None:
    """Show a model with everything that it wrote and judged."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.models.show(reference)
    if as_json:
        output.print_json(answer)
        return
    uses = [
        ("wrote", ", ".join(answer.generated) or "nothing that is stated"),
        ("judged", ", ".join(answer.judged) or None),
    ]
    _print_model(answer.model, status="model", uses=uses)


def _print_model(found: Model, *, status: str, uses: Sequence[tuple[str, str | None]] = ()) -> None:
    terms = found.output_terms
    stated = [] if terms is None else [f"{term.words} {terms[term].value}" for term in Term]
    output.print_facts(
        [
            (status, found.reference),
            ("weights", found.weights_digest or "unknown"),
            ("trained on", ", ".join(found.trained_on) or "unknown"),
            ("output", ", ".join(stated) or found.output_licence),
            ("terms at", found.terms_url),
            *uses,
        ]
    )


def _output(found: Model) -> str:
    return found.output_licence if found.output_terms is None else "terms of its own"
