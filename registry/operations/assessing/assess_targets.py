"""From a target as somebody states it to what the engine says of it."""

from collections.abc import Callable, Sequence
from functools import partial

from registry.domain.architecture import ModelSize
from registry.domain.gate import Gate, GateStatus
from registry.domain.model_target import Distillation, Objective, Target
from registry.domain.sufficiency_policy import SufficiencyPolicy
from registry.domain.target import TargetReport
from registry.domain.training_cost import Cost
from registry.operations.assessing.teachers import Teacher
from registry.scaling.allocation import allocate
from registry.scaling.architecture import model_size
from registry.scaling.blend import Blend
from registry.scaling.cost import training_cost
from registry.scaling.credit import Written
from registry.scaling.distillation import compare_ways, distillation_gates
from registry.scaling.laws import Law
from registry.scaling.requirement import counted
from registry.scaling.sufficiency import DEFAULTS, assess

SEQUENCE_LENGTH = 4096
"""Tokens a training sequence where nobody said."""


def assess_target(
    target: Target,
    *,
    unique_tokens: int | Blend,
    law: Law,
    laws: Sequence[Law],
    gates: Sequence[Gate] = (),
    teacher: Teacher | None = None,
    real_share: float = 1.0,
    policy: SufficiencyPolicy = DEFAULTS,
) -> TargetReport:
    """Return whether unique tokens are enough for a target.

    Args:
        target: The target.
        unique_tokens: Those that are held, or the pools of a mixture.
        law: The law that the verdict goes by.
        laws: The laws to ask.
        gates: What was asked of the data beside its amount.
        teacher: Who writes for it; of a target with a teacher.
        real_share: The part of what is held that may be real.
        policy: What is asked of the target; of epochs its own go before it.

    Raises:
        InputError: A number is out of bounds.
        UnknownError: There is no such device.
    """
    size = _size(target, law)
    epochs = target.epochs or policy.epochs.wanted
    judge = partial(
        assess,
        num_parameters=size.total,
        unique_tokens=unique_tokens,
        law=law,
        laws=laws,
        model=size,
        architecture=target.shape,
        overtraining=target.overtraining if target.objective is Objective.OVER_TRAINED else 1.0,
        served_tokens=target.served_tokens,
        sequence_length=target.sequence_length or SEQUENCE_LENGTH,
        epochs=epochs,
        hard_epochs=target.hard_epochs or max(policy.epochs.allowed, epochs),
        policy=policy,
    )
    if target.distillation is None or teacher is None:
        found = judge(gates=gates)
    else:
        found = _teach(
            judge,
            target.distillation,
            teacher,
            gates=gates,
            real_share=real_share,
            policy=policy,
        )
    return found.model_copy(update={"name": target.name, "cost": _cost(target, found.flops)})


def _teach(
    judge: Callable[..., TargetReport],
    asked: Distillation,
    teacher: Teacher,
    *,
    gates: Sequence[Gate],
    real_share: float,
    policy: SufficiencyPolicy,
) -> TargetReport:
    """Judge a student on real data alone, and on it with what a teacher writes."""
    alone = judge(gates=gates)
    unique = alone.unique_tokens
    written = Written(
        asked.generated_tokens, not_real=unique - unique * real_share, policy=policy.teacher
    )
    own = (*distillation_gates(unique, written, depth=teacher.depth), *teacher.gates)
    # What a gate blocks counts for nothing, in no number.
    is_refused = any(gate.status is GateStatus.BLOCK for gate in own)
    found = judge(written=None if is_refused else written, gates=(*gates, *own))
    ways = compare_ways(
        alone,
        found,
        teacher=teacher.label,
        teacher_parameters=asked.teacher_parameters,
        written=written,
        is_refused=is_refused,
        depth=teacher.depth,
    )
    return found.model_copy(update={"distillation": ways})


def _size(target: Target, law: Law) -> ModelSize:
    """Return the model's size by every convention that is known."""
    if target.shape is not None:
        return model_size(target.shape)
    if target.compute_flops is not None:
        best = allocate(target.compute_flops, law=law)
        return ModelSize(total=round(best.num_parameters / counted(law, 1)))
    return ModelSize(
        total=target.parameters or 1,
        non_embedding=target.non_embedding_parameters,
        active=target.active_parameters,
    )


def _cost(target: Target, flops: float) -> Cost | None:
    hardware = target.hardware
    if hardware is None:
        return None
    return training_cost(
        max(1.0, flops),
        device=hardware.device,
        devices=hardware.devices,
        utilisation=hardware.utilisation,
        price_per_hour=hardware.price_per_hour,
        currency=hardware.currency,
    )
