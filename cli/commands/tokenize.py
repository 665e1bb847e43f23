"""`muster tokenize`: count tokens and write token shards."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

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
from registry.domain.answers import Tokenization
from registry.domain.count import UnanticipatedSymbol, VocabularyUse
from registry.domain.engine import EngineChoice
from registry.domain.execution import Execution, ExecutorKind, Part
from registry.domain.quantities import format_bytes, format_number, format_percent, parse_fraction

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_SYMBOLS_SHOWN = 10

_Answer = TypeVar("_Answer")


@app.command()
def tokenize(
    context: typer.Context,
    reference: ReferenceArgument,
    tokenizer: Annotated[
        str, typer.Option(metavar="NAME|PATH", help="A known tokenizer, or its file or folder.")
    ],
    recipe: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Normalize on the fly; else as it stands."),
    ] = None,
    count_only: Annotated[
        bool, typer.Option("--count-only", help="Count, and write no shards.")
    ] = False,
    sample: Annotated[
        str | None,
        typer.Option(metavar="1%", help="Estimate from so many documents, with an interval."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Which documents a sample draws.")] = 0,
    eos: Annotated[
        bool | None,
        typer.Option("--eos/--no-eos", help="End each document with EOS; default: if it has one."),
    ] = None,
    bos: Annotated[
        bool | None,
        typer.Option("--bos/--no-bos", help="Begin each with BOS; default: if it has one."),
    ] = None,
    eos_token: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="Take this entry of its vocabulary as EOS.")
    ] = None,
    bos_token: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="Take this entry of its vocabulary as BOS.")
    ] = None,
    parse_special: Annotated[
        bool,
        typer.Option(
            "--parse-special", help="Let <|endoftext|> inside text become the control token."
        ),
    ] = False,
    name: Annotated[
        str | None, typer.Option(help="The dataset of the shards; else NAME.TOKENIZER.")
    ] = None,
    engine: Annotated[
        EngineChoice,
        typer.Option(help="Which library encodes; auto: the fast one where its ids are proved."),
    ] = EngineChoice.AUTO,
    executor: ExecutorOption = ExecutorKind.AUTO,
    workers: WorkersOption = None,
    ray_address: RayAddressOption = "auto",
    shard: ShardOption = None,
    max_rejected: MaxRejectedOption = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Count a version's tokens and write token shards, in Megatron's .bin and .idx.

    \b
    muster tokenize web/cc.text-default --tokenizer gpt2
    muster tokenize web/cc.text-default --tokenizer ./tokenizer.json --count-only
    muster tokenize web/cc --recipe text-default --tokenizer gpt2 --sample 1%
    """
    session: Session = context.obj
    execution = Execution(kind=executor, num_workers=workers, ray_address=ray_address)

    def counting(verb: Callable[..., _Answer]) -> Callable[..., _Answer]:
        return partial(
            verb,
            reference,
            tokenizer=tokenizer,
            recipe=recipe,
            eos=eos,
            bos=bos,
            eos_token=eos_token,
            bos_token=bos_token,
            parse_special=parse_special,
            engine=engine,
        )

    with session.registry(execution) as registry:
        if sample is not None:
            fraction = parse_fraction(sample, what="sample")
            answer = counting(registry.tokenize_sample)(
                fraction=fraction, seed=seed, max_rejected=max_rejected
            )
        elif shard is not None:
            part = Part.parse(shard)
            done = counting(registry.tokenize_part)(part=part, count_only=count_only, name=name)
            show_partial(done, as_json=as_json, quiet=quiet)
            return
        else:
            answer = counting(registry.tokenize)(
                count_only=count_only, name=name, max_rejected=max_rejected
            )
    show(answer, as_json=as_json, quiet=quiet)


def show(answer: Tokenization, *, as_json: bool, quiet: bool) -> None:
    """Print a tokenization."""
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.reference)
        return
    per_token = "" if answer.bytes_per_token is None else f"{answer.bytes_per_token:.3f}"
    rejected = ", ".join(f"{reason} {count:,}" for reason, count in answer.rejected.items())
    output.print_facts(
        [
            (answer.status, answer.reference),
            ("input", answer.input),
            ("tokenizer", f"{answer.tokenizer.name}, {answer.tokenizer.vocab_size:,} entries"),
            ("tokens", _tokens(answer)),
            ("with special", f"{answer.num_tokens_with_special:,} ({_policy(answer)})"),
            ("documents", f"{answer.num_documents:,}"),
            ("text", format_bytes(answer.num_bytes)),
            ("bytes per token", per_token),
            ("unknown tokens", format_percent(answer.unknown_rate)),
            ("vocabulary", _vocabulary(answer)),
            ("rejected", rejected or None),
            ("empty", _empty(answer)),
            ("dtype", answer.dtype),
        ]
    )
    if answer.vocabulary is not None and answer.vocabulary.unanticipated:
        _print_symbols(answer.vocabulary)
    output.hint(f"next: muster report {answer.reference} --params 1.3B")


def _tokens(answer: Tokenization) -> str:
    if answer.method == "exact":
        return f"{answer.num_tokens:,} exact"
    return (
        f"{answer.num_tokens:,} sampled, 95 % between "
        f"{answer.num_tokens_low:,} and {answer.num_tokens_high:,}"
    )


def _policy(answer: Tokenization) -> str:
    policy = answer.policy
    eos = "no EOS" if policy.eos_id is None else f"EOS {policy.eos_id} after each document"
    bos = "no BOS" if policy.bos_id is None else f"BOS {policy.bos_id} before each"
    return f"{eos}, {bos}"


def _empty(answer: Tokenization) -> str | None:
    if not answer.num_empty_documents:
        return None
    empty = format_number(answer.num_empty_documents, "document")
    return f"{empty} of no token, which shards leave out"


def _vocabulary(answer: Tokenization) -> str | None:
    use = answer.vocabulary
    if use is None:
        return None
    where = "" if answer.method == "exact" else " by the sample"
    share = format_percent(use.fraction_used)
    return f"{use.num_used:,} of {use.vocab_size:,} used{where} ({share})"


def _cost(symbol: UnanticipatedSymbol) -> int | str:
    if symbol.is_dropped:
        return "dropped"
    return symbol.tokens_each or "unknown"


def _print_symbols(use: VocabularyUse) -> None:
    from registry.reporting.tables import to_table
    from registry.reporting.text import visible

    shown, total = use.unanticipated[:_SYMBOLS_SHOWN], use.num_unanticipated
    share = format_percent(use.unanticipated_fraction)
    cut = "" if total == len(shown) else f"; the {len(shown)} most frequent"
    output.write(f"\nsymbols without a token of their own: {total:,}, {share} of all{cut}")
    rows = [
        (
            visible(symbol.character, width=12),
            symbol.code_point,
            symbol.name,
            symbol.count,
            _cost(symbol),
            symbol.example,
        )
        for symbol in shown
    ]
    output.print_text(
        to_table(("symbol", "code point", "name", "count", "tokens", "first in"), rows)
    )
