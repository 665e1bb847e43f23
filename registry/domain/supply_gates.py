"""Gates on what a supply is made of: withdrawals, one source, floors, data to measure by."""

from collections.abc import Iterator, Mapping, Sequence
from math import fsum

from registry.domain.contamination import Contamination
from registry.domain.gate import Gate, GateStatus
from registry.domain.grouping import list_members
from registry.domain.names import Reference
from registry.domain.quantities import format_percent
from registry.domain.sufficiency_policy import (
    FloorPolicy,
    HoldoutPolicy,
    SourcePolicy,
    WithdrawalPolicy,
)
from registry.domain.supply import SupplyLine
from registry.domain.version import Version


def shares_of(
    lines: Sequence[SupplyLine], *, weights: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the share of a run that each version of a supply gives, by reference.

    Args:
        lines: What each brings, seen alike: by unique tokens.
        weights: Of a mixture: the share that each is given.
    """
    if weights is not None:
        return {line.reference: weights.get(line.reference, 0.0) for line in lines}
    total = max(1, sum(line.known_tokens for line in lines))
    return {line.reference: line.known_tokens / total for line in lines}


def withdrawal_gates(withdrawn: Sequence[str], policy: WithdrawalPolicy) -> Iterator[Gate]:
    """Yield a gate where versions of a supply were withdrawn, which nothing may be trained on."""
    if policy.withdrawn == "pass" or not withdrawn:
        return
    first, *others = withdrawn
    yield Gate(
        name="withdrawn",
        status=GateStatus(policy.withdrawn),
        message=f"{first} was withdrawn",
        evidence=tuple(f"{name} was withdrawn" for name in others),
        policy="no version that was withdrawn",
        hint=f"muster show {first}",
        keys=("withdrawal.withdrawn",),
    )


def source_gates(shares: Mapping[str, float], policy: SourcePolicy) -> Iterator[Gate]:
    """Yield a gate where one of several datasets gives more than a policy wants."""
    by_dataset: dict[str, list[float]] = {}
    for reference, share in shares.items():
        by_dataset.setdefault(str(Reference.parse(reference).dataset), []).append(share)
    sums = {name: fsum(found) for name, found in by_dataset.items()}
    name = max(sums, key=lambda one: (sums[one], one), default="")
    if policy.more == "pass" or len(sums) < 2 or sums[name] <= policy.most_share:
        return
    yield Gate(
        name="single-source",
        status=GateStatus(policy.more),
        message=f"{name} gives {format_percent(sums[name])} of the unique tokens",
        policy=f"at most {format_percent(policy.most_share)} from one dataset",
        hint="get other sources, or give it a weight: muster mixture make",
        keys=("sources.most_share", "sources.more"),
    )


def floor_gates(
    shares: Mapping[str, float], versions: Sequence[Version], policy: FloorPolicy
) -> Iterator[Gate]:
    """Yield a gate where floors of groups are asked for: it passes where all are reached."""
    if policy.missed == "pass" or not policy.shares:
        return
    held = [version for version in versions if version.reference in shares]
    missed = []
    for asked in policy.asked:
        certain, unclear = list_members(held, asked.by, asked.value)
        share = fsum(shares[name] for name in certain)
        if share < asked.share:
            others = f"; of several, so not certain: {', '.join(unclear)}" if unclear else ""
            missed.append(
                f"{asked.group} has {format_percent(share)}, "
                f"{format_percent(asked.share)} are wanted{others}"
            )
    wanted = ", ".join(f"{one.group} {format_percent(one.share)}" for one in policy.asked)
    yield Gate(
        name="floors",
        status=GateStatus(policy.missed) if missed else GateStatus.PASS,
        message=missed[0] if missed else "every group has the share that is wanted",
        evidence=tuple(missed[1:]),
        policy=f"at least: {wanted}",
        hint="get more of it, or a mixture that weighs it: muster mixture solve --floor"
        if missed
        else None,
        keys=("floors.shares", "floors.missed"),
    )


def holdout_gates(found: Contamination, policy: HoldoutPolicy) -> Iterator[Gate]:
    """Yield a gate where evaluation data is asked for: it passes where some was compared."""
    if policy.missing == "pass":
        return
    names = ", ".join(item.reference for item in found.evaluation)
    yield Gate(
        name="holdout",
        status=GateStatus.PASS if names else GateStatus(policy.missing),
        message=f"the model can be measured by {names}"
        if names
        else "no evaluation data is registered, so nothing is held out to measure the model by",
        policy="evaluation data is registered",
        hint=None if names else "muster register PATH --name eval/NAME --kind evaluation",
        keys=("holdout.missing",),
    )
