"""Bring tokenizers into the catalog: from files, or trained on registered versions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from registry.domain.answers import AddedTokenizer
from registry.domain.digest import fingerprint
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.names import Reference
from registry.domain.progress import Done
from registry.domain.run import Operation, RunDraft
from registry.domain.tokenizer import Tokenizer
from registry.errors import InvalidNameError, UnknownError
from registry.normalization.pipeline import Pipeline, Processed
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import CODE, Context, environment
from registry.operations.passes.ahead import read_ahead
from registry.operations.passes.inputs import open_input
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.runs import open_or_resume, recorded_failure
from registry.operations.passes.shards import read_shard
from registry.tokenization.loading import Imported, import_engine_json, import_tokenizer
from registry.tokenization.training import train_bpe


def add_tokenizer(
    context: Context,
    paths: Sequence[Path],
    *,
    name: str | None = None,
    eos: str | None = None,
    bos: str | None = None,
    pattern: str | None = None,
    lowercase: bool | None = None,
) -> AddedTokenizer:
    """Read a tokenizer from files and keep it; one with the same fingerprint is not added twice.

    Raises:
        InputError: The files are no tokenizer that muster reads, or an option does not fit.
    """
    imported = import_tokenizer(
        paths,
        name=_check_name(name or _name_of(paths)),
        eos=eos,
        bos=bos,
        pattern=pattern,
        lowercase=lowercase,
    )
    return _keep(context, imported, run=None)


def train_tokenizer(
    context: Context, references: Sequence[Reference], *, name: str, vocab_size: int
) -> AddedTokenizer:
    """Train a byte-level BPE on the documents of some versions; the same call gives the same one.

    Little text gives fewer entries than were asked for; the answer tells both numbers.

    Raises:
        InputError: A version holds no text, or the vocabulary is too small for all bytes.
    """
    _check_name(name)
    versions = [open_input(context, reference) for reference in references]
    inputs = [version.reference for version in versions]
    draft = RunDraft(
        operation=Operation.TRAIN_TOKENIZER,
        derivation=fingerprint(
            {
                "operation": Operation.TRAIN_TOKENIZER,
                "code": CODE,
                "vocab_size": vocab_size,
                "inputs": [version.digest for version in versions],
            }
        ),
        parameters={"vocab_size": vocab_size, "name": name},
        environment=environment(),
        actor=context.actor,
        started_at=context.clock(),
    )
    run = open_or_resume(context, draft, inputs=inputs)
    with recorded_failure(context, run):
        context.progress.start(
            "train tokenizer", total_bytes=sum(version.num_text_bytes for version in versions)
        )
        try:
            texts = _Texts(context, inputs)
            data = train_bpe(read_ahead(iter(texts)), vocab_size=vocab_size)
        finally:
            context.progress.finish()
        added = _keep(context, import_engine_json(data, name=name), run=run.id)
        context.catalog.runs.finish(
            run.id,
            ledger=add_ledgers(texts.ledgers).check().entries,
            quarantine=texts.quarantine.finish(),
            at=context.clock(),
            actor=context.actor,
        )
    return added.model_copy(update={"wanted_vocab_size": vocab_size})


def find_tokenizer(context: Context, name_or_path: str) -> Tokenizer:
    """Return a tokenizer of the catalog, or add the one at a path.

    Raises:
        UnknownError: It is neither; the nearest names are offered.
    """
    path = Path(name_or_path)
    try:
        return context.catalog.tokenizers.get(name_or_path)
    except UnknownError:
        if not path.exists():
            raise
    imported = import_tokenizer([path], name=_check_name(_name_of([path])))
    return _keep(context, _under_free_name(context, imported), run=None).tokenizer


def _under_free_name(context: Context, imported: Imported) -> Imported:
    """Return what was imported, under a name of its own if another tokenizer has the file's."""
    facts = imported.tokenizer
    try:
        known = context.catalog.tokenizers.get(facts.name)
    except UnknownError:
        return imported
    if known.fingerprint == facts.fingerprint:
        return imported
    name = f"{facts.name}-{facts.fingerprint.removeprefix('sha256:')[:8]}"
    return replace(imported, tokenizer=facts.model_copy(update={"name": name}))


def _keep(context: Context, imported: Imported, *, run: str | None) -> AddedTokenizer:
    context.store.put_bytes(imported.data)
    tokenizer, status = context.catalog.tokenizers.add(
        imported.tokenizer, run=run, actor=context.actor, at=context.clock()
    )
    return AddedTokenizer(status=status, tokenizer=tokenizer, run=run)


class _Texts:
    """The text of some versions as it stands, and the books over reading it."""

    def __init__(self, context: Context, references: Sequence[str]) -> None:
        self._context = context
        self._references = references
        self.ledgers: list[Ledger] = []
        self.quarantine = QuarantineWriter(context.store)

    def __iter__(self) -> Iterator[pa.Array]:
        for reference in self._references:
            pipeline = Pipeline(AS_IS)
            for shard in self._context.catalog.versions.list_shards(Reference.parse(reference)):
                for outcome in read_shard(self._context.place, shard):
                    yield self._take(pipeline(outcome))

    def _take(self, processed: Processed) -> pa.Array:
        self.ledgers.append(processed.ledger)
        self.quarantine.write(processed.rejected)
        self._context.progress.advance(Done.of(processed.ledger))
        return processed.kept.column("text")


def _name_of(paths: Sequence[Path]) -> str:
    first = paths[0].absolute()
    generic = {"tokenizer", "vocab", "encoder", "merges"}
    name = first.parent.name if first.stem in generic else first.stem
    return name if first.is_file() else first.name


def _check_name(name: str) -> str:
    is_plain = all(mark.isalnum() or mark in "._-" for mark in name) and name[:1].isalnum()
    # Token shards are called after the tokenizer, in the letters that names of datasets have.
    if is_plain and any(mark.isascii() and mark.isalnum() for mark in name):
        return name
    raise InvalidNameError(
        what="tokenizer name",
        value=name,
        rule="letters, digits, '.', '_' and '-', beginning with a letter or digit, one of them "
        "a to z or 0 to 9",
        hint="give it one with --name",
    )
