"""What to know of a target beside its verdict: each a gate, and what a policy makes of it."""

from collections.abc import Iterator

from registry.domain.architecture import Architecture, Convention
from registry.domain.batch import BatchBand
from registry.domain.gate import Gate, GateStatus
from registry.domain.quantities import format_count, format_number, format_times
from registry.domain.sufficiency_policy import (
    EpochPolicy,
    LawPolicy,
    Reaction,
    StepPolicy,
    SufficiencyPolicy,
)
from registry.domain.target import Requirement, format_parameters, format_size
from registry.scaling.architecture import model_size, optimal_vocabulary
from registry.scaling.demand import Demand
from registry.scaling.supply import Supply


def cautions(
    demand: Demand,
    *,
    epochs: float | None,
    supply: Supply,
    batch: BatchBand,
    policy: SufficiencyPolicy,
) -> Iterator[Gate]:
    """Yield what to know of a target, the gravest first.

    Args:
        demand: What the target asks for.
        epochs: How often the unique ones must be seen; None: infeasible.
        supply: Tokens held, with the epochs that are wanted and allowed.
        batch: The recommended band of batch sizes.
        policy: What is asked.
    """
    yield from _epochs(demand.need, epochs=epochs, supply=supply, policy=policy.epochs)
    yield from _range(demand, policy.law)
    yield from _size(demand, policy.law)
    yield from _steps(demand.need, batch, policy.steps)


def vocabulary_cautions(architecture: Architecture, policy: SufficiencyPolicy) -> Iterator[Gate]:
    """Yield a gate where a vocabulary is far from the compute-optimal one for its model."""
    size, factor = model_size(architecture), policy.vocabulary.factor
    low, high = optimal_vocabulary(size.non_embedding or size.total, width=architecture.width)
    if not low / factor <= architecture.vocabulary <= high * factor:
        yield from _caution(
            policy.vocabulary.beyond,
            name="vocabulary",
            message=f"{architecture.vocabulary:,} entries; {low:,} to {high:,} are compute-optimal",
            policy=f"within a factor of {factor:g} of the optimum",
            hint="train a tokenizer of another size, or leave it where tokens a text matter more",
            keys=("vocabulary.factor", "vocabulary.beyond"),
        )


def _epochs(
    need: Requirement, *, epochs: float | None, supply: Supply, policy: EpochPolicy
) -> Iterator[Gate]:
    if epochs is None:
        yield from _caution(
            policy.infeasible,
            name="infeasible",
            message=f"{format_count(need.mid)} tokens are asked for, and no repetition makes those "
            f"held worth more than {format_count(supply.most)}",
            policy=f"at most {1 + supply.r_d_star:.4g} times the unique tokens",
            hint="get more unique data, or train a smaller model",
            keys=("epochs.infeasible",),
        )
    elif epochs > supply.epochs:
        is_worthless = epochs > policy.worthless_above
        worthless = ", where repeated tokens add next to nothing" * is_worthless
        yield from _caution(
            policy.more,
            name="epochs",
            message=f"{format_times(epochs)} epochs are needed{worthless}",
            policy=f"{supply.epochs} wanted, {supply.hard_epochs} allowed",
            hint="get more unique data, train a smaller model, or allow more epochs",
            keys=("epochs.wanted", "epochs.allowed", "epochs.more"),
        )


def _range(demand: Demand, policy: LawPolicy) -> Iterator[Gate]:
    need, law = demand.need, demand.law.id
    if need.extrapolated:
        yield from _caution(
            policy.extrapolated,
            name="extrapolated",
            message=f"{format_count(need.mid)} tokens lie, or the model lies, outside what {law} "
            "was fitted on",
            policy=f"the fitted range of {law}",
            hint=f"muster law show {law}; fit a law to your own runs with muster law fit",
            keys=("law.extrapolated",),
        )
    if need.extrapolated is None:
        yield from _caution(
            policy.range_unknown,
            name="range-unknown",
            message=f"nothing that was read says which runs {law} was fitted on",
            policy=f"the fitted range of {law}",
            hint="go by a law with a known range, or fit one with muster law fit",
            keys=("law.range_unknown",),
        )


def _size(demand: Demand, policy: LawPolicy) -> Iterator[Gate]:
    """Yield gates where the law was evaluated on another size than it counts."""
    model, law = demand.model, demand.law
    is_of_dense = law.parameters not in {Convention.ACTIVE, Convention.UNSPECIFIED}
    if model.active is not None and is_of_dense:
        yield from _caution(
            policy.of_dense_models,
            name="experts",
            message=f"{law.id} is a law of dense models; it was evaluated on what a token meets, "
            f"{format_size(model.active)} active of {format_parameters(model.total)}",
            policy="dense models, whose parameters are all active",
            hint="fit a law to runs of your own mixtures of experts: "
            "muster law fit --counts active",
            keys=("law.of_dense_models",),
        )
    if demand.size.is_assumed and not (model.active and law.parameters is Convention.TOTAL):
        yield from _caution(
            policy.other_parameters,
            name="parameters",
            message=f"{law.id} counts other parameters than were given; those given stood in",
            policy=f"the parameter convention of {law.id}",
            hint="give the model's shape in place of its size",
            keys=("law.other_parameters",),
        )


def _steps(need: Requirement, batch: BatchBand, policy: StepPolicy) -> Iterator[Gate]:
    if batch.steps_at_low >= policy.least:
        return
    steps = format_number(batch.steps_at_low, "step")
    message = f"{steps} of {format_count(batch.low)} tokens"
    if batch.sequence_length > need.mid:
        message = (
            f"one sequence of {format_count(batch.sequence_length)} tokens is more than the "
            f"{format_count(need.mid)} that the run reads"
        )
    yield from _caution(
        policy.fewer,
        name="steps",
        message=message,
        policy=f"at least {policy.least:,} steps",
        hint="take a smaller batch or shorter sequences",
        keys=("steps.least", "steps.fewer"),
    )


def _caution(
    reaction: Reaction,
    *,
    name: str,
    message: str,
    policy: str,
    hint: str,
    keys: tuple[str, ...],
) -> Iterator[Gate]:
    if reaction != "pass":
        yield Gate(
            name=name,
            status=GateStatus(reaction),
            message=message,
            policy=policy,
            hint=hint,
            keys=keys,
        )
