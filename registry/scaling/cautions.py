"""What to know of a target beside its verdict: each a gate that warns, with its policy."""

from collections.abc import Iterator

from registry.domain.architecture import Architecture, Convention
from registry.domain.batch import BatchBand
from registry.domain.gate import Gate, GateStatus
from registry.domain.quantities import format_count, format_number, format_times
from registry.domain.target import format_parameters, format_size
from registry.scaling.architecture import model_size, optimal_vocabulary
from registry.scaling.batch import MIN_STEPS
from registry.scaling.demand import Demand
from registry.scaling.supply import Supply

VOCABULARY_FACTOR = 2
"""Within it a vocabulary is taken as near its optimum. A policy value."""

WORTHLESS_EPOCHS = 40
"""From here on repeated tokens add nothing that was measured (Muennighoff et al. 2023)."""


def cautions(
    demand: Demand, *, epochs: float | None, supply: Supply, batch: BatchBand
) -> Iterator[Gate]:
    """Yield what to know of a target, the gravest first.

    Args:
        demand: What the target asks for.
        epochs: How often the unique ones must be seen; None: infeasible.
        supply: Tokens held, with the policy on epochs.
        batch: The recommended band of batch sizes.
    """
    need, law = demand.need, demand.law.id
    if epochs is None:
        yield _caution(
            "infeasible",
            f"{format_count(need.mid)} tokens are asked for, and no repetition makes those held "
            f"worth more than {format_count(supply.most)}",
            f"at most {1 + supply.r_d_star:.4g} times the unique tokens",
            "get more unique data, or train a smaller model",
        )
    elif epochs > supply.epochs:
        worthless = ", where repeated tokens add next to nothing" * (epochs > WORTHLESS_EPOCHS)
        yield _caution(
            "epochs",
            f"{format_times(epochs)} epochs are needed{worthless}",
            f"{supply.epochs} wanted, {supply.hard_epochs} allowed",
            "get more unique data, train a smaller model, or allow more epochs",
        )
    if need.extrapolated:
        yield _caution(
            "extrapolated",
            f"{format_count(need.mid)} tokens lie, or the model lies, outside what {law} was "
            "fitted on",
            f"the fitted range of {law}",
            f"muster law show {law}; fit a law to your own runs with muster law fit",
        )
    if need.extrapolated is None:
        yield _caution(
            "range-unknown",
            f"nothing that was read says which runs {law} was fitted on",
            f"the fitted range of {law}",
            "go by a law with a known range, or fit one with muster law fit",
        )
    yield from _size_cautions(demand)
    if batch.steps_at_low < MIN_STEPS:
        steps = format_number(batch.steps_at_low, "step")
        message = f"{steps} of {format_count(batch.low)} tokens"
        if batch.sequence_length > need.mid:
            message = (
                f"one sequence of {format_count(batch.sequence_length)} tokens is more than the "
                f"{format_count(need.mid)} that the run reads"
            )
        yield _caution(
            "steps",
            message,
            f"at least {MIN_STEPS:,} steps",
            "take a smaller batch or shorter sequences",
        )


def _size_cautions(demand: Demand) -> Iterator[Gate]:
    """Yield warnings where the law was evaluated on another size than it counts."""
    model, law = demand.model, demand.law
    is_of_dense = law.parameters not in {Convention.ACTIVE, Convention.UNSPECIFIED}
    if model.active is not None and is_of_dense:
        yield _caution(
            "experts",
            f"{law.id} is a law of dense models; it was evaluated on what a token meets, "
            f"{format_size(model.active)} active of {format_parameters(model.total)}",
            "dense models, whose parameters are all active",
            "fit a law to runs of your own mixtures of experts: muster law fit --counts active",
        )
    if demand.size.is_assumed and not (model.active and law.parameters is Convention.TOTAL):
        yield _caution(
            "parameters",
            f"{law.id} counts other parameters than were given; those given stood in",
            f"the parameter convention of {law.id}",
            "give the model's shape in place of its size",
        )


def vocabulary_cautions(architecture: Architecture) -> Iterator[Gate]:
    """Yield a warning where a vocabulary is far from the compute-optimal one for its model."""
    size = model_size(architecture)
    low, high = optimal_vocabulary(size.non_embedding or size.total, width=architecture.width)
    if not low / VOCABULARY_FACTOR <= architecture.vocabulary <= high * VOCABULARY_FACTOR:
        yield _caution(
            "vocabulary",
            f"{architecture.vocabulary:,} entries; {low:,} to {high:,} are compute-optimal",
            f"within a factor of {VOCABULARY_FACTOR} of the optimum",
            "train a tokenizer of another size, or leave it where tokens a text matter more",
        )


def _caution(name: str, message: str, policy: str, hint: str) -> Gate:
    return Gate(name=name, status=GateStatus.WARN, message=message, policy=policy, hint=hint)
