"""State and change what is said about datasets and versions; each change is in the audit log."""

from collections.abc import Sequence

from registry.domain.answers import EncodingUse, VersionDescription
from registry.domain.card import Card, require_past
from registry.domain.count import CountMethod, RecordedCount
from registry.domain.names import Reference
from registry.domain.tokenizer import CountingPolicy, TokenizerIdentity
from registry.domain.version import Content, Dataset, Lifecycle, Version
from registry.errors import InputError
from registry.licensing.effective import effective_licence
from registry.operations.context import Context
from registry.operations.passes.encodings import NUM_FILES, sum_up_encodings


def show(context: Context, reference: Reference) -> VersionDescription:
    """Return a version with its dataset, counts, and neighbours in the lineage.

    Raises:
        UnknownError: There is no such version.
    """
    catalog = context.catalog
    version = catalog.versions.get(reference)
    exact = Reference.parse(version.reference)
    graph = catalog.licences.upstream([exact])
    parents = _neighbours(context, exact, upstream=True)
    return VersionDescription(
        dataset=catalog.datasets.get(version.dataset),
        version=version,
        effective_licence=effective_licence(graph, version.reference),
        counts=tuple(catalog.counts.list_for(exact)),
        tokenizer=_tokenizer_of(context, version),
        tokens=_tokens_of(context, version, parents),
        withdrawal=catalog.versions.find_withdrawal(exact),
        encodings=_encodings_of(context, version),
        measurements=tuple(catalog.measurements.list_many([exact])),
        parents=parents,
        children=_neighbours(context, exact, upstream=False),
    )


def _encodings_of(context: Context, version: Version) -> tuple[EncodingUse, ...]:
    """Return in which encodings files are; shards are looked at only where there are some."""
    if all(metric.name != NUM_FILES for metric in version.metrics):
        return ()
    return sum_up_encodings(
        context.catalog.versions.list_shards(Reference.parse(version.reference))
    )


def set_dataset(
    context: Context, reference: Reference, card: Card, *, lifecycle: Lifecycle | None = None
) -> Dataset:
    """Apply a card's statements to a dataset and to the version that the reference means.

    Licence, languages, source and tags belong to the version, all else to the dataset. What the
    card does not state stays as it is. One transaction.

    Raises:
        UnknownError: There is no such dataset or version.
        InputError: The card states how the version was made, which is sealed with it, or a time of
            retrieval that lies ahead.
    """
    made = [name for name in ("derived_from", "rule") if getattr(card, name)]
    if made:
        raise InputError(
            f"{' and '.join(made)} cannot be stated of a sealed version: {reference}",
            hint="state it when the data is registered",
        )
    at = context.clock()
    require_past(card.retrieved_at, now=at)
    described = context.catalog.datasets.describe(
        reference, card, lifecycle=lifecycle, actor=context.actor, at=at
    )
    if card.licence is not None:
        _note_other_licence(context, reference, card.licence)
    return described


def tag(context: Context, reference: Reference, name: str) -> Dataset:
    """Point a tag of the dataset at the version, wherever it pointed before."""
    return context.catalog.datasets.tag(reference, name, actor=context.actor, at=context.clock())


def untag(context: Context, reference: Reference, name: str) -> Dataset:
    """Remove a tag from the dataset, wherever it points, or from the version that is named.

    Raises:
        UnknownError: The dataset has no such tag.
        InputError: The tag points to another version than the one that is named.
    """
    return context.catalog.datasets.untag(reference, name, actor=context.actor, at=context.clock())


def _note_other_licence(context: Context, reference: Reference, stated: str) -> None:
    """Say so if somebody else's better founded statement goes on to hold."""
    version = context.catalog.versions.get(reference)
    if version.licence != stated:
        context.progress.note(
            f"note: {version.licence} holds for {version.reference}, since somebody states it with "
            f"more confidence: muster licence list {version.reference}"
        )


def _tokenizer_of(context: Context, version: Version) -> TokenizerIdentity | None:
    if version.content is not Content.TOKENS:
        return None
    run = context.catalog.runs.get(version.run or "")
    facts = context.catalog.tokenizers.get(str(run.parameters["tokenizer"]))
    return TokenizerIdentity(
        name=facts.name, fingerprint=facts.fingerprint, vocab_size=facts.vocab_size
    )


def _tokens_of(context: Context, version: Version, parents: Sequence[str]) -> RecordedCount | None:
    """Return the count of the documents whose tokens a version holds."""
    if version.content is not Content.TOKENS:
        return None
    run = context.catalog.runs.get(version.run or "")
    policy = CountingPolicy.model_validate(run.parameters["policy"])
    found = (
        count
        for parent in parents
        for count in context.catalog.counts.list_for(Reference.parse(parent))
        if count.method is CountMethod.EXACT
        and count.tokenizer_fingerprint == run.parameters["tokenizer"]
        and (count.policy, count.recipe) == (policy, run.parameters["recipe"])
    )
    return next(found, None)


def _neighbours(context: Context, reference: Reference, *, upstream: bool) -> tuple[str, ...]:
    lineage = context.catalog.lineage
    return tuple(lineage.parents(reference) if upstream else lineage.children(reference))
