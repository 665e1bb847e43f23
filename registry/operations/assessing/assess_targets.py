"""From a target as somebody states it to what the engine says of it."""

from collections.abc import Sequence

from registry.domain.architecture import ModelSize
from registry.domain.gate import Gate
from registry.domain.model_target import Objective, Target
from registry.domain.target import TargetReport
from registry.domain.training_cost import Cost
from registry.scaling.allocation import allocate
from registry.scaling.architecture import model_size
from registry.scaling.blend import Blend
from registry.scaling.cost import training_cost
from registry.scaling.laws import Law
from registry.scaling.requirement import counted
from registry.scaling.sufficiency import EPOCHS, HARD_EPOCHS, assess

SEQUENCE_LENGTH = 4096
"""Tokens a training sequence where nobody said."""


def assess_target(
    target: Target,
    *,
    unique_tokens: int | Blend,
    law: Law,
    laws: Sequence[Law],
    gates: Sequence[Gate] = (),
) -> TargetReport:
    """Return whether unique tokens are enough for a target.

    Raises:
        InputError: A number is out of bounds.
        UnknownError: There is no such device.
    """
    architecture = target.architecture
    if architecture is not None and target.sequence_length is not None:
        changed = {"sequence_length": target.sequence_length}
        architecture = architecture.model_copy(update=changed)
    size = _size(target, law)
    epochs = target.epochs or EPOCHS
    found = assess(
        num_parameters=size.total,
        unique_tokens=unique_tokens,
        law=law,
        laws=laws,
        model=size,
        architecture=architecture,
        overtraining=target.overtraining if target.objective is Objective.OVER_TRAINED else 1.0,
        served_tokens=target.served_tokens,
        sequence_length=target.sequence_length or SEQUENCE_LENGTH,
        epochs=epochs,
        hard_epochs=target.hard_epochs or max(HARD_EPOCHS, epochs),
        gates=gates,
    )
    return found.model_copy(update={"name": target.name, "cost": _cost(target, found.flops)})


def _size(target: Target, law: Law) -> ModelSize:
    """Return the model's size by every convention that is known."""
    if target.architecture is not None:
        return model_size(target.architecture)
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
