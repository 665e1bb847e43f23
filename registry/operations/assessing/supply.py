"""Gather what the versions of a report hold: counts of one tokenizer, unique tokens, doubts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from registry.document_index import NOTHING, UniqueShare
from registry.domain.contamination import Contamination
from registry.domain.count import CountMethod, RecordedCount
from registry.domain.digest import Digest
from registry.domain.effective import EffectiveLicence, LicencePolicy
from registry.domain.names import Reference
from registry.domain.report import ReportWarning, WarningCode
from registry.domain.supply import SupplyLine
from registry.domain.version import Content, DatasetKind, Lifecycle, Version
from registry.errors import InputError
from registry.operations.assessing.evaluation import (
    Evaluation,
    compare,
    say_contamination,
    warn_of_contamination,
)
from registry.operations.assessing.near_supply import NearSupply, find_near_duplicates
from registry.operations.assessing.supply_warnings import Counted, warn_of_supply
from registry.operations.context import Context
from registry.operations.governing.licences import effective_of
from registry.operations.passes.indexes import add_up_indexes

_BEST_FIRST = {CountMethod.EXACT: 0, CountMethod.SAMPLED: 1, CountMethod.DECLARED: 2}
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Measure:
    """What makes counts addable: one tokenizer, and one way to take special tokens in text.

    The special tokens that a policy adds around documents are counted apart, so they do not matter.
    """

    tokenizer_fingerprint: Digest
    parse_special: bool

    @classmethod
    def of(cls, count: RecordedCount) -> "Measure":
        """Return what a count was measured by."""
        return cls(count.tokenizer_fingerprint, count.policy.parse_special)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A version of documents that is meant; by its token shards, also which count of it."""

    version: Version
    measure: Measure | None = None
    recipe: Digest | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """What the versions hold together, in the stated order."""

    measure: Measure
    counted: tuple[Counted, ...]
    licences: Mapping[str, EffectiveLicence]
    """What applies to each version, by reference."""

    lines: tuple[SupplyLine, ...]
    total_tokens: int
    unique_tokens: int
    duplicate_documents: int | None
    contamination: Contamination
    near: NearSupply
    warnings: tuple[ReportWarning, ...]
    mixtures: tuple[str, ...] = ()
    """The mixtures among the versions that were asked for, by reference."""


def gather_supply(
    context: Context,
    references: Sequence[Reference],
    *,
    tokenizer_fingerprint: Digest | None,
    policy: LicencePolicy | None = None,
    without: Sequence[Reference] = (),
    evaluation: Sequence[Reference] | None = None,
) -> Supply:
    """Return the supply of some versions, or of everything that was counted.

    Args:
        context: The open registry.
        references: Versions with documents, tokens or embeddings, or mixtures of such, whose
            weights do not matter here. None: the newest version of each
            active dataset that was counted, evaluation data left out, and of a version and what
            was normalized from it the latter.
        tokenizer_fingerprint: Whose counts; None: the tokenizer that counted the most versions, of
            equals the one that counted last.
        policy: Chooses between the alternatives that licences leave.
        without: Versions that are left out with all that was made from them.
        evaluation: Evaluation data whose documents are no supply; None: all that is registered.

    Raises:
        InputError: Nothing was counted, or evaluation data holds no documents.
        UnknownError: There is no such version.
    """
    left_out: tuple[ReportWarning, ...] = ()
    mixtures: list[str] = []
    if references:
        asked, mixtures = _resolve(context, references)
        counts = _counts_of(context, [item.version.reference for item in asked])
        measure = _choose(context, asked, counts, tokenizer_fingerprint)
    else:
        counts = _counts_of(context, _list_heads(context))
        known = context.catalog.versions.list_many(
            [Reference.parse(reference) for reference, listed in counts.items() if listed]
        )
        measure = _choose(context, [_Asked(item) for item in known], counts, tokenizer_fingerprint)
        kept, left_out = _select(context, known, counts, measure)
        asked = [_Asked(version) for version in kept]
    is_named = tokenizer_fingerprint is not None or any(item.measure for item in asked)
    chosen = () if is_named else _warn_of_choice(context, counts, measure)
    counted = tuple(
        Counted(item.version, _find_best(item, counts[item.version.reference], measure))
        for item in asked
    )
    if not any(item.count for item in counted):
        raise _nothing_counted(context, [item.version for item in asked])
    counted, taken = _leave_out(context, counted, without)
    licences = effective_of(context, [item.version.reference for item in counted], policy=policy)
    warnings = (*chosen, *warn_of_supply(context, counted, licences), *left_out, *taken)
    held = {one.version.reference: one.count.recipe for one in counted if one.count is not None}
    compared = compare(context, evaluation, supply=held)
    supply = _add_up(context, counted, measure, licences, compared)
    return replace(
        supply,
        mixtures=tuple(mixtures),
        warnings=(*warnings, *warn_of_contamination(supply.contamination)),
    )


