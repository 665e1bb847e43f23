"""Is the data enough for this model? The verdict, with its interval and its reasons."""

from collections.abc import Sequence

from registry.domain.architecture import Architecture, ModelSize
from registry.domain.batch import BatchBand
from registry.domain.gate import Gate, GateStatus
from registry.domain.sufficiency_policy import SufficiencyPolicy
from registry.domain.target import (
    Confidence,
    DataGap,
    Requirement,
    ServingOptimum,
    TargetReport,
    Verdict,
)
from registry.scaling.architecture import model_size, per_token
from registry.scaling.batch import recommend_batch
from registry.scaling.blend import Blend
from registry.scaling.bounds import check_parameters
from registry.scaling.cautions import cautions, vocabulary_cautions
from registry.scaling.cost import run_flops
from registry.scaling.credit import Written
from registry.scaling.demand import Demand, ask
from registry.scaling.formulas import Parametric
from registry.scaling.gap import compute_overhead, loss_gap, marginal_value
from registry.scaling.inference import inference_optimum
from registry.scaling.laws import DEFAULT_LAW, Law
from registry.scaling.reasons import explain
from registry.scaling.repetition import R_D_STAR
from registry.scaling.supply import Supply
from registry.scaling.verdict import judge, rate_confidence

DEFAULTS = SufficiencyPolicy()
"""What is asked where nobody has a policy."""

EPOCHS = DEFAULTS.epochs.wanted
HARD_EPOCHS = DEFAULTS.epochs.allowed


def assess(  # noqa: PLR0913 - a target has many sides, and each has a default
    *,
    num_parameters: int,
    unique_tokens: int | Blend,
    law: str | Law = DEFAULT_LAW,
    laws: Sequence[Law] | None = None,
    model: ModelSize | None = None,
    architecture: Architecture | None = None,
    overtraining: float = 1.0,
    served_tokens: float | None = None,
    sequence_length: int = 4096,
    epochs: int = EPOCHS,
    hard_epochs: int = HARD_EPOCHS,
    r_d_star: float = R_D_STAR,
    written: Written | None = None,
    gates: Sequence[Gate] = (),
    policy: SufficiencyPolicy = DEFAULTS,
) -> TargetReport:
    """Return whether unique tokens are enough for a model, and what would change the answer.

    Args:
        num_parameters: The target's size, 1 to 10^15, total parameters.
        unique_tokens: Tokens after duplicates, of one tokenizer; 0 to 10^17. Of a mixture its pools
            with their weights; epochs are then those of the most repeated pool.
        law: The law that the verdict goes by, or its id; every law's requirement is in the answer.
        laws: The laws to ask; None: those that muster ships.
        model: The size by every convention; None: as the shape says, else each law takes
            `num_parameters`.
        architecture: The model's shape, which brings sizes, sequence length and a look at the
            vocabulary; None: not known.
        overtraining: How many times the compute-optimal tokens the run is to see.
        served_tokens: Tokens to be served over the model's life; None: not told. Needs a law of
            losses; data for the cheapest model of this quality is then ample.
        sequence_length: Tokens a training sequence.
        epochs: How often the policy wants a token to be seen at most.
        hard_epochs: How often it may be seen at most; not below `epochs`.
        r_d_star: The constant of repetition.
        written: What a teacher writes beside the unique tokens; None: nothing.
        gates: What was asked of the data beside its amount; one may block.
        policy: What is asked of the target; of epochs `epochs` and `hard_epochs` go before it.

    Raises:
        InputError: An argument is out of bounds.
        UnknownError: There is no such law.

    Example:
        >>> assess(num_parameters=8_000_000_000, unique_tokens=200_000_000_000).verdict.value
        'SUFFICIENT'
    """
    check_parameters(num_parameters)
    if architecture is not None:
        sequence_length, model = architecture.sequence_length, model or model_size(architecture)
    size = model or ModelSize(total=num_parameters)
    demand = ask(size, law=law, laws=laws, overtraining=overtraining)
    blend = unique_tokens if isinstance(unique_tokens, Blend) else None
    supply = Supply(
        unique_tokens.once if isinstance(unique_tokens, Blend) else unique_tokens,
        epochs=epochs,
        hard_epochs=hard_epochs,
        r_d_star=r_d_star,
        blend=blend,
        written=written,
    )
    target = _report(
        demand,
        supply,
        _serving(demand, served_tokens),
        flops_per_token=per_token(size, architecture),
        sequence_length=sequence_length,
        policy=policy,
    )
    reasons = explain(
        target,
        supply=supply,
        voters=demand.votes.keys(),
        verdict_under=lambda item: judge(item, supply),
    )
    vocabulary = () if architecture is None else vocabulary_cautions(architecture, policy)
    cautioned = (*target.warnings, *vocabulary)
    blocking = [gate for gate in cautioned if gate.status is GateStatus.BLOCK]
    return _block(
        target.model_copy(
            update={
                "reasons": reasons,
                "gates": (*gates, *blocking),
                "warnings": tuple(gate for gate in cautioned if gate not in blocking),
            }
        )
    )


