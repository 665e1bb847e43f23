"""`muster show`: the facts of a version."""

from typing import cast

import typer
from pydantic import JsonValue

from cli import output
from cli.datasets import say_encoding
from cli.options import AsJson, ReferenceArgument
from cli.session import Session
from registry.domain.answers import VersionDescription
from registry.domain.audit import Withdrawal
from registry.domain.quantities import format_bytes, format_number
from registry.domain.tokenizer import TokenizerIdentity
from registry.domain.version import Content, SourceFacts
from registry.reporting.text import plain

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def show(context: typer.Context, reference: ReferenceArgument, as_json: AsJson = False) -> None:
    """Show a version: what it holds, where it came from, its counts and neighbours."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.show(reference)
    if as_json:
        output.print_json(answer)
        return
    _print_facts(answer)
    _print_counts(answer)


def _print_facts(answer: VersionDescription) -> None:
    from registry.reporting.metrics import metric_facts

    dataset, version = answer.dataset, answer.version
    is_table = version.content is Content.TABLE
    recipe, tokenizer, withdrawal = version.recipe, answer.tokenizer, answer.withdrawal
    output.print_facts(
        [
            (
                "version",
                version.reference + (f" ({version.state})" if version.state != "sealed" else ""),
            ),
            ("withdrawn", None if withdrawal is None else _tell(withdrawal)),
            ("kind", f"{version.kind}, {version.content}"),
            ("description", dataset.description or None),
            ("lifecycle", dataset.lifecycle),
            ("owner", dataset.owner),
            ("licence", _licence(answer)),
            ("languages", " ".join(version.languages) or "unknown"),
            ("tags", " ".join(version.tags) or None),
            ("rows" if is_table else "documents", f"{version.num_documents:,}"),
            ("tokens", _tokens(answer)),
            (
                "values" if is_table else "text",
                None if answer.tokenizer else format_bytes(version.num_text_bytes),
            ),
            ("files", f"{version.num_shards:,}, {format_bytes(version.num_bytes)}"),
            (
                "fields",
                ", ".join(f"{field.name}: {field.type}" for field in version.fields) or None,
            ),
            *(("encoding", say_encoding(found)) for found in answer.encodings),
            ("tokenizer", None if tokenizer is None else _in_words(tokenizer)),
            ("recipe", None if recipe is None else f"{recipe.name} {recipe.version}"),
            ("digest", version.digest),
            *(("source", _say_source(source)) for source in version.sources),
            ("sealed", f"{version.sealed_at:%Y-%m-%d %H:%M} UTC by run {version.run}"),
            ("made from", " ".join(answer.parents) or None),
            ("made into", " ".join(answer.children) or None),
            ("measured", ", ".join(sorted({one.kind for one in answer.measurements})) or None),
            *metric_facts(version.metrics),
        ]
    )


def _licence(answer: VersionDescription) -> str:
    """Return what applies, and where that is not what the version itself is said to be under."""
    from registry.reporting.licences import in_short, short_expression

    found = answer.effective_licence
    return f"{short_expression(found)} ({in_short(found.terms)})"


def _tokens(answer: VersionDescription) -> str | None:
    if answer.tokenizer is None:
        return None
    if answer.tokens is None:
        return "not counted"
    count = answer.tokens
    return f"{count.num_tokens:,} and {count.num_special_tokens:,} special"


def _tell(withdrawal: Withdrawal) -> str:
    reason, actor = plain(withdrawal.reason), plain(withdrawal.actor)
    return f"{withdrawal.at:%Y-%m-%d %H:%M} UTC by {actor}: {reason}"


def _in_words(tokenizer: TokenizerIdentity) -> str:
    return f"{tokenizer.name}, {tokenizer.fingerprint}"


def _say_source(source: SourceFacts) -> str:
    place, reached = source.url or source.uri, source.reached or {}
    if "commit" in reached:
        return f"{place} at commit {reached['commit']}"
    if "at" in reached:
        last = "its first page" if reached["at"] is None else str(reached["at"])
        return f"{place}, up to {last}"
    if "num_rows" in reached:
        facts = cast("dict[str, JsonValue]", reached["source"])
        rows = facts["table"] or f"({facts['query']})"
        last = (
            f", up to {facts['cursor_column']} {reached['cursor']}" if "cursor" in reached else ""
        )
        return f"{place}, {rows}: {format_number(cast('int', reached['num_rows']), 'row')}{last}"
    return place


def _print_counts(answer: VersionDescription) -> None:
    if not answer.counts:
        return
    from registry.reporting.tables import to_table

    rows = [
        (
            count.tokenizer_name,
            count.method.value,
            count.num_tokens,
            count.num_special_tokens,
            f"{count.num_bytes / count.num_tokens:.3f}" if count.num_tokens else "",
            count.tokenizer_fingerprint.removeprefix("sha256:")[:12],
            "as it stands" if count.recipe is None else count.recipe.removeprefix("sha256:")[:12],
        )
        for count in answer.counts
    ]
    output.write("")
    output.print_text(
        to_table(
            ("tokenizer", "method", "tokens", "special", "bytes/token", "fingerprint", "recipe"),
            rows,
        )
    )
