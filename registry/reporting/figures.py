"""The readiness report in words and cells: what terminal and Markdown both print."""

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

from registry.domain.batch import BatchBand
from registry.domain.contamination import Contamination
from registry.domain.count import CountMethod
from registry.domain.embedding import Diversity
from registry.domain.model_target import Objective, Target
from registry.domain.quantities import (
    format_bytes,
    format_count,
    format_number,
    format_percent,
    format_times,
)
from registry.domain.report import PinnedInput, Report
from registry.domain.supply import SEVERAL, UNSTATED, SupplyGroup, SupplyLine
from registry.domain.target import (
    Requirement,
    TargetReport,
    Uncertainty,
    format_parameters,
    format_size,
)
from registry.domain.training_cost import Cost, Interval
from registry.reporting.answers import answer_one, answer_several
from registry.reporting.text import plain

SUPPLY_COLUMNS = ("version", "documents", "bytes", "tokens", "unique", "licence")
TARGET_COLUMNS = (
    "model",
    "requires",
    "80 % interval",
    "tokens/param",
    "epochs",
    "short",
    "verdict",
)
COMPOSITION_COLUMNS = ("by", "group", "versions", "tokens", "unique", "share")
NONE = "-"

_GROUP_WORDS = {SEVERAL: "several", UNSTATED: "not stated"}
_DIGEST_DIGITS = len("sha256:") + 12
_METHOD_MARKS = {CountMethod.EXACT: "", CountMethod.SAMPLED: "~", CountMethod.DECLARED: "said "}


def answer(report: Report) -> str:
    """Return the report's answer as one sentence."""
    held = f"{format_count(report.unique_tokens)} unique tokens"
    if report.unique_is_upper_bound:
        held += " (an upper bound)"
    if report.mixture is not None:
        held += f" at the weights of {plain(report.mixture.reference or 'a mixture')}"
    if not report.targets:
        return f"{held} are held; no model size was asked about."
    if len(report.targets) == 1:
        return answer_one(report.targets[0], held)
    return answer_several(report, held)


def supply_rows(report: Report) -> list[list[str]]:
    """Return a row for each version under `SUPPLY_COLUMNS`, and their total if there are several.

    A token count that was estimated from a sample is marked with `~`, a declared one with `said`.
    """
    rows = [_supply_row(line) for line in report.supply]
    if len(rows) > 1:
        rows.append(
            [
                "total",
                f"{sum(line.num_documents for line in report.supply):,}",
                format_bytes(sum(line.num_bytes for line in report.supply)),
                format_count(report.total_tokens),
                format_count(report.unique_tokens),
                "",
            ]
        )
    return rows


def composition_rows(report: Report) -> list[list[str]]:
    """Return a row for each group under `COMPOSITION_COLUMNS`; of one alone in its sort none."""
    sorts = [list(groups) for _, groups in groupby(report.composition, key=lambda one: one.by)]
    return [
        _composition_row(report, group, is_first=group is groups[0])
        for groups in sorts
        if len(groups) > 1
        for group in groups
    ]


def _composition_row(report: Report, group: SupplyGroup, *, is_first: bool) -> list[str]:
    share = group.weight
    if share is None:
        share = group.unique_tokens / report.unique_tokens if report.unique_tokens else 0.0
    return [
        group.by.value if is_first else "",
        _GROUP_WORDS.get(group.value, group.value),
        f"{group.num_versions:,}",
        format_count(group.num_tokens),
        format_count(group.unique_tokens),
        format_percent(share),
    ]


def target_row(target: TargetReport) -> list[str]:
    """Return the cells of a target under `TARGET_COLUMNS`."""
    need = target.required_tokens[target.law]
    return [
        target.label,
        format_count(need.mid),
        interval(need),
        format_times(target.tokens_per_parameter),
        NONE if target.epochs_needed is None else format_times(target.epochs_needed),
        format_count(target.shortfall_tokens),
        target.verdict.value,
    ]


def experts(report: Report) -> list[str]:
    """Return a sentence for each target whose tokens meet a part of its parameters."""
    return [
        f"{target.label}: {format_parameters(target.num_parameters)} in all; a token meets "
        f"{format_size(target.active_parameters)}, and requirements, tokens/param and FLOPs go by "
        "those."
        for target in report.targets
        if target.active_parameters is not None
    ]


