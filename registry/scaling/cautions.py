"""What to know of a target beside its verdict: each a gate that warns, with its policy."""

from collections.abc import Iterator

from registry.domain.architecture import Architecture
from registry.domain.batch import BatchBand
from registry.domain.gate import Gate, GateStatus
from registry.domain.quantities import format_count, format_times
from registry.domain.target import Requirement
from registry.scaling.architecture import model_size, optimal_vocabulary
from registry.scaling.batch import MIN_STEPS
from registry.scaling.supply import Supply

VOCABULARY_FACTOR = 2
"""Within it a vocabulary is taken as near its optimum. A policy value."""

WORTHLESS_EPOCHS = 40
"""From here on repeated tokens add nothing that was measured (Muennighoff et al. 2023)."""


def cautions(
    need: Requirement, *, epochs: float | None, supply: Supply, batch: BatchBand | None, law: str
) -> Iterator[Gate]:
    """Yield what to know of a target, the gravest first.

    Args:
        need: Tokens that the target asks for.
        epochs: How often the unique ones must be seen; None: infeasible.
        supply: Tokens held, with the policy on epochs.
        batch: The recommended band of batch sizes.
        law: The id of the law that the verdict goes by.
    """
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
    if need.assumed:
        yield _caution(
            "parameters",
            f"{law} counts other parameters than were given; those given stood in",
            f"the parameter convention of {law}",
            "give the model's shape in place of its size",
        )
    if batch is not None and batch.steps_at_low < MIN_STEPS:
        yield _caution(
            "steps",
            f"{batch.steps_at_low:,} steps of {format_count(batch.low)} tokens",
            f"at least {MIN_STEPS:,} steps",
            "take a smaller batch or shorter sequences",
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
