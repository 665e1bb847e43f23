"""`muster tokenizer`: train, add, list and show tokenizers."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, FormatOption, ListFormat, Quiet
from cli.session import Session
from registry.domain.answers import AddedTokenizer
from registry.domain.engine import EngineCheck
from registry.domain.tokenizer import Tokenizer

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def tokenizer() -> None:
    """Train, add, list and show tokenizers."""


@app.command()
def train(
    context: typer.Context,
    sources: Annotated[
        list[str], typer.Option("--from", metavar="REF", help="A version; may be repeated.")
    ],
    vocab_size: Annotated[
        int, typer.Option(min=1, help="Entries at most, special tokens included.")
    ],
    name: Annotated[str, typer.Option(help="What it is called.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a byte-level BPE; the same versions and size always give the same tokenizer.

    \b
    muster tokenizer train --from web/cc.text-default --vocab-size 32000 --name web-32k
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.tokenizers.train(sources, name=name, vocab_size=vocab_size)
    _hint_at_what_was_not_taken(answer, name=name)
    _show(answer, as_json=as_json, quiet=quiet)


@app.command()
def add(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="tokenizer.json; vocab.json and merges.txt; a tiktoken rank file; a SentencePiece "
            ".model; a BERT vocab.txt; or a folder of these.",
        ),
    ],
    name: Annotated[str | None, typer.Option(help="What it is called; else by the file.")] = None,
    eos: Annotated[str | None, typer.Option(help="The end-of-sequence token.")] = None,
    bos: Annotated[str | None, typer.Option(help="The beginning-of-sequence token.")] = None,
    pattern: Annotated[
        str | None, typer.Option(help="For rank files: gpt2, cl100k, o200k or an expression.")
    ] = None,
    lowercase: Annotated[
        bool | None, typer.Option("--lowercase/--no-lowercase", help="For vocab.txt.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Add a tokenizer; one that gives the same ids as a known one is not added twice.

    \b
    muster tokenizer add gpt2/tokenizer.json --name gpt2
    muster tokenizer add encoder.json vocab.bpe --name gpt2
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.tokenizers.add(
            paths, name=name, eos=eos, bos=bos, pattern=pattern, lowercase=lowercase
        )
    _hint_at_what_was_not_taken(answer, name=name, eos=eos, bos=bos)
    _show(answer, as_json=as_json, quiet=quiet)


@app.command("list")
def list_(
    context: typer.Context,
    how: FormatOption = ListFormat.TABLE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List all tokenizers."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.tokenizers.list()
    if quiet:
        for item in found:
            output.write(item.name)
        return
    rows = [
        (item.name, item.kind.value, item.vocab_size, item.eos_token, item.fingerprint[7:19])
        for item in found
    ]
    columns = ("tokenizer", "kind", "vocabulary", "eos", "fingerprint")
    output.print_list(found, columns, rows, how=ListFormat.JSON if as_json else how)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name, or the beginning of its fingerprint.")],
    as_json: AsJson = False,
) -> None:
    """Show what is known of a tokenizer."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.tokenizers.show(name)
    if as_json:
        output.print_json(found)
        return
    _print_facts(found.tokenizer, status="tokenizer")
    for check in found.engine_checks:
        output.write(f"\n{_outcome(check)}")


def _outcome(check: EngineCheck) -> str:
    special = ", control tokens parsed" if check.parse_special else ""
    if check.difference is None:
        return (
            f"{check.engine} gave the ids of {check.reference} on {check.num_texts:,} "
            f"texts{special}"
        )
    difference = check.difference
    return (
        f"{check.engine} gave other ids than {check.reference}{special}, for "
        f"{difference.text!r}: {list(difference.ids)} instead of {list(difference.reference_ids)}"
    )


def _hint_at_what_was_not_taken(
    answer: AddedTokenizer,
    *,
    name: str | None,
    eos: str | None = None,
    bos: str | None = None,
) -> None:
    known, wanted = answer.tokenizer, answer.wanted_vocab_size
    if wanted is not None and known.vocab_size < wanted:
        output.hint(
            f"it has {known.vocab_size:,} entries and not {wanted:,}: the text gives no more merges"
        )
    if name not in (None, known.name):
        output.hint(f"it gives the same ids as {known.name}; {name} was not added")
    for option, asked, kept in (("eos", eos, known.eos_token), ("bos", bos, known.bos_token)):
        if asked not in (None, kept):
            output.hint(
                f"{known.name} was there, with {option.upper()} {kept or 'none'}; {asked} was not "
                f"taken: muster tokenize --{option}-token {asked!r}"
            )


def _show(answer: AddedTokenizer, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.tokenizer.name)
        return
    _print_facts(answer.tokenizer, status=answer.status)


def _print_facts(found: Tokenizer, *, status: str) -> None:
    output.print_facts(
        [
            (status, found.name),
            ("kind", f"{found.kind.value}, read by {found.engine.value}"),
            ("vocabulary", f"{found.vocab_size:,} entries, highest id {found.highest_id:,}"),
            ("eos", _token(found.eos_token, found.eos_id)),
            ("bos", _token(found.bos_token, found.bos_id)),
            ("unknown", found.unknown_token or "none"),
            ("fingerprint", found.fingerprint),
        ]
    )


def _token(token: str | None, token_id: int | None) -> str:
    return "none" if token is None else f"{token} = {token_id}"
