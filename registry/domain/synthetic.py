"""What a policy asks of synthetic data: how much of it, and through how many models.

The thresholds are somebody's policy, no law: studies differ in what collapses and when, and a
policy's file says what its author makes of them.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from pydantic import Field

from registry.domain.base import Value
from registry.domain.gate import Gate, GateStatus
from registry.domain.genealogy import Depth
from registry.domain.quantities import format_percent
from registry.domain.shares import Bounds


class SyntheticPolicy(Value):
    """What somebody who trains asks of synthetic data. What is left out is not asked."""

    unknown: Literal["block", "warn", "pass"] = "warn"
    """What it means where a threshold may be exceeded and nobody knows."""

    warn_share_above: float | None = Field(default=None, ge=0, le=1)
    """The share of synthetic tokens above which it warns."""

    block_share_above: float | None = Field(default=None, ge=0, le=1)
    """The share of synthetic tokens above which it refuses."""

    warn_depth_from: int | None = Field(default=None, ge=1)
    """The number of models between people's text and the data from which it warns."""

    block_depth_from: int | None = Field(default=None, ge=1)
    """The same from which it refuses."""

    block_unknown_depth_above: float | None = Field(default=None, ge=0, le=1)
    """The share of synthetic tokens above which it refuses where nobody knows the depth."""


class SyntheticSupply(Value):
    """How synthetic the tokens of a report are, taken together."""

    tokens: Bounds
    depth: Depth
    """The most models on any way from people's text to one of the versions."""

    unstated: tuple[str, ...]
    """The versions upstream of which nobody says who wrote them."""

    synthetic: tuple[str, ...]
    """The versions of the report that certainly hold synthetic tokens."""

    doubtful: tuple[str, ...] = ()
    """Those of `unstated` that are synthetic by their kind."""


class _Finding(NamedTuple):
    status: GateStatus
    message: str


def synthetic_gate(found: SyntheticSupply, policy: SyntheticPolicy, *, name: str) -> Gate:
    """Return the gate that a policy makes of what is synthetic.

    Args:
        found: The supply.
        policy: What is asked.
        name: The policy's name.
    """
    findings = sorted(_find(found, policy), key=lambda one: -one.status.severity)
    status = findings[0].status if findings else GateStatus.PASS
    share = say_share(found.tokens)
    message = findings[0].message if findings else f"{name} accepts: {share} synthetic"
    hint = None
    if status is not GateStatus.PASS:
        first = found.unstated[0] if found.unstated else None
        hint = (
            f"muster generation add {first} --role people, or --model NAME@REVISION"
            if first
            else "add real data, or leave synthetic versions out"
        )
    evidence = [f"{one.status} {one.message}" for one in findings[1:]]
    evidence += [f"nobody says who wrote {one}" for one in found.unstated[:_MOST]]
    return Gate(
        name="synthetic",
        status=status,
        message=message,
        evidence=tuple(evidence),
        policy=f"{name}: {describe_synthetic(policy)}",
        hint=hint,
        keys=tuple(f"synthetic.{key}" for key in SyntheticPolicy.model_fields),
    )


_MOST = 5


def describe_synthetic(policy: SyntheticPolicy) -> str:
    """Return what a policy asks of synthetic data, in a line."""
    asked = [
        ("warns above {} synthetic", policy.warn_share_above),
        ("refuses above {} synthetic", policy.block_share_above),
        ("refuses above {} synthetic of unknown depth", policy.block_unknown_depth_above),
    ]
    parts = [text.format(format_percent(share)) for text, share in asked if share is not None]
    depths = [("warns", policy.warn_depth_from), ("refuses", policy.block_depth_from)]
    parts += [f"{verb} from depth {depth}" for verb, depth in depths if depth is not None]
    return "; ".join([*parts, f"unknown: {policy.unknown}"])


def say_share(found: Bounds) -> str:
    """Return a share by its bounds: `20 %`, `10 % to 30 %`, `an unknown share`."""
    if found.is_exact:
        return format_percent(found.share_low)
    if (found.share_low, found.share_high) == (0, 1):
        return "an unknown share"
    return f"{format_percent(found.share_low)} to {format_percent(found.share_high)}"


def _find(found: SyntheticSupply, policy: SyntheticPolicy) -> Iterator[_Finding]:
    tokens, depth = found.tokens, found.depth
    thresholds = (
        (policy.block_share_above, GateStatus.BLOCK),
        (policy.warn_share_above, GateStatus.WARN),
    )
    for limit, status in thresholds:
        if limit is None:
            continue
        asked = f"{say_share(tokens)} of the tokens synthetic; {_allow_share(limit)}"
        if tokens.share_low > limit:
            yield _Finding(status, asked)
        elif tokens.share_high > limit:
            yield from _may_be(policy, status, asked)
    if not tokens.high:
        return
    depths = (
        (policy.block_depth_from, GateStatus.BLOCK),
        (policy.warn_depth_from, GateStatus.WARN),
    )
    for number, status in depths:
        if number is None:
            continue
        asked = f"generation depth {depth}; the policy allows less than {number}"
        if depth.low >= number and tokens.low:
            yield _Finding(status, asked)
        elif depth.high is None or depth.high >= number:
            yield from _may_be(policy, status, f"{asked}, and nobody knows")
    limit = policy.block_unknown_depth_above
    if limit is not None and depth.high is None:
        asked = f"{say_share(tokens)} of the tokens synthetic and the depth unknown"
        asked = f"{asked}; {_allow_share(limit)}"
        if tokens.share_low > limit:
            yield _Finding(GateStatus.BLOCK, asked)
        elif tokens.share_high > limit:
            yield from _may_be(policy, GateStatus.BLOCK, asked)


def _allow_share(limit: float) -> str:
    return f"the policy allows at most {format_percent(limit)}"


def _may_be(policy: SyntheticPolicy, status: GateStatus, asked: str) -> Iterator[_Finding]:
    """Return what is made of a threshold that may be exceeded: never more than if it were."""
    if policy.unknown == "pass":
        return
    wanted = GateStatus.BLOCK if policy.unknown == "block" else GateStatus.WARN
    least = min(wanted, status, key=lambda one: one.severity)
    yield _Finding(least, asked)
