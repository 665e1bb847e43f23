"""`muster mixture`: weights over versions."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import (
    AsJson,
    MaxShardTokens,
    PackingOption,
    ReferenceArgument,
    SequenceLength,
    ShuffleSeed,
    ValFraction,
    read_val_fraction,
)
from cli.session import Session
from registry.domain.quantities import format_count, format_number, parse_count
from registry.domain.tokens import OutputFormat, Packing

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

TokenizerOption = Annotated[str | None, typer.Option(metavar="NAME", help="Whose counts.")]


@app.callback()
def mixture() -> None:
    """Weights over versions, as a version: it holds no document, and reports take it as REF."""


@app.command()
def make(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="space/name of the mixture.")],
    parts: Annotated[
        list[str],
        typer.Argument(metavar="REF=WEIGHT...", help="Versions with weights of any scale."),
    ],
    as_json: AsJson = False,
) -> None:
    """Seal weights over versions. The same weights again answer `unchanged`.

    \b
    muster mixture make mix/base web/cc.text-default=3 code/py.code-default=1
    """
    from registry.domain.mixture import read_parts
    from registry.reporting.mixtures import PART_COLUMNS, part_rows
    from registry.reporting.tables import add_rows, new_table

    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.mixtures.make(name, read_parts(parts))
    if as_json:
        output.print_json(answer)
        return
    output.write(f"{answer.status}: {answer.mixture.reference}")
    output.print_text(
        add_rows(new_table(PART_COLUMNS, right=PART_COLUMNS[1:]), part_rows(answer.mixture))
    )
    for warning in answer.warnings:
        output.hint(f"warning: {warning}")


@app.command()
def solve(
    context: typer.Context,
    tokens: Annotated[
        str, typer.Option("--tokens", metavar="COUNT", help="Tokens that the run reads: 100B.")
    ],
    references: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REF...]", help="Versions; else the newest counted one of each dataset."
        ),
    ] = None,
    floors: Annotated[
        list[str] | None,
        typer.Option("--floor", metavar="GROUP=SHARE", help="At least: language:de=0.1."),
    ] = None,
    caps: Annotated[
        list[str] | None,
        typer.Option("--cap", metavar="GROUP=SHARE", help="At most: kind:code=30%."),
    ] = None,
    most_epochs: Annotated[
        float, typer.Option("--max-epochs", help="How often a token may be seen at most.")
    ] = 16,
    tokenizer: TokenizerOption = None,
    save: Annotated[
        str | None, typer.Option("--save", metavar="NAME", help="Seal the weights as this mixture.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the weights that meet floors and caps and lose the fewest tokens to repetition.

    Groups are language:, kind:, space:, dataset: and tag:.

    \b
    muster mixture solve --tokens 100B --floor language:de=0.1 --max-epochs 4
    muster mixture solve web/cc code/py --tokens 2T --cap kind:code=30% --save mix/base
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.mixtures.solve(
            references or (),
            num_tokens=parse_count(tokens, what="number of tokens"),
            floors=floors or (),
            caps=caps or (),
            most_epochs=most_epochs,
            tokenizer=tokenizer,
            name=save,
        )
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.mixtures import render_solution

    output.print_text(render_solution(answer))
    for warning in answer.warnings:
        output.hint(f"warning: {warning}")


@app.command()
def show(
    context: typer.Context,
    reference: ReferenceArgument,
    tokens: Annotated[
        str | None,
        typer.Option("--tokens", metavar="COUNT", help="What a run of so many tokens takes."),
    ] = None,
    tokenizer: TokenizerOption = None,
    as_json: AsJson = False,
) -> None:
    """Show a mixture; with --tokens what a run takes from each part, and how often it is seen.

    \b
    muster mixture show mix/base --tokens 300B
    """
    from registry.reporting.mixtures import PART_COLUMNS, part_rows, render_uses
    from registry.reporting.tables import add_rows, new_table

    session: Session = context.obj
    with session.registry() as registry:
        if tokens is None:
            found = registry.mixtures.get(reference)
        else:
            used = registry.mixtures.use(
                reference,
                num_tokens=parse_count(tokens, what="number of tokens"),
                tokenizer=tokenizer,
            )
    if as_json:
        output.print_json(found if tokens is None else used)
    elif tokens is None:
        output.write(f"{found.reference}: {format_number(len(found.parts), 'part')}")
        output.print_text(
            add_rows(new_table(PART_COLUMNS, right=PART_COLUMNS[1:]), part_rows(found))
        )
    else:
        output.write(
            f"{used.reference}: {format_count(used.num_tokens)} tokens of {used.tokenizer} are "
            f"worth {format_count(used.effective_tokens)}; {format_count(used.once_tokens)} are "
            "read before any is repeated"
        )
        output.print_text(render_uses(used.parts))


@app.command()
def export(
    context: typer.Context,
    reference: ReferenceArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to.")],
    output_format: Annotated[
        OutputFormat, typer.Option(help="The trainer's format.")
    ] = OutputFormat.MEGATRON,
    tokenizer: TokenizerOption = None,
    sequence_length: SequenceLength = None,
    packing: PackingOption = None,
    shuffle_seed: ShuffleSeed = None,
    val_fraction: ValFraction = None,
    max_shard_tokens: MaxShardTokens = None,
    as_json: AsJson = False,
) -> None:
    """Write the tokens of every part for a trainer, a folder each, with the weights beside them.

    What is interrupted goes on where it ended; mixture.json is written last.

    \b
    muster mixture export mix/base out
    muster mixture export mix/base out --output-format mds --sequence-length 2048
    """
    from registry.reporting.mixtures import EXPORT_COLUMNS, export_note, export_rows
    from registry.reporting.tables import add_rows, new_table

    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.mixtures.export_tokens(
            reference,
            folder,
            output_format=output_format,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            packing=packing or Packing.CONCATENATE,
            shuffle_seed=shuffle_seed,
            val_fraction=read_val_fraction(val_fraction),
            max_shard_tokens=max_shard_tokens,
        )
    if as_json:
        output.print_json(answer)
        return
    output.write(f"{answer.status}: {answer.folder}")
    table = new_table(EXPORT_COLUMNS, right=EXPORT_COLUMNS[1:3])
    output.print_text(add_rows(table, export_rows(answer)))
    output.write(export_note(answer))
