"""`muster generation`: who wrote a version, and how synthetic it is."""

from typing import Annotated

import typer

from cli import output
from cli.generations import PromptDigestOption, PromptFileOption, SamplingOption, read_sampling
from cli.options import AsJson, Quiet, ReferenceArgument
from cli.session import Session
from registry.domain.generation import Role

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def generation() -> None:
    """State who wrote a version, take back what was a mistake, and show how synthetic it is."""


@app.command()
def add(
    context: typer.Context,
    reference: ReferenceArgument,
    role: Annotated[
        Role, typer.Option(help="What the model did; people: no model wrote it.")
    ] = Role.GENERATOR,
    model: Annotated[
        str | None, typer.Option(metavar="NAME@REVISION", help="The model; none for people.")
    ] = None,
    prompt_digest: PromptDigestOption = None,
    prompt_file: PromptFileOption = None,
    sampling: SamplingOption = None,
    grounded_in: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REF", help="A version whose documents the model was given; may be repeated."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """State who wrote the documents of a version. Nothing that was said before goes away.

    A version is above all that it came from: what it was generated from is registered before it.

    \b
    muster generation add web/cc --role people
    muster generation add made/qa --model org/small-1b@v2 --sampling temperature=0.7
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.generations.add(
            reference,
            role=role,
            model=model,
            prompt_digest=prompt_digest,
            prompt_file=prompt_file,
            sampling=read_sampling(sampling),
            grounded_in=grounded_in or (),
        )
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.reference)
        return
    from registry.reporting.generations import statement_facts

    for one in answer.generations:
        output.print_facts(statement_facts(one))


@app.command()
def retract(
    context: typer.Context,
    reference: ReferenceArgument,
    reason: Annotated[str, typer.Option(help="Why it was a mistake, for the audit log.")],
    model: Annotated[
        str | None, typer.Option(metavar="NAME@REVISION", help="The model in the statement.")
    ] = None,
    role: Annotated[Role | None, typer.Option(help="The role in it; people: no model.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Take back what was stated by mistake. It no longer counts; the audit log keeps it.

    \b
    muster generation retract made/qa --model org/small-1b@v2 --reason 'it was org/small-1b@v3'
    muster generation retract web/cc --role people --reason 'half of it is translated'
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.generations.retract(reference, reason=reason, role=role, model=model)
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.reference)
        return
    from registry.reporting.generations import retraction_facts

    output.print_facts(retraction_facts(answer))
    if answer.is_kind_left:
        dataset = answer.reference.rpartition("@")[0]
        output.hint(f"its kind is still synthetic: muster dataset set {dataset} --kind text")


@app.command()
def show(
    context: typer.Context,
    reference: ReferenceArgument,
    tokenizer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose tokens; else of the last count.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how many models stand between people's text and a version, and how much they wrote.

    Shares are exact bounds: what nobody states may be anything from nothing to everything.
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.generations.show(reference, tokenizer=tokenizer)
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.generations import (
        USE_COLUMNS,
        genealogy_facts,
        how_facts,
        taken_back_facts,
        use_row,
    )
    from registry.reporting.tables import to_table

    how = [fact for one in answer.generations for fact in how_facts(one)]
    output.print_facts([*genealogy_facts(answer), *how, *taken_back_facts(answer.retracted)])
    if answer.models:
        output.write("")
        output.print_text(to_table(USE_COLUMNS, map(use_row, answer.models)))
    if answer.unstated:
        output.hint(
            f"nobody says who wrote {answer.unstated[0]}: "
            f"muster generation add {answer.unstated[0]} --role people, or --model NAME@REVISION"
        )


@app.command()
def prompt(context: typer.Context, reference: ReferenceArgument, as_json: AsJson = False) -> None:
    """Print the prompt by which a version was generated, byte for byte as --prompt-file held it."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.generations.prompts(reference)
    if as_json:
        output.print_json(answer)
        return
    output.write_bytes(answer.contents)
