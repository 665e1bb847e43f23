"""Verdicts of a report asked again under another supply or policy, by tokens alone."""

from registry.domain.target import Requirement, TargetReport, Verdict
from registry.scaling.blend import Blend
from registry.scaling.repetition import R_D_STAR
from registry.scaling.supply import Supply
from registry.scaling.verdict import judge


def judge_again(
    target: TargetReport,
    *,
    need: Requirement | None = None,
    held: TargetReport | None = None,
    factor: float = 1.0,
    epochs: int | None = None,
) -> Verdict:
    """Return the verdict on a target if one thing were another one.

    Args:
        target: The target, whose policy on epochs holds.
        need: Another requirement; None: its own.
        held: Another report of a target, whose tokens are taken; None: its own.
        factor: So many times these tokens.
        epochs: Other epochs that are wanted at most.
    """
    tokens = held or target
    blend = blend_of(tokens, factor=factor) if tokens.mixture else None
    supply = Supply(
        round(tokens.unique_tokens * factor) if blend is None else blend.once,
        epochs=epochs or target.epochs,
        hard_epochs=target.hard_epochs,
        r_d_star=R_D_STAR,
        blend=blend,
        added=tokens.distillation.credited_tokens if tokens.distillation else 0,
    )
    ample = target.serving.num_tokens if target.serving else None
    return judge(need or target.required_tokens[target.law], supply, ample=ample)


def blend_of(target: TargetReport, *, factor: float = 1.0) -> Blend:
    """Return the pools of a target's mixture, with so many times their tokens."""
    return Blend(
        tuple(max(1, round(part.unique_tokens * factor)) for part in target.mixture),
        tuple(part.weight for part in target.mixture),
    )