def _leave_out(
    context: Context, counted: tuple[Counted, ...], without: Sequence[Reference]
) -> tuple[tuple[Counted, ...], tuple[ReportWarning, ...]]:
    """Return what is left without some versions and all that was made from them."""
    held = {item.version.reference for item in counted}
    gone: dict[str, set[str]] = {}
    for reference in without:
        made = context.catalog.lineage.downstream(reference).nodes
        gone[str(reference)] = held & {node.reference for node in made}
    warnings = []
    taken = set().union(*gone.values())
    if taken:
        names = ", ".join(name for name, found in gone.items() if found)
        warnings.append(
            ReportWarning(
                code=WarningCode.LEFT_OUT,
                message=f"left out as if {names} could not be used",
                references=tuple(
                    one.version.reference for one in counted if one.version.reference in taken
                ),
            )
        )
    idle = [name for name, found in gone.items() if not found]
    if idle:
        message = f"left out as if {', '.join(idle)} could not be used: nothing held is made of it"
        warnings.append(ReportWarning(code=WarningCode.LEFT_OUT, message=message))
    left = tuple(item for item in counted if item.version.reference not in taken)
    return left, tuple(warnings)


def _resolve(context: Context, references: Sequence[Reference]) -> tuple[list[_Asked], list[str]]:
    """Return the versions of documents that are meant, and the mixtures that were named."""
    found: dict[str, _Asked] = {}
    mixtures: list[str] = []
    for version in context.catalog.versions.list_many(references):
        if version.content is Content.DOCUMENTS:
            found.setdefault(version.reference, _Asked(version))
            continue
        if version.content is Content.TABLE:
            raise InputError(
                f"{version.reference} is a table, and holds no text to train on",
                hint="a recipe that ends in to_text makes documents of it: muster recipe steps",
            )
        if version.content is Content.MIXTURE:
            mixtures.append(version.reference)
            parts = context.catalog.mixtures.get(Reference.parse(version.reference)).parts
            inner, _ = _resolve(context, [Reference.parse(part.reference) for part in parts])
            for item in inner:
                found.setdefault(item.version.reference, item)
            continue
        if version.content is Content.EMBEDDINGS:
            for parent in context.catalog.lineage.parents(Reference.parse(version.reference)):
                found.setdefault(parent, _Asked(_get(context, parent)))
            continue
        # The run that wrote the shards says by what it counted, and which version.
        run = context.catalog.runs.get(version.run or "").parameters
        policy = run["policy"]
        measure = Measure(
            tokenizer_fingerprint=str(run["tokenizer"]),
            parse_special=bool(policy["parse_special"]) if isinstance(policy, dict) else False,
        )
        recipe = None if run["recipe"] is None else str(run["recipe"])
        for parent in context.catalog.lineage.parents(Reference.parse(version.reference)):
            found[parent] = _Asked(_get(context, parent), measure, recipe)
    return list(found.values()), mixtures


def _get(context: Context, reference: str) -> Version:
    return context.catalog.versions.get(Reference.parse(reference))


def _counts_of(context: Context, references: Sequence[str]) -> dict[str, list[RecordedCount]]:
    return context.catalog.counts.list_many([Reference.parse(text) for text in references])


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


def _select(
    context: Context,
    versions: Sequence[Version],
    counts: dict[str, list[RecordedCount]],
    measure: Measure,
) -> tuple[list[Version], tuple[ReportWarning, ...]]:
    """Choose what counts as supply when nobody named it, and say what was left out."""
    measured = [
        version
        for version in versions
        if any(Measure.of(count) == measure for count in counts[version.reference])
    ]
    evaluation = [item.reference for item in measured if item.kind is DatasetKind.EVALUATION]
    training = [item for item in measured if item.kind is not DatasetKind.EVALUATION]
    ancestry = context.catalog.lineage.ancestry(
        [Reference.parse(version.reference) for version in training]
    )
    originals = ancestry.originals()
    is_measured = {item.reference for item in measured}
    others = [item.reference for item in versions if item.reference not in is_measured]
    reasons = (
        (evaluation, "evaluation data is no training supply"),
        (sorted(originals), "what was normalized from it stands in the report instead"),
        (others, "counted by another tokenizer only"),
    )
    left_out = tuple(
        ReportWarning(code=WarningCode.LEFT_OUT, message=message, references=tuple(references))
        for references, message in reasons
        if references
    )
    return [item for item in training if item.reference not in originals], left_out


def _choose(
    context: Context,
    asked: Sequence[_Asked],
    counts: dict[str, list[RecordedCount]],
    tokenizer_fingerprint: Digest | None,
) -> Measure:
    """Return the measure that most versions were counted by, of those that are asked for."""
    named = {item.measure for item in asked if item.measure is not None}
    votes: Counter[Measure] = Counter()
    newest: dict[Measure, datetime] = {}
    for item in asked:
        listed = counts[item.version.reference]
        votes.update({Measure.of(count) for count in listed})
        for count in listed:
            known = newest.get(Measure.of(count), count.counted_at)
            newest[Measure.of(count)] = max(known, count.counted_at)
    fitting = [
        measure
        for measure in votes
        if tokenizer_fingerprint in {None, measure.tokenizer_fingerprint}
        and (not named or tokenizer_fingerprint is not None or measure in named)
    ]
    if not fitting:
        raise _nothing_counted(context, [item.version for item in asked])
    # Of equally common ones the one that counted last.
    return max(
        fitting,
        key=lambda item: (
            votes[item],
            not item.parse_special,
            newest[item],
            item.tokenizer_fingerprint,
        ),
    )


