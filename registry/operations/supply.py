"""Gather what the versions of a report hold: counts of one tokenizer, unique tokens, doubts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from registry.document_index import unique_totals
from registry.domain.count import CountMethod, RecordedCount
from registry.domain.names import Reference
from registry.domain.report import ReportWarning, SupplyLine, WarningCode
from registry.domain.version import Content, Lifecycle, Version, VersionState
from registry.errors import InputError
from registry.operations.context import Context
from registry.operations.indexes import read_index

_BEST_FIRST = (CountMethod.EXACT, CountMethod.SAMPLED, CountMethod.DECLARED)
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Counted:
    """A version with the count that the report goes by; None where it was not counted so."""

    version: Version
    count: RecordedCount | None


@dataclass(frozen=True, slots=True)
class Supply:
    """What the versions hold together, in the stated order."""

    tokenizer_fingerprint: str
    counted: tuple[Counted, ...]
    lines: tuple[SupplyLine, ...]
    total_tokens: int
    unique_tokens: int
    duplicate_documents: int | None
    warnings: tuple[ReportWarning, ...]


def gather_supply(
    context: Context, references: Sequence[Reference], *, tokenizer_fingerprint: str | None
) -> Supply:
    """Return the supply of some versions, or of everything that was counted.

    Args:
        context: The open registry.
        references: Versions with documents or tokens; none: the newest counted version of each
            dataset, less those that another one of them was made from.
        tokenizer_fingerprint: Whose counts; None: the tokenizer that counted the most versions.

    Raises:
        InputError: Nothing was counted.
        UnknownError: There is no such version.
    """
    if references:
        versions = _resolve(context, references)
        counts = _counts_of(context, [version.reference for version in versions])
    else:
        counts = _counts_of(context, _list_heads(context))
        counted_heads = [reference for reference, listed in counts.items() if listed]
        versions = _leaves(context, [_get(context, reference) for reference in counted_heads])
    fingerprint = tokenizer_fingerprint or _most_common(context, versions, counts)
    counted = tuple(
        Counted(version, _best(counts.get(version.reference, []), fingerprint))
        for version in versions
    )
    if not any(item.count for item in counted):
        raise _nothing_counted(context, versions)
    return _add_up(context, counted, fingerprint)


def _counts_of(context: Context, references: Sequence[str]) -> dict[str, list[RecordedCount]]:
    return context.catalog.counts.list_many([Reference.parse(text) for text in references])


def _resolve(context: Context, references: Sequence[Reference]) -> list[Version]:
    """Return the versions of documents that are meant; token shards mean what was counted."""
    found: dict[str, Version] = {}
    for reference in references:
        version = context.catalog.versions.get(reference)
        if version.content is Content.TOKENS:
            exact = Reference.parse(version.reference)
            for parent in context.catalog.lineage.parents(exact):
                counted = context.catalog.versions.get(Reference.parse(parent))
                found.setdefault(counted.reference, counted)
        else:
            found.setdefault(version.reference, version)
    return list(found.values())


def _get(context: Context, reference: str) -> Version:
    return context.catalog.versions.get(Reference.parse(reference))


def _list_heads(context: Context) -> list[str]:
    """Return the newest versions of all active datasets of documents, by reference."""
    heads: list[str] = []
    after: str | None = None
    while True:
        page = context.catalog.datasets.list(limit=_PAGE, after=after)
        heads.extend(
            item.reference
            for item in page
            if item.content is Content.DOCUMENTS and item.lifecycle is Lifecycle.ACTIVE
        )
        if len(page) < _PAGE:
            return heads
        after = page[-1].reference.partition("@")[0]


def _leaves(context: Context, versions: Sequence[Version]) -> list[Version]:
    """Leave out versions that another one was made from, so that no document counts twice."""
    ancestors = {
        node.reference
        for version in versions
        for node in context.catalog.lineage.upstream(Reference.parse(version.reference)).nodes[1:]
    }
    return [version for version in versions if version.reference not in ancestors]


def _most_common(
    context: Context, versions: Sequence[Version], counts: dict[str, list[RecordedCount]]
) -> str:
    tally: Counter[str] = Counter()
    for version in versions:
        known = {count.tokenizer_fingerprint for count in counts.get(version.reference, [])}
        tally.update(dict.fromkeys(known, 1))
    if not tally:
        raise _nothing_counted(context, versions)
    # Of equally common ones the one with the most tokens, so that the choice is stable.
    size: Counter[str] = Counter()
    for listed in counts.values():
        for count in listed:
            size[count.tokenizer_fingerprint] += count.num_bytes
    return max(tally, key=lambda fingerprint: (tally[fingerprint], size[fingerprint], fingerprint))


def _nothing_counted(context: Context, versions: Sequence[Version]) -> InputError:
    if not versions:
        return InputError(
            "no version with a token count is in this registry",
            hint="muster tokenize REF --tokenizer NAME|PATH",
        )
    first = versions[0]
    made = context.catalog.lineage.downstream(Reference.parse(first.reference)).nodes[1:]
    listed = _counts_of(context, [node.reference for node in made])
    counted = [reference for reference, counts in listed.items() if counts]
    names = ", ".join(version.reference for version in versions)
    if counted:
        hint = f"what was made from it is counted: muster report {counted[0]} ..."
    else:
        hint = f"muster tokenize {first.reference} --tokenizer NAME|PATH"
    return InputError(f"no tokens are counted of {names}", hint=hint)


def _best(counts: Sequence[RecordedCount], fingerprint: str) -> RecordedCount | None:
    mine = [count for count in counts if count.tokenizer_fingerprint == fingerprint]
    by_method = {method: place for place, method in enumerate(_BEST_FIRST)}
    mine.sort(key=lambda count: (by_method[count.method], count.recipe is not None))
    return mine[0] if mine else None


def _add_up(context: Context, counted: tuple[Counted, ...], fingerprint: str) -> Supply:
    known = [(item.version, item.count) for item in counted if item.count is not None]
    indexes = [
        read_index(context.store, count.document_index) if count.document_index else None
        for _, count in known
    ]
    totals = unique_totals([index for index in indexes if index is not None])
    shares = iter(totals.shares)
    lines: list[SupplyLine] = []
    for (version, count), index in zip(known, indexes, strict=True):
        unique = None if index is None else next(shares).num_tokens
        lines.append(_line(version, count, num_unique_tokens=unique))
    all_measured = all(index is not None for index in indexes)
    num_documents = sum(count.num_documents for _, count in known)
    return Supply(
        tokenizer_fingerprint=fingerprint,
        counted=counted,
        lines=tuple(lines),
        total_tokens=sum(count.num_tokens for _, count in known),
        unique_tokens=sum(
            line.num_tokens if line.num_unique_tokens is None else line.num_unique_tokens
            for line in lines
        ),
        duplicate_documents=num_documents - totals.num_documents if all_measured else None,
        warnings=tuple(_warnings(context, counted)),
    )


def _line(version: Version, count: RecordedCount, *, num_unique_tokens: int | None) -> SupplyLine:
    return SupplyLine(
        reference=version.reference,
        licence=version.licence,
        kind=version.kind,
        num_documents=count.num_documents,
        num_bytes=count.num_bytes,
        num_tokens=count.num_tokens,
        num_tokens_low=count.num_tokens_low,
        num_tokens_high=count.num_tokens_high,
        num_unique_tokens=num_unique_tokens,
        method=count.method,
        recipe=count.recipe,
    )


def _warnings(context: Context, counted: Sequence[Counted]) -> list[ReportWarning]:
    known = [item for item in counted if item.count is not None]
    groups = [
        (
            WarningCode.UNKNOWN_LICENCE,
            [item for item in known if item.version.licence == "unknown"],
            "nobody has said what may be done with these bytes",
            "muster dataset set {reference} --license LICENCE",
        ),
        (
            WarningCode.MIXED_TOKENIZERS,
            [item for item in counted if item.count is None],
            "counted by another tokenizer or not at all, so left out of the supply",
            "muster tokenize {reference} --tokenizer NAME",
        ),
        (
            WarningCode.UNMEASURED_EXACT_DUPLICATES,
            [item for item in known if item.count and item.count.document_index is None],
            "exact duplicates were not measured, so its tokens are an upper bound",
            "muster tokenize {reference} --tokenizer NAME",
        ),
        (
            WarningCode.SAMPLED_COUNT,
            [item for item in known if item.count and item.count.method is CountMethod.SAMPLED],
            "the count is an estimate from a sample",
            "muster tokenize {reference} --tokenizer NAME",
        ),
        (
            WarningCode.DECLARED_COUNT,
            [item for item in known if item.count and item.count.method is CountMethod.DECLARED],
            "the count is what a card claims",
            "muster tokenize {reference} --tokenizer NAME",
        ),
        (
            WarningCode.NOT_NORMALIZED,
            [
                item
                for item in known
                if item.count and item.version.recipe is None and item.count.recipe is None
            ],
            "counted as it was registered, without a recipe",
            "muster normalize {reference} --recipe text-default",
        ),
        (
            WarningCode.WITHDRAWN,
            [item for item in known if item.version.state is VersionState.WITHDRAWN],
            "was withdrawn",
            "leave it out of the report",
        ),
        (
            WarningCode.OVERLAP,
            _overlapping(context, [item.version for item in known]),
            "another version of this report was made from it, so its documents may count twice",
            "leave one of them out",
        ),
    ]
    return [
        ReportWarning(
            code=code,
            message=message,
            references=tuple(item.version.reference for item in items),
            hint=hint.format(reference=items[0].version.reference),
        )
        for code, items, message, hint in groups
        if items
    ]


def _overlapping(context: Context, versions: Sequence[Version]) -> list[Counted]:
    leaves = {version.reference for version in _leaves(context, versions)}
    return [Counted(item, None) for item in versions if item.reference not in leaves]
