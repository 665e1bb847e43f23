"""Which versions a report is about, and which count of each it takes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.domain.count import CountMethod, RecordedCount
from registry.domain.digest import Digest
from registry.domain.names import Reference
from registry.domain.report import ReportWarning, WarningCode
from registry.domain.version import Content, DatasetKind, Version
from registry.errors import InputError
from registry.operations.assessing.supply_warnings import Counted
from registry.operations.context import Context
from registry.operations.passes.inputs import list_heads

_BEST_FIRST = {CountMethod.EXACT: 0, CountMethod.SAMPLED: 1, CountMethod.DECLARED: 2}


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
class Chosen:
    """The versions that are meant, each with its count by one measure."""

    measure: Measure
    counted: tuple[Counted, ...]
    mixtures: tuple[str, ...]
    """The mixtures among the versions that were asked for, by reference."""

    of_tokenizer: tuple[ReportWarning, ...]
    """That nobody named one of several tokenizers."""

    left_out: tuple[ReportWarning, ...]
    """What is no supply where nobody named versions."""


def choose_counts(
    context: Context, references: Sequence[Reference], *, tokenizer_fingerprint: Digest | None
) -> Chosen:
    """Return what is meant by some versions, or by none; see `supply.gather_supply`.

    Raises:
        InputError: Nothing was counted.
        UnknownError: There is no such version.
    """
    left_out: tuple[ReportWarning, ...] = ()
    mixtures: list[str] = []
    if references:
        asked, mixtures = _resolve(context, references)
        counts = _counts_of(context, [item.version.reference for item in asked])
        if tokenizer_fingerprint is None:
            _refuse_shards_of_several(context, asked)
        measure = _choose(context, asked, counts, tokenizer_fingerprint)
    else:
        counts = _counts_of(context, list_heads(context))
        known = context.catalog.versions.list_many(
            [Reference.parse(reference) for reference, listed in counts.items() if listed]
        )
        measure = _choose(context, [_Asked(item) for item in known], counts, tokenizer_fingerprint)
        kept, left_out = _select(context, known, counts, measure)
        asked = [_Asked(version) for version in kept]
    is_named = tokenizer_fingerprint is not None or any(item.measure for item in asked)
    counted = tuple(
        Counted(item.version, _find_best(item, counts[item.version.reference], measure))
        for item in asked
    )
    if not any(item.count for item in counted):
        raise _nothing_counted(context, [item.version for item in asked])
    return Chosen(
        measure=measure,
        counted=counted,
        mixtures=tuple(mixtures),
        of_tokenizer=() if is_named else _warn_of_choice(context, counts, measure),
        left_out=left_out,
    )


def name_measure(context: Context, measure: Measure) -> str:
    """Return what people call a measure, as options of `muster tokenize` say it."""
    name = context.catalog.tokenizers.get(measure.tokenizer_fingerprint).name
    return f"{name} --parse-special" if measure.parse_special else name


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
            known = found.get(parent)
            if known is not None and known.measure not in (None, measure):
                raise _several(context, [known.measure, measure])
            found[parent] = _Asked(_get(context, parent), measure, recipe)
    return list(found.values()), mixtures


def _refuse_shards_of_several(context: Context, asked: Sequence[_Asked]) -> None:
    """Refuse token shards of two tokenizers where nobody names the one that is meant."""
    named = {item.measure: None for item in asked if item.measure is not None}
    if len(named) > 1:
        raise _several(context, list(named))


def _several(context: Context, measures: Sequence[Measure]) -> InputError:
    names = [name_measure(context, one) for one in measures]
    return InputError(
        f"token shards of {' and '.join(names)} were named, and tokens of different tokenizers "
        "are never added",
        hint=f"name the versions that they were made from, with --tokenizer {names[0]}",
    )


def _get(context: Context, reference: str) -> Version:
    return context.catalog.versions.get(Reference.parse(reference))


def _counts_of(context: Context, references: Sequence[str]) -> dict[str, list[RecordedCount]]:
    return context.catalog.counts.list_many([Reference.parse(text) for text in references])


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
