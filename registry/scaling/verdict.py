"""From a requirement and a supply to a verdict, and how sure it is."""

from collections.abc import Iterable

from registry.domain.target import Confidence, Requirement, Verdict
from registry.scaling.supply import Supply

AMPLE_FACTOR = 5
"""Unique tokens at so many times the requirement are ample. A policy value."""

SURE = 0.9
"""The share of draws that makes a verdict firm. A policy value."""


def judge(need: Requirement, supply: Supply, *, ample: float | None = None) -> Verdict:
    """Return the verdict on a requirement, by tokens alone.

    Args:
        need: Tokens that the target asks for.
        supply: Tokens held.
        ample: Unique tokens that are ample, where serving makes them fewer than `AMPLE_FACTOR`
            times the requirement.

    Example:
        A requirement of 90 to 110 tokens, 100 at the point. 5 unique ones are worth 53 after 16
        epochs: INSUFFICIENT. 20 are worth 212 then, but 75 after 4: CONSTRAINED. 50 are worth 186
        after 4: SUFFICIENT-REPEAT. 100: SUFFICIENT. 500: AMPLE.
    """
    most = AMPLE_FACTOR * need.mid
    if supply.once >= (most if ample is None else max(need.mid, min(most, ample))):
        return Verdict.AMPLE
    if supply.once >= need.mid:
        return Verdict.SUFFICIENT
    if supply.repeated >= need.mid:
        return Verdict.SUFFICIENT_REPEAT
    if supply.exhausted >= need.low:
        return Verdict.CONSTRAINED
    return Verdict.INSUFFICIENT


def rate_confidence(
    verdict: Verdict,
    *,
    probability: float | None,
    needs: Iterable[Requirement],
    supply: Supply,
) -> Confidence:
    """Return how sure a verdict is, as enough or not enough.

    Args:
        verdict: By the chosen law.
        probability: The share of its draws that the supply reaches; None: it has no error model.
        needs: What the laws with a vote ask for: any that disagrees makes the verdict split.
        supply: Tokens held.
    """
    if any(judge(need, supply).is_enough != verdict.is_enough for need in needs):
        return Confidence.SPLIT
    if probability is not None and not 1 - SURE < probability < SURE:
        return Confidence.FIRM
    return Confidence.LIKELY
