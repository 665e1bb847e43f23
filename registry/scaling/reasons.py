"""A verdict in sentences: the law, its interval, the numbers, and what would change it."""

from collections.abc import Callable, Collection
from math import ceil

from registry.domain.architecture import Convention
from registry.domain.quantities import format_count, format_percent, format_times
from registry.domain.target import (
    Requirement,
    TargetReport,
    Uncertainty,
    Verdict,
    format_parameters,
    format_size,
)
from registry.scaling.supply import Supply

_NOTHING_SAVED = 0.005
"""A smaller share of FLOPs saved is none to speak of."""

_PARTS = {
    Convention.ACTIVE: "active",
    Convention.NON_EMBEDDING: "non-embedding",
    Convention.MATMUL_HEAD: "in matrices and head",
}

MAX_GAP_NATS = 1.0
"""A larger gap lies so far from the runs of any law that its number says nothing."""


def explain(
    target: TargetReport,
    *,
    supply: Supply,
    voters: Collection[str],
    verdict_under: Callable[[Requirement], Verdict],
) -> tuple[str, ...]:
    """Return the reasons for a verdict, the most important first.

    Args:
        target: The target, complete but for its reasons.
        supply: The tokens that it was judged by.
        voters: The ids of the laws with a vote.
        verdict_under: The verdict that another requirement would give.
    """
    sentences = [
        _requirement(target),
        _serving(target, verdict_under),
        _worth(target, supply),
        _change(target, supply),
        _cost(target),
        _doubt(target),
        _spread(target, voters, verdict_under),
        _others(target, voters, verdict_under),
        _extrapolation(target),
        _run(target),
    ]
    return tuple(sentence for sentence in sentences if sentence)


def _requirement(target: TargetReport) -> str:
    need = target.required_tokens[target.law]
    mid, interval = format_count(need.mid), ""
    if need.uncertainty is Uncertainty.BOOTSTRAP_80:
        interval = f" (80 % interval {format_count(need.low)} to {format_count(need.high)})"
    each = format_times(need.mid / target.law_parameters)
    return f"{target.law} asks for {mid} tokens{interval} for {_size(target)}, {each} each."


def _size(target: TargetReport) -> str:
    """Return what the law was evaluated on, and of how many parameters it is a part."""
    whole, size = format_parameters(target.num_parameters), target.counted_size
    if size is None or size.counts is Convention.TOTAL:
        return whole
    if size.counts is Convention.FLOPS_PER_TOKEN:
        if target.active_parameters is not None:
            whole = f"the {format_size(target.active_parameters)} active of {whole}"
        return f"{whole} ({_power(size.number)} FLOPs a token)"
    return f"the {format_size(round(size.number))} {_PARTS[size.counts]} of {whole}"


def _noun(target: TargetReport) -> str:
    """Return what the law's parameters are called beside other sizes of the same law."""
    return "parameters" if target.active_parameters is None else "active parameters"


def _serving(target: TargetReport, verdict_under: Callable[[Requirement], Verdict]) -> str:
    """Say what serving changes: the cheapest model over its life, and what it saves."""
    best = target.serving
    if best is None:
        return ""
    served = f"With {format_count(best.served_tokens)} tokens served"
    size, least = round(target.law_parameters), best.num_tokens
    if best.saving < _NOTHING_SAVED:
        return f"{served}, the compute-optimal model stays the cheapest over its life."
    under = verdict_under(Requirement(low=least, mid=least, high=least))
    return (
        f"{served}, {format_size(best.num_parameters)} {_noun(target)} trained on "
        f"{format_count(least)} tokens are as good by {best.law} and cost "
        f"{format_percent(best.saving)} fewer FLOPs over their life than {format_size(size)}; "
        f"for them the data is {under}."
    )


def _worth(target: TargetReport, supply: Supply) -> str:
    held, seen = f"{format_count(supply.unique)} unique tokens are held", "seen"
    if supply.blend is not None:
        held = f"At these weights {format_count(supply.unique)} tokens are read before any repeats"
        seen = "with the part that repeats most seen"
    if supply.added:
        held += f", and generated ones beside them that count for {format_count(supply.added)}"
    if supply.unique == 0:
        return "No unique tokens are held."
    if target.verdict is Verdict.AMPLE or target.verdict is Verdict.SUFFICIENT:
        factor = supply.once / target.required_tokens[target.law].mid
        return f"{held}, {format_times(factor)} times that."
    if target.verdict is Verdict.SUFFICIENT_REPEAT:
        times = format_times(target.epochs_needed or 0.0)
        return f"{held}; {seen} {times} times they are worth that many."
    worth = (
        f"{held}; {seen} {supply.epochs} times they are worth {format_count(supply.repeated)}, "
        f"seen {supply.hard_epochs} times {format_count(supply.exhausted)}."
    )
    if target.epochs_needed is None:
        return (
            f"{worth} No number of epochs suffices: repetition never makes them worth more than "
            f"{format_count(supply.most)}."
        )
    takes = f"{worth} It takes {format_times(target.epochs_needed)} epochs"
    if target.verdict is Verdict.CONSTRAINED and target.epochs_needed > supply.hard_epochs:
        return f"{takes}, while those allowed reach the interval's low end."
    return f"{takes}."