def law_rows(targets: Sequence[TargetReport]) -> list[list[str]]:
    """Return a row for each law, and for the ends of its interval, with a cell for each target."""
    rows: list[list[str]] = []
    for law in targets[0].required_tokens if targets else ():
        needs = [target.required_tokens[law] for target in targets]
        rows.append([law, *(format_count(need.mid) for need in needs)])
        if any(need.uncertainty is Uncertainty.BOOTSTRAP_80 for need in needs):
            rows.append(["  80 % low", *(format_count(need.low) for need in needs)])
            rows.append(["  80 % high", *(format_count(need.high) for need in needs)])
    return rows


def largest_model(report: Report) -> str:
    """Return the largest models that the supply feeds, as a sentence; of a report with targets."""
    longer = [item.objective is Objective.OVER_TRAINED for item in report.request.targets]
    place = longer.index(False) if False in longer else 0
    target, way = report.targets[place], "compute-optimal model"
    if longer and longer[place]:
        way = f"model trained as {target.label} is"
    if target.unique_tokens == 0:
        return "No model: there are no unique tokens."
    once = f"Largest {way}: {_with_interval(target.largest_model)} on the unique tokens"
    taught = target.distillation
    if taught is None:
        repeated = _with_interval(target.largest_model_repeated)
        return f"{once}, {repeated} when they are seen {target.epochs} times."
    alone, written = taught.alone.largest_model or 0, format_count(taught.generated_tokens)
    largest = format_count(target.largest_model_repeated.mid)
    with_it = f"with the {written} generated ones beside them {largest}"
    if not taught.credited_tokens:
        with_it = f"a gate blocks the {written} generated ones"
    return (
        f"{once} held, {format_count(alone)} when they are seen {target.epochs} times; {with_it}."
    )


def counting(report: Report) -> str:
    """Return under which tokenizer and policy every token of the report was counted."""
    policy = report.policy
    specials = [
        f"{name} {token_id}"
        for name, token_id in (("BOS", policy.bos_id), ("EOS", policy.eos_id))
        if token_id is not None
    ]
    named = " and ".join(specials) or "special tokens"
    around = f"{named} around each document not counted, "
    literal = "become control ids" if policy.parse_special else "stay text"
    identity = report.tokenizer
    return (
        f"{identity.name} ({identity.vocab_size:,} entries, {short(identity.fingerprint)}), "
        f"{around}special tokens inside text {literal}"
    )


def duplicates(report: Report) -> str:
    """Return what was measured of duplicates."""
    exact = "not measured everywhere"
    if report.duplicate_documents is not None:
        exact = f"{format_number(report.duplicate_documents, 'document')}, left out of unique"
    near = report.near_duplicates
    if isinstance(near, str):
        return f"exact: {exact}; near: {near}"
    documents = format_number(near.num_documents, "document")
    tokens = format_count(near.num_tokens)
    return f"exact: {exact}; near: {documents} of {tokens} tokens, left out too, {near}"


def contamination(report: Report) -> str:
    """Return what was found of evaluation data in the supply."""
    found = report.contamination
    if found is None:
        return "not compared"
    if not found.evaluation:
        return "unknown: no evaluation data is registered"
    names = ", ".join(item.reference for item in found.evaluation)
    if not found.comparisons and all(item.num_documents is None for item in found.evaluation):
        return f"not compared with {names}"
    documents = format_number(found.num_documents, "distinct document")
    whole = f"{documents}, {format_count(found.num_tokens)} tokens, left out of unique"
    return f"overlap with {names}: {whole}; {_ngrams(found)}"


def _ngrams(found: Contamination) -> str:
    """Return by which n-grams it was found."""
    if not found.comparisons:
        return "n-grams not measured"
    missing = ", not measured everywhere" if found.unmeasured else ""
    return f"by {' and by '.join(map(str, found.methods))}{missing}"


def diversity(report: Report) -> list[str]:
    """Return what was measured of how varied each version is, a sentence each."""
    return [f"{item.reference}: {in_words(item)}" for item in report.diversity] or ["not measured"]


def in_words(measured: Diversity) -> str:
    """Return how varied a sample is, as a sentence."""
    one, two, three = (format_percent(share) for share in measured.text.distinct)
    vendi = "not measured"
    if measured.vendi_score is not None:
        vendi = f"{measured.vendi_score:,.1f} by {measured.embeddings}"
    return (
        f"of {format_number(measured.num_documents, 'document')} (seed {measured.seed}) the text "
        f"compresses {measured.text.compression_ratio:.3g} times, {one} of words, {two} of pairs "
        f"and {three} of triples are distinct; Vendi score {vendi}"
    )


