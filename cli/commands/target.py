"""`muster target`: the models that somebody wants to train."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, FormatOption, ListFormat, Quiet
from cli.session import Session
from registry.domain.model_target import StoredTarget

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def target() -> None:
    """State what is to be trained, under a name that reports go by."""


@app.command("set")
def set_(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE.toml]", help="A file that states the target.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Its name; else the file's.")] = None,
    params: Annotated[
        str | None, typer.Option("--params", metavar="SIZE", help="Total parameters: 1.3B.")
    ] = None,
    compute: Annotated[
        float | None, typer.Option("--compute", metavar="FLOPS", help="Or a budget: 1e22.")
    ] = None,
    overtraining: Annotated[
        float | None,
        typer.Option(metavar="RATIO", help="So many times the compute-optimal tokens."),
    ] = None,
    served: Annotated[
        str | None,
        typer.Option("--served-tokens", metavar="COUNT", help="Tokens served over its life."),
    ] = None,
    sequence_length: Annotated[
        int | None, typer.Option(min=1, help="Tokens a training sequence.")
    ] = None,
    tokenizer: Annotated[str | None, typer.Option(metavar="NAME", help="Whose tokens.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs wanted at most.")] = None,
    hard_epochs: Annotated[int | None, typer.Option(min=1, help="Epochs allowed.")] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE|NAME@REVISION=SIZE", help="A model that writes for it, with its size."
        ),
    ] = None,
    generated: Annotated[
        str | None,
        typer.Option("--generated-tokens", metavar="COUNT", help="Tokens that it writes."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="ID", help="What it is trained on: h100, a100, ...")
    ] = None,
    devices: Annotated[int | None, typer.Option(min=1, help="How many of them.")] = None,
    utilisation: Annotated[
        float | None, typer.Option(help="The share of the peak that was measured.")
    ] = None,
    price: Annotated[float | None, typer.Option("--price-per-hour", help="Of one device.")] = None,
    currency: Annotated[str | None, typer.Option(help="Of the price.")] = None,
    as_json: AsJson = False,
) -> None:
    """State a target; what options say wins over the file. A changed one is a new version.

    \b
    muster target set flagship.toml
    muster target set --name small --params 1.3B --overtraining 10 --device h100 --devices 64
    muster target set --name student --params 1B --teacher 70B --generated-tokens 20B
    """
    from registry.operations.assessing.targets import make_target, read_target, read_teacher

    session: Session = context.obj
    fields = {} if file is None else read_target(file).model_dump(exclude_unset=True)
    options = {
        "name": name,
        "parameters": params,
        "compute_flops": compute,
        "overtraining": overtraining,
        "served_tokens": served,
        "sequence_length": sequence_length,
        "tokenizer": tokenizer,
        "epochs": epochs,
        "hard_epochs": hard_epochs,
    }
    hardware = {
        "device": device,
        "devices": devices,
        "utilisation": utilisation,
        "price_per_hour": price,
        "currency": currency,
    }
    if teacher is not None or generated is not None:
        fields["distillation"] = read_teacher(teacher, generated)
    fields |= {key: value for key, value in options.items() if value is not None}
    stated = {key: value for key, value in hardware.items() if value is not None}
    if stated:
        fields["hardware"] = (fields.get("hardware") or {}) | stated
    wanted = make_target(fields, origin="" if file is None else str(file))
    with session.registry() as registry:
        answer = registry.targets.set(wanted)
    if as_json:
        output.print_json(answer)
    else:
        _print(answer)


@app.command("list")
def list_(
    context: typer.Context,
    how: FormatOption = ListFormat.TABLE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the newest version of each target."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.targets.list()
    if quiet:
        for item in found:
            output.write(item.reference)
        return
    rows = [
        (item.reference, item.target.size, item.target.objective.value, item.target.tokenizer)
        for item in found
    ]
    columns = ("target", "model", "objective", "tokenizer")
    output.print_list(found, columns, rows, how=ListFormat.JSON if as_json else how)


@app.command()
def show(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="NAME[@NUMBER]", help="The target.")],
    as_json: AsJson = False,
) -> None:
    """Show a target."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.targets.get(reference)
    if as_json:
        output.print_json(answer)
    else:
        _print(answer)


def _print(found: StoredTarget) -> None:
    fields = found.target.model_dump(mode="json", exclude_none=True, exclude={"name"})
    facts: list[tuple[str, str | None]] = [
        ("target", found.reference),
        ("digest", found.digest),
        ("stated", f"{found.created_at:%Y-%m-%d %H:%M} UTC"),
    ]
    for name, value in fields.items():
        if isinstance(value, dict):
            text = ", ".join(f"{key} {item}" for key, item in value.items())
        else:
            text = f"{value:,}" if isinstance(value, int) else str(value)
        facts.append((name.replace("_", " "), text))
    output.print_facts(facts)