def _report(
    demand: Demand,
    supply: Supply,
    serving: ServingOptimum | None,
    *,
    flops_per_token: float,
    sequence_length: int,
    policy: SufficiencyPolicy,
) -> TargetReport:
    """Return a target without reasons and gates."""
    need, unique = demand.need, int(supply.unique)
    verdict = judge(need, supply, ample=serving.num_tokens if serving else None)
    probability = demand.probability(supply.repeated)
    batch = _batch(demand.model, need, sequence_length=sequence_length)
    times = supply.epochs_needed(need.mid)
    cautioned = cautions(demand, epochs=times, supply=supply, batch=batch, policy=policy)
    return TargetReport(
        num_parameters=demand.model.total,
        active_parameters=demand.model.active,
        counted_size=demand.size,
        verdict=verdict,
        confidence=rate_confidence(
            verdict, probability=probability, needs=demand.votes.values(), supply=supply
        ),
        law=demand.law.id,
        required_tokens=demand.required,
        unique_tokens=unique,
        tokens_per_parameter=unique / demand.parameters,
        effective_tokens={
            "1": round(supply.once),
            str(supply.epochs): round(supply.repeated),
            str(supply.hard_epochs): round(supply.exhausted),
        },
        epochs_needed=times,
        shortfall_tokens=max(0, need.mid - round(supply.once)),
        probability_sufficient=probability,
        largest_model=demand.largest_model(supply.unique),
        largest_model_repeated=demand.largest_model(supply.repeated),
        epochs=supply.epochs,
        hard_epochs=supply.hard_epochs,
        reasons=(),
        extrapolated=need.extrapolated,
        flops=run_flops(flops_per_token, need.mid),
        flops_per_token=flops_per_token,
        batch=batch,
        law_spread=demand.spread,
        gap=_gap(demand, supply),
        serving=serving,
        warnings=tuple(cautioned),
    )


def _block(target: TargetReport) -> TargetReport:
    """Let a gate that fails overrule the numbers, whose reasons stay."""
    failed = [gate for gate in target.gates if gate.status is GateStatus.BLOCK]
    if not failed:
        return target
    blocked = tuple(
        f"The gate {gate.name} blocks: {gate.message.rstrip('.')} ({gate.policy})."
        for gate in failed
    )
    return target.model_copy(
        update={
            "verdict": Verdict.BLOCKED,
            "confidence": Confidence.FIRM,
            "reasons": (*blocked, *target.reasons),
        }
    )


def _batch(size: ModelSize, need: Requirement, *, sequence_length: int) -> BatchBand:
    return recommend_batch(
        max(1, need.mid),
        non_embedding_parameters=size.non_embedding or size.met,
        flops_per_token=size.flops_per_token,
        sequence_length=sequence_length,
    )


def _gap(demand: Demand, supply: Supply) -> DataGap | None:
    """Return what a run within the policy costs; it reads no more than it needs."""
    law, need = demand.law, demand.need
    if not isinstance(law.formula, Parametric) or supply.unique == 0 or need.mid == 0:
        return None
    effective = supply.repeated
    read = supply.unique * supply.epochs + supply.added
    if effective >= need.mid:
        epochs = supply.epochs_needed(need.mid)
        effective, read = need.mid, max(1.0, supply.unique * (epochs or 0) + supply.added)
    return DataGap(
        law=law.id,
        loss_nats=loss_gap(effective, need.mid, law=law),
        compute_overhead=compute_overhead(
            demand.parameters, tokens_read=read, effective=effective, law=law
        ),
        marginal_nats=marginal_value(effective, law=law),
    )


def _serving(demand: Demand, served_tokens: float | None) -> ServingOptimum | None:
    if served_tokens is None:
        return None
    best = inference_optimum(round(demand.parameters), served_tokens, law=demand.law)
    return ServingOptimum(
        law=demand.law.id,
        served_tokens=served_tokens,
        num_parameters=round(best.num_parameters),
        num_tokens=round(best.num_tokens),
        flops=best.flops,
        saving=best.saving,
    )