def pins(inputs: Sequence[PinnedInput], *, most: int | None = None) -> str:
    """Return the inputs with the beginning of their digests, the first few if there are more."""
    shown = [f"{item.reference} ({short(item.digest)})" for item in inputs[:most]]
    if len(inputs) > len(shown):
        shown.append(f"and {len(inputs) - len(shown):,} more, which --json lists")
    return ", ".join(shown)


def short(digest: str) -> str:
    """Return a digest's beginning, which still works as a reference."""
    return digest[:_DIGEST_DIGITS]


def interval(need: Requirement) -> str:
    """Return the ends of an interval, or a dash where the law has none."""
    if need.uncertainty is Uncertainty.NONE:
        return NONE
    return f"{format_count(need.low)} to {format_count(need.high)}"


def made(report: Report) -> str:
    """Return when and by what a report was made."""
    by = f"by muster {report.muster_version}"
    if report.created_at is None:
        return f"Made {by}; the moment is left out."
    return f"Made {report.created_at:%Y-%m-%d %H:%M %Z} {by}."


def batch(band: BatchBand) -> str:
    """Return the band of batch sizes, as a sentence."""
    size, steps = format_count(band.low), format_number(band.steps_at_low, "step")
    if band.high > band.low:
        size = f"{size} to {format_count(band.high)}"
        steps = f"{band.steps_at_high:,} to {steps}"
    return (
        f"{size} tokens, {steps} of sequences of {band.sequence_length:,}; "
        f"critical at {format_count(band.ceiling)}"
    )


def training(target: TargetReport) -> str:
    """Return the FLOPs of a run on the required tokens."""
    each = "" if target.flops_per_token is None else f", {target.flops_per_token:.3g} a token"
    return f"{target.flops:.3g} FLOPs{each}"


def cost(found: Cost) -> str:
    """Return what a run takes on its hardware, as a sentence."""
    hours, days = found.device_hours, found.days
    text = (
        f"{_amount(hours.mid)} hours of {found.device} ({_ends(hours)}), "
        f"{_amount(days.mid)} days on {found.devices:,} ({_ends(days)})"
    )
    if found.money is None:
        return text
    money, currency = found.money, f" {found.currency}" if found.currency else ""
    return f"{text}, {_amount(money.mid)}{currency} ({_ends(money)})"


def commands(report: Report) -> list[str]:
    """Return the commands that make a report again: of the same inputs, and from its pin."""
    request = report.request
    words = ["muster", "report", *request.references]
    for target in request.targets:
        if target.name is not None:
            words += ["--target", target.name]
    bare = [target for target in request.targets if target.name is None]
    sizes = [str(target.parameters) for target in bare if target.parameters is not None]
    if sizes:
        words += ["--params", ",".join(sizes), *_shared_options(bare)]
    if request.tokenizer is not None:
        words += ["--tokenizer", request.tokenizer]
    words += ["--law", report.law]
    if request.licence_policy is not None:
        words += ["--policy", request.licence_policy.name]
    for reference in request.without:
        words += ["--without", reference]
    for reference in request.evaluation:
        words += ["--evaluation", reference]
    for wish in request.candidates:
        said = "" if wish.num_tokens is None else f"={wish.num_tokens}"
        words += ["--candidate", f"{wish.reference}{said}"]
    found = [shlex.join([*words, "--reproducible"])] if request.targets else []
    return [*found, f"muster report rerun {report.id}"] if report.id else found


def _shared_options(targets: Sequence[Target]) -> Iterator[str]:
    """Yield the options beside the sizes, which are the same for all of them."""
    first = targets[0]
    if first.objective is Objective.OVER_TRAINED:
        yield from ("--overtraining", f"{first.overtraining:g}")
    if first.served_tokens is not None:
        yield from ("--served-tokens", str(first.served_tokens))
    if first.sequence_length is not None:
        yield from ("--sequence-length", str(first.sequence_length))
    if first.epochs is not None:
        yield from ("--epochs", str(first.epochs))


def _ends(found: Interval) -> str:
    return f"{_amount(found.low)} to {_amount(found.high)}"


def _amount(value: float) -> str:
    return format_count(value) if value >= 1 else f"{value:.2g}"


def _supply_row(line: SupplyLine) -> list[str]:
    unique = (
        "unmeasured" if line.num_unique_tokens is None else format_count(line.num_unique_tokens)
    )
    return [
        line.reference,
        f"{line.num_documents:,}",
        format_bytes(line.num_bytes),
        _METHOD_MARKS[line.method] + format_count(line.num_tokens),
        unique,
        line.licence,
    ]


def _with_interval(need: Requirement) -> str:
    point = format_count(need.mid)
    return point if need.uncertainty is Uncertainty.NONE else f"{point} ({interval(need)})"
