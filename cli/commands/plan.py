"""`muster plan`: what to train with a budget of compute."""

from typing import Annotated

import typer

from cli import output
from cli.options import AsJson
from cli.session import Session
from registry.domain.quantities import format_count

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def plan(
    context: typer.Context,
    references: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REF...]", help="Versions; else the newest counted one of each dataset."
        ),
    ] = None,
    compute: Annotated[
        float | None, typer.Option("--compute", metavar="FLOPS", help="Training FLOPs: 1e22.")
    ] = None,
    device_hours: Annotated[
        str | None,
        typer.Option("--gpu-hours", metavar="HOURSxDEVICE", help="Device hours: 50000xH100."),
    ] = None,
    utilisation: Annotated[
        float, typer.Option(help="The share of the device's peak that the run reaches.")
    ] = 0.4,
    tokenizer: Annotated[str | None, typer.Option(metavar="NAME", help="Whose counts.")] = None,
    law: Annotated[str | None, typer.Option(metavar="LAW", help="The law to go by.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs wanted at most.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Say what to train with a budget of compute on the data that is held.

    \b
    muster plan --compute 1e22
    muster plan web/cc.text-default --gpu-hours 50000xH100
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.plan(
            references or (),
            flops=compute,
            device_hours=device_hours,
            utilisation=utilisation,
            tokenizer=tokenizer,
            law=law,
            epochs=epochs,
        )
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.plans import PLAN_COLUMNS, plan_rows, plan_sentence
    from registry.reporting.tables import add_rows, new_table

    output.print_text(plan_sentence(answer))
    output.write("")
    right = PLAN_COLUMNS[1:]
    output.print_text(add_rows(new_table(PLAN_COLUMNS, right=right), plan_rows(answer)))
    output.hint(
        f"{answer.budget}; {format_count(answer.unique_tokens)} unique tokens of {answer.tokenizer}"
    )
