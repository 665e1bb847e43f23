"""Verdicts of a report asked again under another supply or policy, by tokens alone."""

from registry.domain.target import Requirement, TargetReport, Verdict
from registry.scaling.blend import Blend
from registry.scaling.credit import Written
from registry.scaling.repetition import R_D_STAR
from registry.scaling.supply import Supply
from registry.scaling.verdict import judge


def judge_again(
    target: TargetReport,
    *,
    need: Requirement | None = None,
    held: TargetReport | None = None,
    factor: float = 1.0,
    more: int = 0,
    epochs: int | None = None,
    hard_epochs: int | None = None,
) -> Verdict:
    """Return the verdict on a target if one thing were another one.

    Args:
        target: The target, whose policy on epochs holds.
        need: Another requirement; None: its own.
        held: Another report of a target, whose tokens are taken; None: its own.
        factor: So many times these tokens.
        more: So many unique tokens beside them, all real; of no mixture.
        epochs: Other epochs that are wanted at most.
        hard_epochs: Other epochs that are allowed at most.
    """
    supply = supply_of(
        held or target,
        factor=factor,
        more=more,
        epochs=epochs or target.epochs,
        hard_epochs=hard_epochs or target.hard_epochs,
    )
    ample = target.serving.num_tokens if target.serving else None
    return judge(need or target.required_tokens[target.law], supply, ample=ample)


def supply_of(
    target: TargetReport,
    *,
    factor: float = 1.0,
    more: int = 0,
    epochs: int | None = None,
    hard_epochs: int | None = None,
) -> Supply:
    """Return what a target was judged by, or so many times it, or with more tokens beside it."""
    blend = blend_of(target, factor=factor) if target.mixture else None
    return Supply(
        round(target.unique_tokens * factor) + more if blend is None else blend.once,
        epochs=epochs or target.epochs,
        hard_epochs=hard_epochs or target.hard_epochs,
        r_d_star=R_D_STAR,
        blend=blend,
        written=_written_for(target, factor=factor),
    )


def blend_of(target: TargetReport, *, factor: float = 1.0) -> Blend:
    """Return the pools of a target's mixture, with so many times their tokens."""
    return Blend(
        tuple(max(1, round(part.unique_tokens * factor)) for part in target.mixture),
        tuple(part.weight for part in target.mixture),
    )


def _written_for(target: TargetReport, *, factor: float) -> Written | None:
    taught = target.distillation
    if taught is None or not taught.credited_tokens:
        return None
    unique = target.unique_tokens
    real = taught.real_share * (unique + taught.generated_tokens)
    return Written(
        taught.generated_tokens, not_real=factor * max(0.0, unique - real), policy=taught.policy
    )
