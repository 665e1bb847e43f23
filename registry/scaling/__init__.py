"""Pure numbers: laws, repetition, batch size, cost, sufficiency. No files, no clock, no SQL."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.scaling.allocation import (
        Allocation,
        allocate,
        flops_for_loss,
        loss,
        tokens_for_loss,
    )
    from registry.scaling.architecture import flops_per_token, model_size, optimal_vocabulary
    from registry.scaling.batch import critical_batch_size, recommend_batch
    from registry.scaling.constrained import constrained_allocation, constrained_loss
    from registry.scaling.cost import (
        device_hours,
        get_device,
        inference_flops,
        load_devices,
        training_cost,
        training_flops,
    )
    from registry.scaling.estimates import estimate_targets
    from registry.scaling.fitting import fit_law
    from registry.scaling.gap import compute_overhead, doubling_value, loss_gap, marginal_value
    from registry.scaling.inference import inference_optimum
    from registry.scaling.laws import get_law, load_laws
    from registry.scaling.pools import Pool, pooled_effective_tokens, pooled_epochs_needed
    from registry.scaling.repetition import effective_tokens, epochs_needed
    from registry.scaling.requirement import (
        optimal_parameters,
        optimal_tokens,
        overtraining_ratio,
        probability_sufficient,
        required_tokens,
    )
    from registry.scaling.sufficiency import assess

__all__ = [
    "Allocation",
    "Pool",
    "allocate",
    "assess",
    "compute_overhead",
    "constrained_allocation",
    "constrained_loss",
    "critical_batch_size",
    "device_hours",
    "doubling_value",
    "effective_tokens",
    "epochs_needed",
    "estimate_targets",
    "fit_law",
    "flops_for_loss",
    "flops_per_token",
    "get_device",
    "get_law",
    "inference_flops",
    "inference_optimum",
    "load_devices",
    "load_laws",
    "loss",
    "loss_gap",
    "marginal_value",
    "model_size",
    "optimal_parameters",
    "optimal_tokens",
    "optimal_vocabulary",
    "overtraining_ratio",
    "pooled_effective_tokens",
    "pooled_epochs_needed",
    "probability_sufficient",
    "recommend_batch",
    "required_tokens",
    "tokens_for_loss",
    "training_cost",
    "training_flops",
]

_HOME = {
    "Allocation": "allocation",
    "Pool": "pools",
    "allocate": "allocation",
    "assess": "sufficiency",
    "compute_overhead": "gap",
    "constrained_allocation": "constrained",
    "constrained_loss": "constrained",
    "critical_batch_size": "batch",
    "device_hours": "cost",
    "doubling_value": "gap",
    "effective_tokens": "repetition",
    "epochs_needed": "repetition",
    "estimate_targets": "estimates",
    "fit_law": "fitting",
    "flops_for_loss": "allocation",
    "flops_per_token": "architecture",
    "get_device": "cost",
    "get_law": "laws",
    "inference_flops": "cost",
    "inference_optimum": "inference",
    "load_devices": "cost",
    "load_laws": "laws",
    "loss": "allocation",
    "loss_gap": "gap",
    "marginal_value": "gap",
    "model_size": "architecture",
    "optimal_parameters": "requirement",
    "optimal_tokens": "requirement",
    "optimal_vocabulary": "architecture",
    "overtraining_ratio": "requirement",
    "pooled_effective_tokens": "pools",
    "pooled_epochs_needed": "pools",
    "probability_sufficient": "requirement",
    "recommend_batch": "batch",
    "required_tokens": "requirement",
    "tokens_for_loss": "allocation",
    "training_cost": "cost",
    "training_flops": "cost",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds under that name
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
