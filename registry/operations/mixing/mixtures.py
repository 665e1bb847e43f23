"""Mixtures: weights over versions, sealed as a version that holds none of their bytes."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from registry.domain.digest import Digest, fingerprint
from registry.domain.ledger import LedgerEntry
from registry.domain.mixture import (
    MANIFEST,
    Mixture,
    MixtureMade,
    MixturePart,
    to_billionths,
)
from registry.domain.names import DatasetName, Reference
from registry.domain.run import Operation, RunDraft
from registry.domain.version import (
    Content,
    DatasetKind,
    Shard,
    Version,
    VersionDraft,
)
from registry.errors import InputError
from registry.operations.context import CODE, Context, environment
from registry.operations.passes.inputs import refuse_withdrawn, warn_of_withdrawn


def make(
    context: Context, name: DatasetName, weights: Sequence[tuple[Reference, Fraction]]
) -> MixtureMade:
    """Seal weights over versions as a version of their own, in one transaction.

    No document is read or copied: the one file names the parts, their digests and their weights.
    The same weights again answer `unchanged`, in whatever order and scale they are given.

    Args:
        context: The open registry.
        name: The dataset that the mixture is a version of.
        weights: Versions of documents or tokens, each with the share of a run that it is given, of
            any scale.

    Raises:
        InputError: The dataset holds something else; there is no part; or one is named twice, is
            itself a mixture or embeddings, holds no document, was withdrawn, or has a weight of
            less than a billionth.
        UnknownError: There is no such version.
    """
    _check_name(context, name)
    versions: dict[str, Version] = {}
    scale: dict[str, Fraction] = {}
    for reference, weight in weights:
        version = context.catalog.versions.get(reference)
        if version.reference in versions:
            raise InputError(f"{version.reference} is named twice", hint="add its weights up")
        _check_part(context, version)
        versions[version.reference] = version
        scale[version.reference] = weight
    shares = to_billionths(scale)
    mixture = Mixture(
        parts=tuple(
            MixturePart(
                reference=reference,
                digest=versions[reference].digest,
                weight=shares[reference],
                num_documents=versions[reference].num_documents,
                num_text_bytes=versions[reference].num_text_bytes,
            )
            for reference in sorted(versions)
        )
    )
    made = _seal(context, name, mixture, versions)
    return made.model_copy(update={"warnings": tuple(_warn_of_tokenizers(context, versions))})


def get(context: Context, reference: Reference) -> Mixture:
    """Return a mixture with its parts; what of it was withdrawn is said.

    Raises:
        InputError: The version is no mixture.
        UnknownError: There is no such version.
    """
    mixture = context.catalog.mixtures.get(reference)
    named = [reference, *list_parts(mixture)]
    warn_of_withdrawn(context, context.catalog.versions.list_many(named))
    return mixture


def list_parts(mixture: Mixture) -> list[Reference]:
    """Return the references of the parts."""
    return [Reference.parse(part.reference) for part in mixture.parts]


def _check_name(context: Context, name: DatasetName) -> None:
    known = context.catalog.datasets.find(name)
    if known is not None and known.head and known.kind is not DatasetKind.MIXTURE:
        raise InputError(
            f"{name} holds {known.kind}: a mixture is a version of a dataset of its own",
            hint="muster mixture make mix/NAME ...",
        )


def _warn_of_tokenizers(context: Context, versions: Mapping[str, Version]) -> Iterator[str]:
    """Yield that no tokenizer counted all parts, where each was counted by some."""
    listed = context.catalog.counts.list_many([Reference.parse(name) for name in versions])
    found = {name: {one.tokenizer_name for one in counts} for name, counts in listed.items()}
    for name, version in versions.items():
        if version.content is Content.TOKENS:
            # The run that wrote the shards says by what.
            run = context.catalog.runs.get(version.run or "").parameters
            found[name] = {context.catalog.tokenizers.get(str(run["tokenizer"])).name}
    counted = {name: names for name, names in found.items() if names}
    if not counted or set.intersection(*counted.values()):
        return
    by = "; ".join(f"{name} by {' and '.join(sorted(names))}" for name, names in counted.items())
    yield (
        f"no tokenizer counted all parts, so that a report refuses it: {by}: "
        "muster tokenize REF --tokenizer NAME --count-only"
    )


_HELD = {Content.EMBEDDINGS: "embeddings", Content.TABLE: "a table"}


def _check_part(context: Context, version: Version) -> None:
    if version.content is Content.MIXTURE:
        raise InputError(
            f"{version.reference} is a mixture itself",
            hint=f"name its parts: muster mixture show {version.reference}",
        )
    is_text = version.content in (Content.DOCUMENTS, Content.TOKENS)
    if not (is_text and version.num_documents):
        held = "no document" if is_text else _HELD[version.content]
        raise InputError(f"{version.reference} holds {held}: nothing of it can be mixed")
    refuse_withdrawn(context, version)


def _seal(
    context: Context, name: DatasetName, mixture: Mixture, versions: dict[str, Version]
) -> MixtureMade:
    stored = context.store.put_bytes(mixture.manifest)
    documents = sum(part.num_documents for part in mixture.parts)
    text_bytes = sum(part.num_text_bytes for part in mixture.parts)
    derivation = _derivation(mixture)
    draft = VersionDraft(
        dataset=name,
        kind=DatasetKind.MIXTURE,
        content=Content.MIXTURE,
        shards=(
            Shard(
                path=MANIFEST,
                digest=stored.digest,
                num_bytes=stored.num_bytes,
                num_documents=documents,
                num_text_bytes=text_bytes,
            ),
        ),
        derivation=derivation,
        inputs=tuple(part.reference for part in mixture.parts),
        taken=tuple((part.reference, part.num_documents) for part in mixture.parts),
        weights=tuple((part.reference, part.weight) for part in mixture.parts),
        languages=tuple(
            sorted({language for one in versions.values() for language in one.languages})
        ),
        ledger=(_account(documents, text_bytes),),
    )
    run = RunDraft(
        operation=Operation.MIX,
        derivation=derivation,
        parameters={"weights": {part.reference: part.weight for part in mixture.parts}},
        environment=environment(),
        actor=context.actor,
        started_at=context.clock(),
    )
    sealed = context.catalog.versions.seal(draft, run=run, actor=context.actor, at=context.clock())
    return MixtureMade(
        status=sealed.status,
        mixture=mixture.model_copy(update={"reference": sealed.version.reference}),
        run=sealed.version.run,
    )


def _derivation(mixture: Mixture) -> Digest:
    return fingerprint(
        {
            "operation": Operation.MIX,
            "code": CODE,
            "parts": [[part.digest, part.weight] for part in mixture.parts],
        }
    )


def _account(documents: int, text_bytes: int) -> LedgerEntry:
    """Return the books: every document of every part is in the mixture, once."""
    return LedgerEntry(
        position=0,
        step=Operation.MIX,
        documents_in=documents,
        bytes_in=text_bytes,
        documents_kept=documents,
        bytes_kept_in=text_bytes,
        bytes_kept=text_bytes,
        rejected=(),
    )
