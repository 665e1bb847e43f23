"""Is the data enough for this model? The verdict, with its interval and its reasons."""

from registry.domain.target import Confidence, Requirement, TargetReport, Verdict
from registry.scaling.bounds import check_parameters
from registry.scaling.laws import DEFAULT_LAW, get_law, load_laws
from registry.scaling.reasons import explain
from registry.scaling.repetition import R_D_STAR, epochs_needed
from registry.scaling.requirement import optimal_parameters, optimal_tokens, probability_sufficient
from registry.scaling.supply import Supply

EPOCHS = 4
"""Up to here a repeated token is worth nearly a new one: 93 % (Muennighoff et al. 2023)."""

HARD_EPOCHS = 16
"""Beyond, the gain of repetition nearly stops: 66 % (Muennighoff et al. 2023)."""

AMPLE_FACTOR = 5
"""Unique tokens at so many times the requirement are ample. A policy value."""


def assess(
    *,
    num_parameters: int,
    unique_tokens: int,
    law: str = DEFAULT_LAW,
    epochs: int = EPOCHS,
    hard_epochs: int = HARD_EPOCHS,
    r_d_star: float = R_D_STAR,
) -> TargetReport:
    """Return whether unique tokens are enough for a model, and what would change the answer.

    Args:
        num_parameters: The target's size, 1 to 10^15.
        unique_tokens: Tokens after duplicates, of one tokenizer; 0 to 10^17.
        law: The id of the law that the verdict goes by; every law's requirement is in the answer.
        epochs: How often the policy wants a token to be seen at most.
        hard_epochs: How often it may be seen at most; not below `epochs`.
        r_d_star: The constant of repetition.

    Raises:
        InputError: An argument is out of bounds.
        UnknownError: There is no such law.

    Example:
        >>> assess(num_parameters=8_000_000_000, unique_tokens=200_000_000_000).verdict.value
        'SUFFICIENT'
    """
    check_parameters(num_parameters)
    chosen = get_law(law)
    required = {item.id: optimal_tokens(num_parameters, law=item.id) for item in load_laws()}
    supply = Supply(unique_tokens, epochs=epochs, hard_epochs=hard_epochs, r_d_star=r_d_star)
    need = required[chosen.id]
    verdict = judge(need, supply)
    probability = probability_sufficient(num_parameters, supply.repeated, law=law)
    target = TargetReport(
        num_parameters=num_parameters,
        verdict=verdict,
        confidence=_confidence(verdict, probability, required, supply),
        law=chosen.id,
        required_tokens=required,
        unique_tokens=unique_tokens,
        tokens_per_parameter=unique_tokens / num_parameters,
        effective_tokens={
            "1": unique_tokens,
            str(epochs): round(supply.repeated),
            str(hard_epochs): round(supply.exhausted),
        },
        epochs_needed=epochs_needed(need.mid, unique_tokens, r_d_star=r_d_star),
        shortfall_tokens=max(0, need.mid - unique_tokens),
        probability_sufficient=probability,
        largest_model=_largest_model(unique_tokens, law=law),
        largest_model_repeated=_largest_model(supply.repeated, law=law),
        epochs=epochs,
        hard_epochs=hard_epochs,
        reasons=(),
        extrapolated=need.extrapolated,
    )
    reasons = explain(target, supply=supply, verdict_under=lambda item: judge(item, supply))
    return target.model_copy(update={"reasons": reasons})


def judge(need: Requirement, supply: Supply) -> Verdict:
    """Return the verdict on a requirement, by tokens alone.

    Example:
        A requirement of 90 to 110 tokens, 100 at the point. 5 unique ones are worth 53 after 16
        epochs: INSUFFICIENT. 20 are worth 212 then, but 75 after 4: CONSTRAINED. 50 are worth 186
        after 4: SUFFICIENT-REPEAT. 100: SUFFICIENT. 500: AMPLE.
    """
    if supply.unique >= AMPLE_FACTOR * need.mid:
        return Verdict.AMPLE
    if supply.unique >= need.mid:
        return Verdict.SUFFICIENT
    if supply.repeated >= need.mid:
        return Verdict.SUFFICIENT_REPEAT
    if supply.exhausted >= need.low:
        return Verdict.CONSTRAINED
    return Verdict.INSUFFICIENT


def _confidence(
    verdict: Verdict,
    probability: float | None,
    required: dict[str, Requirement],
    supply: Supply,
) -> Confidence:
    """Laws that have a vote say enough or not enough; the draws say how sure the chosen one is."""
    fitted = [need for law_id, need in required.items() if get_law(law_id).has_vote]
    if any(judge(need, supply).is_enough != verdict.is_enough for need in fitted):
        return Confidence.SPLIT
    if probability is not None and not 0.1 < probability < 0.9:
        return Confidence.FIRM
    return Confidence.LIKELY


def _largest_model(num_tokens: float, *, law: str) -> Requirement:
    if num_tokens < 1:
        return Requirement(low=0, mid=0, high=0, extrapolated=True)
    return optimal_parameters(num_tokens, law=law)