def _warn_of_choice(
    context: Context, counts: Mapping[str, Sequence[RecordedCount]], measure: Measure
) -> tuple[ReportWarning, ...]:
    """Return the warning that one of several tokenizers was chosen by a rule, not by a person."""
    measures = Counter(one for listed in counts.values() for one in {*map(Measure.of, listed)})
    chosen = measure.tokenizer_fingerprint
    others = sorted({one.tokenizer_fingerprint for one in measures} - {chosen})
    if not others:
        return ()
    get = context.catalog.tokenizers.get
    names = ", ".join(get(fingerprint).name for fingerprint in others)
    return (
        ReportWarning(
            code=WarningCode.CHOSEN_TOKENIZER,
            message=f"no tokenizer was named; {get(chosen).name} was taken, which counted "
            f"{measures[measure]:,} of {len(counts):,} versions, the most, or the last of equals; "
            f"others that counted some: {names}",
            hint=f"muster report --tokenizer {get(others[0]).name}",
        ),
    )


def _find_best(
    asked: _Asked, counts: Sequence[RecordedCount], measure: Measure
) -> RecordedCount | None:
    """Return the version's best count by the measure: exact first; of token shards, their own."""
    fitting = [count for count in counts if Measure.of(count) == measure]
    if asked.measure == measure:
        fitting = [count for count in fitting if count.recipe == asked.recipe]
    # The sort is stable and counts come oldest first, so the newest has to come first here.
    fitting.reverse()
    return min(
        fitting,
        key=lambda count: (_BEST_FIRST[count.method], count.recipe is not None),
        default=None,
    )


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
    return InputError(f"no tokens are counted so of {names}", hint=hint)


def _add_up(
    context: Context,
    counted: tuple[Counted, ...],
    measure: Measure,
    licences: Mapping[str, EffectiveLicence],
    evaluation: Evaluation,
) -> Supply:
    known = [(item.version, item.count) for item in counted if item.count is not None]
    digests = [count.document_index for _, count in known]
    near = find_near_duplicates(context, [count for _, count in known])
    totals = add_up_indexes(
        context.store,
        [digest for digest in digests if digest is not None],
        removed=[near.keys, evaluation.equal, evaluation.overlapping],
    )
    found = iter(zip(totals.shares, *totals.removed, strict=True))
    shares = [_Shares() if digest is None else _Shares(*next(found)) for digest in digests]
    lines = tuple(
        _line(
            version,
            count,
            share,
            licence=licences[version.reference].expression,
            is_near_known=near.found is not None,
        )
        for (version, count), share in zip(known, shares, strict=True)
    )
    return Supply(
        measure=measure,
        counted=counted,
        licences=licences,
        lines=lines,
        total_tokens=sum(count.num_tokens for _, count in known),
        unique_tokens=sum(line.known_tokens for line in lines),
        duplicate_documents=_count_duplicates(known, shares),
        near=near,
        contamination=say_contamination(
            evaluation, lines, [(share.equal, share.overlapping) for share in shares]
        ),
        warnings=(),
    )


@dataclass(frozen=True, slots=True)
class _Shares:
    """The distinct documents of a version that no earlier one holds, by what becomes of them."""

    kept: UniqueShare | None = None
    """None: they were not measured."""

    near: UniqueShare = NOTHING
    equal: UniqueShare = NOTHING
    overlapping: UniqueShare = NOTHING

    @property
    def num_documents(self) -> int:
        """All of them."""
        kept = self.kept or NOTHING
        return sum(one.num_documents for one in (kept, self.near, self.equal, self.overlapping))


def _count_duplicates(
    known: Sequence[tuple[Version, RecordedCount]], shares: Sequence[_Shares]
) -> int | None:
    """Return how many documents are exact copies of others; None: not measured everywhere."""
    if any(share.kept is None for share in shares):
        return None
    distinct = sum(share.num_documents for share in shares)
    return sum(count.num_documents for _, count in known) - distinct


def _line(
    version: Version,
    count: RecordedCount,
    shares: _Shares,
    *,
    licence: str,
    is_near_known: bool,
) -> SupplyLine:
    return SupplyLine(
        reference=version.reference,
        licence=licence,
        kind=version.kind,
        num_documents=count.num_documents,
        num_bytes=count.num_bytes,
        num_tokens=count.num_tokens,
        num_tokens_low=count.num_tokens_low,
        num_tokens_high=count.num_tokens_high,
        num_unique_tokens=None if shares.kept is None else shares.kept.num_tokens,
        num_near_duplicate_tokens=(shares.near.num_tokens or 0) if is_near_known else None,
        num_contaminated_tokens=(shares.equal.num_tokens or 0)
        + (shares.overlapping.num_tokens or 0),
        method=count.method,
        recipe=count.recipe,
    )
