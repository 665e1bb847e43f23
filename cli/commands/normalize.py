"""`muster normalize`: a version becomes a normalized version."""

from typing import Annotated

import typer

from cli import output
from cli.options import (
    AsJson,
    ExecutorOption,
    MaxRejectedOption,
    Quiet,
    RayAddressOption,
    ReferenceArgument,
    ShardOption,
    WorkersOption,
)
from cli.partial import show_partial
from cli.session import Session
from registry.domain.answers import Normalization, Preview
from registry.domain.execution import Execution, ExecutorKind, Part
from registry.domain.quantities import format_bytes
from registry.domain.version import Content
from registry.errors import InputError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def normalize(
    context: typer.Context,
    reference: ReferenceArgument,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="A built-in recipe or a .toml file."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The dataset of the output; else NAME.RECIPE.")
    ] = None,
    fitted_on: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="Of tables: apply what the recipe learned for this version, in place of fitting.",
        ),
    ] = None,
    invert: Annotated[
        bool, typer.Option("--invert", help="Of tables: undo the recipe that made REF.")
    ] = False,
    preview: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Show so many documents before and after; no output."),
    ] = None,
    executor: ExecutorOption = ExecutorKind.AUTO,
    workers: WorkersOption = None,
    ray_address: RayAddressOption = "auto",
    shard: ShardOption = None,
    max_rejected: MaxRejectedOption = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Normalize a version by a recipe into Parquet shards of a new version.

    An interrupted run is taken up by the same command and ends with the same bytes. A recipe for
    tables is fitted to the version and kept with the new one; --fitted-on applies it to another.

    \b
    muster normalize web/cc --recipe text-default --preview 5
    muster normalize web/cc --recipe text-default
    muster normalize lab/train --recipe features.toml
    muster normalize lab/test --fitted-on lab/train.features
    muster normalize lab/train.features --invert
    """
    session: Session = context.obj
    execution = Execution(kind=executor, num_workers=workers, ray_address=ray_address)
    with session.registry(execution) as registry:
        if invert:
            _refuse_beside_invert(recipe, fitted_on, preview, shard, max_rejected)
            show(registry.undo(reference, name=name), as_json=as_json, quiet=quiet)
            return
        if preview is not None or shard is not None:
            _require_recipe_alone(recipe, fitted_on, max_rejected)
        if recipe is not None and preview is not None:
            shown = registry.preview(reference, recipe=recipe, num_documents=preview)
            show_preview(shown, as_json=as_json)
            return
        if recipe is not None and shard is not None:
            part = Part.parse(shard)
            partial = registry.normalize_part(reference, recipe=recipe, part=part, name=name)
            show_partial(partial, as_json=as_json, quiet=quiet)
            return
        answer = registry.normalize(
            reference, recipe=recipe, name=name, fitted_on=fitted_on, max_rejected=max_rejected
        )
    show(answer, as_json=as_json, quiet=quiet)


def _refuse_beside_invert(*options: str | int | None) -> None:
    if any(option is not None for option in options):
        raise InputError(
            "--invert undoes the recipe that made the version, and takes no other option",
            hint="leave out --recipe, --fitted-on, --preview, --shard and --max-rejected",
        )


def _require_recipe_alone(
    recipe: str | None, fitted_on: str | None, max_rejected: str | None
) -> None:
    if recipe is None or fitted_on is not None or max_rejected is not None:
        raise InputError(
            "--preview and --shard need a recipe, and take neither --fitted-on nor --max-rejected",
            hint="muster normalize REF --recipe NAME|FILE --preview 5",
        )


def show_preview(preview: Preview, *, as_json: bool) -> None:
    """Print documents before and after a recipe."""
    if as_json:
        output.print_json(preview)
        return
    from registry.reporting.samples import render_change

    for document in preview.documents:
        output.print_text(
            render_change(
                document.source,
                document.before,
                document.after,
                width=output.width(),
                reason=document.reason or "",
            )
        )


def show(answer: Normalization, *, as_json: bool, quiet: bool) -> None:
    """Print a normalization."""
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.reference)
        return
    ledger = answer.ledger
    rejected = ", ".join(f"{reason} {count:,}" for reason, count in ledger.rejected.items())
    is_table, duplicates = answer.content is Content.TABLE, answer.duplicate_documents
    output.print_facts(
        [
            (answer.status, answer.reference),
            ("input", answer.input),
            ("recipe", f"{answer.recipe.name} {answer.recipe.version}"),
            (
                "rows" if is_table else "documents",
                f"{ledger.documents_in:,} in, {ledger.documents_kept:,} kept",
            ),
            (
                "values" if is_table else "text",
                f"{format_bytes(ledger.bytes_in)} in, {format_bytes(ledger.bytes_kept)} kept",
            ),
            ("rejected", rejected or "none"),
            (
                "duplicates",
                None if duplicates is None else f"{duplicates:,} exact, near ones not measured",
            ),
            ("shards", f"{answer.num_shards:,}"),
            ("digest", answer.digest),
        ]
    )
    if ledger.rejected:
        output.hint(f"rejected rows: muster quarantine {answer.reference}")
    if is_table:
        output.hint(f"what it learned: muster recipe show {answer.reference}")
    else:
        output.hint(f"next: muster tokenize {answer.reference} --tokenizer NAME|PATH")