def _change(target: TargetReport, supply: Supply) -> str:
    """Say what would move the verdict: up where it is no, down where it is yes."""
    need = target.required_tokens[target.law]
    enough = supply.unique_for(need.mid)
    if supply.blend is not None:
        factor = f"{format_times(enough / supply.unique)} times the tokens of every part"
        if target.verdict.is_enough:
            return f"With less than {factor} they would not be enough."
        return f"At these weights {factor} would make it {Verdict.SUFFICIENT_REPEAT}."
    if target.verdict.is_enough and enough < 1:
        return ""
    if target.verdict.is_enough:
        text = f"Below {format_count(enough)} unique tokens they would not be enough"
        if target.shortfall_tokens:
            missing = format_count(ceil(supply.unique_for(need.mid, epochs=1) - supply.unique))
            return f"{text}; with {missing} more, {Verdict.SUFFICIENT}."
        return f"{text}."
    largest = target.largest_model_repeated.mid
    smaller = f", and so would a model of {format_count(largest)} {_noun(target)}"
    return (
        f"{format_count(ceil(enough - supply.unique))} more unique tokens would make it "
        f"{Verdict.SUFFICIENT_REPEAT}{smaller if largest else ''}."
    )


def _doubt(target: TargetReport) -> str:
    if target.probability_sufficient is None:
        return f"{target.law} has no error model: the requirement is a point."
    return (
        f"Under {target.law}, {target.epochs} epochs suffice with a probability of "
        f"{_percent(target.probability_sufficient)}, sampling error alone."
    )


def _cost(target: TargetReport) -> str:
    """Say what training on what is held costs, where it is not enough."""
    gap = target.gap
    if gap is None or target.verdict.is_enough or not 0 < gap.loss_nats <= MAX_GAP_NATS:
        return ""
    return (
        f"Seen {target.epochs} times, what is held leaves the loss {gap.loss_nats:.2g} nats above "
        f"that on enough data, by {gap.law}."
    )


def _spread(
    target: TargetReport,
    voters: Collection[str],
    verdict_under: Callable[[Requirement], Verdict],
) -> str:
    spread = target.law_spread
    if spread is None:
        return ""
    text = (
        f"The laws with a vote ask for {format_count(spread.low)} ({spread.lowest}) to "
        f"{format_count(spread.high)} ({spread.highest})"
    )
    other = _dissent(target, voters, verdict_under)
    return f"{text}: {other}." if other else f"{text}, and agree."


def _others(
    target: TargetReport,
    voters: Collection[str],
    verdict_under: Callable[[Requirement], Verdict],
) -> str:
    """Name the laws without a vote that disagree: policies, history, far extrapolations."""
    rest = [law for law in target.required_tokens if law not in voters]
    other = _dissent(target, rest, verdict_under)
    return f"Without a vote: {other}." if other else ""


def _dissent(
    target: TargetReport, laws: Collection[str], verdict_under: Callable[[Requirement], Verdict]
) -> str:
    """Return the verdicts of the laws that say enough where the chosen one does not, or not so."""
    verdicts: dict[Verdict, list[str]] = {}
    for law in sorted(laws, key=lambda law: target.required_tokens[law].mid):
        verdict = verdict_under(target.required_tokens[law])
        if verdict.is_enough != target.verdict.is_enough:
            verdicts.setdefault(verdict, []).append(law)
    return "; ".join(f"{verdict} by {', '.join(found)}" for verdict, found in verdicts.items())


def _extrapolation(target: TargetReport) -> str:
    if target.extrapolated is None:
        return f"Which runs {target.law} was fitted on is not known here."
    if not target.extrapolated:
        return ""
    return f"This lies outside the range that {target.law} was fitted on: an extrapolation."


def _run(target: TargetReport) -> str:
    batch = target.batch
    if batch is None:
        return ""
    band = format_count(batch.low)
    if batch.high > batch.low:
        band = f"{band} to {format_count(batch.high)}"
    run = f"A run on the required tokens takes {_power(target.flops)} FLOPs"
    if target.flops_per_token != 6 * target.met_parameters:
        run += f", {_power(target.flops_per_token or 0.0)} a token by the model's shape"
    if batch.sequence_length > target.required_tokens[target.law].mid:
        return f"{run}, and less than one sequence of {format_count(batch.sequence_length)} tokens."
    return f"{run}, in batches of {band} tokens."


def _power(flops: float) -> str:
    mantissa, exponent = f"{flops:.2e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _percent(probability: float) -> str:
    """Return a probability that was counted over draws: never as certain as 0 % or 100 %."""
    if probability > 0.99:
        return "over 99 %"
    return "below 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"
