"""What a policy asks of evaluation data in the supply. The thresholds are somebody's policy."""

from typing import Literal

from pydantic import Field

from registry.domain.base import Value
from registry.domain.contamination import Contamination
from registry.domain.contamination_commands import command_to_list, command_to_measure
from registry.domain.gate import Gate, GateStatus
from registry.domain.quantities import format_number, format_percent


class ContaminationPolicy(Value):
    """What somebody who trains asks of evaluation data. What is left out is not asked."""

    unknown: Literal["block", "warn", "pass"] = "warn"
    """What it means where no evaluation data is registered, or n-grams were not measured."""

    warn_share_above: float | None = Field(default=None, ge=0, le=1)
    """The share of unique tokens in documents that overlap, above which it warns."""

    block_share_above: float | None = Field(default=None, ge=0, le=1)
    """The share above which it refuses."""


def contamination_gate(
    found: Contamination, policy: ContaminationPolicy, *, unique_tokens: int, name: str
) -> Gate:
    """Return the gate that a policy makes of what overlaps with evaluation data.

    Args:
        found: What left the supply.
        policy: What is asked.
        unique_tokens: What stayed in it.
        name: The policy's name.
    """
    share = found.num_tokens / max(1, unique_tokens + found.num_tokens)
    said = f"{format_percent(share)} of unique tokens stand in documents that overlap"
    evidence = [
        f"{line.reference}: {format_number(line.num_documents, 'document')}, "
        f"{line.num_equal_documents:,} of them equal"
        for line in found.lines
    ]
    evidence += [f"n-grams of {one} were not measured" for one in found.unmeasured]
    status, message, hint = GateStatus.PASS, f"{name} accepts: {said}", None
    if not found.evaluation or found.unmeasured:
        status = GateStatus(policy.unknown)
        message = f"{said}, and nobody knows of others"
        hint = (
            command_to_measure(found)
            if found.evaluation
            else "muster register PATH --name eval/NAME --kind evaluation"
        )
    for limit, severe in _limits(policy):
        if share > limit and severe.severity > status.severity:
            status, message = severe, f"{said}, at most {format_percent(limit)}"
            hint = command_to_list(found)
    return Gate(
        name="contamination",
        status=status,
        message=message,
        evidence=tuple(evidence),
        policy=f"{name}: {describe_contamination(policy)}",
        hint=hint,
        keys=tuple(f"contamination.{key}" for key in ContaminationPolicy.model_fields),
    )


def describe_contamination(policy: ContaminationPolicy) -> str:
    """Return what a policy asks of evaluation data, in a line."""
    asked = {GateStatus.WARN: "warns", GateStatus.BLOCK: "refuses"}
    parts = [
        f"{asked[status]} above {format_percent(limit)} in documents that overlap"
        for limit, status in _limits(policy)
    ]
    return "; ".join([*parts, f"unknown: {policy.unknown}"])


def _limits(policy: ContaminationPolicy) -> list[tuple[float, GateStatus]]:
    limits = (
        (policy.warn_share_above, GateStatus.WARN),
        (policy.block_share_above, GateStatus.BLOCK),
    )
    return [(limit, status) for limit, status in limits if limit is not None]
