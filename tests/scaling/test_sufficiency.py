"""The verdict and its reasons."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.architecture import Architecture, Convention
from registry.domain.gate import Gate, GateStatus
from registry.domain.target import Confidence, Requirement, TargetReport, Verdict
from registry.errors import InputError, UnknownError
from registry.scaling.architecture import model_size
from registry.scaling.bounds import MAX_PARAMETERS, MAX_UNIQUE_TOKENS
from registry.scaling.demand import ask
from registry.scaling.formulas import Parametric, Power, Ratio
from registry.scaling.laws import get_law, load_laws
from registry.scaling.repetition import R_D_STAR
from registry.scaling.requirement import optimal_tokens
from registry.scaling.sufficiency import assess
from registry.scaling.supply import Supply
from registry.scaling.verdict import judge

NEED = Requirement(low=90, mid=100, high=110)
ORDER = list(Verdict)
SIZES = st.integers(min_value=1, max_value=MAX_PARAMETERS)
TOKENS = st.integers(min_value=0, max_value=MAX_UNIQUE_TOKENS)


def make_mixture() -> Architecture:
    """8 experts with 2 active and 1 shared."""
    return Architecture(
        layers=4,
        width=64,
        heads=4,
        kv_heads=2,
        feed_forward=128,
        vocabulary=50257,
        experts=8,
        active_experts=2,
        shared_experts=1,
        sequence_length=1024,
    )


def make_supply(unique: int) -> Supply:
    return Supply(unique, epochs=4, hard_epochs=16, r_d_star=R_D_STAR)


@pytest.mark.parametrize(
    ("unique", "verdict"),
    [
        # 16 epochs of 8 are worth 84.7, of 9 95.2; 4 epochs of 26 are worth 96.9, of 27 100.6
        (0, Verdict.INSUFFICIENT),
        (8, Verdict.INSUFFICIENT),
        (9, Verdict.CONSTRAINED),
        (26, Verdict.CONSTRAINED),
        (27, Verdict.SUFFICIENT_REPEAT),
        (99, Verdict.SUFFICIENT_REPEAT),
        (100, Verdict.SUFFICIENT),
        (499, Verdict.SUFFICIENT),
        (500, Verdict.AMPLE),
    ],
)
def test_the_verdict_turns_at_its_thresholds(unique, verdict):
    assert verdict == judge(NEED, make_supply(unique))


@pytest.mark.parametrize(
    ("num_parameters", "unique", "verdict"),
    [
        # Scenarios with 20 tokens a parameter: FineWeb-Edu 200B unique, DCLM 1T unique
        (8e9, 2e11, Verdict.SUFFICIENT),
        (7e10, 2e11, Verdict.CONSTRAINED),
        (7e10, 1e12, Verdict.SUFFICIENT_REPEAT),
        (4.05e11, 1e12, Verdict.CONSTRAINED),
    ],
)
def test_known_corpora_against_known_sizes(num_parameters, unique, verdict):
    target = assess(num_parameters=int(num_parameters), unique_tokens=int(unique), law="rule-20")

    assert verdict == target.verdict


def test_the_numbers_of_one_target_agree_with_each_other():
    target = assess(num_parameters=70_000_000_000, unique_tokens=200_000_000_000, law="rule-20")

    assert target.shortfall_tokens == 1_200_000_000_000
    assert pytest.approx(8.6, abs=0.05) == target.epochs_needed
    assert pytest.approx(2.857, abs=1e-3) == target.tokens_per_parameter
    assert target.largest_model.mid == 10_000_000_000
    assert pytest.approx(10e9 * 3.7257, rel=1e-4) == target.largest_model_repeated.mid
    assert pytest.approx({"1": 2e11, "4": 2e11 * 3.7257, "16": 2e11 * 10.5825}, rel=1e-4) == (
        target.effective_tokens
    )


def test_every_law_is_in_the_answer():
    target = assess(num_parameters=10**9, unique_tokens=10**10)

    assert {"rule-10", "rule-20", "chinchilla-1", "epoch-2024"} < set(target.required_tokens)
    assert target.law == "epoch-2024"


@pytest.mark.parametrize(
    ("unique", "confidence"),
    [(2 * 10**13, Confidence.FIRM), (10**12, Confidence.SPLIT), (10**9, Confidence.FIRM)],
)
def test_confidence_falls_where_fitted_laws_disagree(unique, confidence):
    """For 175B parameters Epoch asks for 3.1T, Chinchilla 3 for 12T; 1T seen 4 times is between."""
    target = assess(num_parameters=175_000_000_000, unique_tokens=unique)

    assert confidence == target.confidence


def test_a_rule_has_no_vote_on_confidence():
    """1.3B on 4B: rule-10 says enough (13B of 14.9B), every fitted law says not."""
    target = assess(num_parameters=1_300_000_000, unique_tokens=4_000_000_000)

    assert (target.verdict, target.confidence) == (Verdict.CONSTRAINED, Confidence.FIRM)
    assert any("rule-10" in reason and "SUFFICIENT-REPEAT" in reason for reason in target.reasons)


def test_a_law_without_error_model_is_never_firm():
    target = assess(num_parameters=10**9, unique_tokens=10**12, law="rule-20")

    assert (target.confidence, target.probability_sufficient) == (Confidence.LIKELY, None)


def test_the_reasons_name_law_interval_numbers_and_what_would_change():
    target = assess(num_parameters=70_000_000_000, unique_tokens=200_000_000_000)

    assert target.reasons == (
        "epoch-2024 asks for 1.29T tokens (80 % interval 778B to 2.11T) for 70B parameters, "
        "18.4 each.",
        "200B unique tokens are held; seen 4 times they are worth 745B, seen 16 times 2.12T. "
        "It takes 7.69 epochs.",
        "145B more unique tokens would make it SUFFICIENT-REPEAT, and so would a model of 39.4B "
        "parameters.",
        "Seen 4 times, what is held leaves the loss 0.017 nats above that on enough data, by "
        "epoch-2024.",
        "Under epoch-2024, 4 epochs suffice with a probability of 8 %, sampling error alone.",
        "The laws with a vote ask for 1.16T (porian-refinedweb) to 1.68T (chinchilla-2), and "
        "agree.",
        "Without a vote: SUFFICIENT by kaplan; SUFFICIENT-REPEAT by rule-10, nanochat.",
        "This lies outside the range that epoch-2024 was fitted on: an extrapolation.",
        "A run on the required tokens takes 5.40e23 FLOPs, in batches of 4.19M to 8.39M tokens.",
    )


@given(size=st.integers(10**8, 10**12), unique=st.integers(10**8, 10**13))
def test_what_the_reasons_promise_comes_true(size, unique):
    target = assess(num_parameters=size, unique_tokens=unique, law="rule-20")
    if target.verdict.is_enough:
        return
    enough = math.ceil(make_supply(unique).unique_for(target.required_tokens["rule-20"].mid))

    with_more = assess(num_parameters=size, unique_tokens=enough + 1, law="rule-20")
    smaller = assess(
        num_parameters=target.largest_model_repeated.mid - 1, unique_tokens=unique, law="rule-20"
    )

    assert with_more.verdict == Verdict.SUFFICIENT_REPEAT
    assert smaller.verdict.is_enough


@given(size=SIZES, tokens=st.tuples(TOKENS, TOKENS))
def test_more_data_never_makes_the_verdict_worse(size, tokens):
    fewer, more = (assess(num_parameters=size, unique_tokens=n) for n in sorted(tokens))

    assert ORDER.index(fewer.verdict) <= ORDER.index(more.verdict)
    assert fewer.shortfall_tokens >= more.shortfall_tokens
    assert fewer.largest_model.mid <= more.largest_model.mid


@given(size=SIZES, unique=TOKENS)
def test_every_answer_is_finite_whole_and_survives_json(size, unique):
    target = assess(num_parameters=size, unique_tokens=unique)
    text = target.model_dump_json()

    # The strict reader: NaN and Infinity are refused, and so is any other field.
    assert target == TargetReport.model_validate_json(text)
    assert "NaN" not in text
    assert "Infinity" not in text
    assert all(isinstance(worth, int) for worth in json.loads(text)["effective_tokens"].values())
    assert all(reason.endswith(".") for reason in target.reasons)


def test_without_data_the_answer_is_explicit():
    target = assess(num_parameters=10**9, unique_tokens=0)

    assert target.verdict == Verdict.INSUFFICIENT
    assert target.epochs_needed is None
    assert (
        target.largest_model.low,
        target.largest_model.mid,
        target.largest_model.high,
    ) == (0, 0, 0)
    assert "No unique tokens are held." in target.reasons


@pytest.mark.parametrize("size", [0, -1, 10**15 + 1])
def test_an_absurd_size_is_refused(size):
    with pytest.raises(InputError, match="not a model size"):
        assess(num_parameters=size, unique_tokens=1)


@pytest.mark.parametrize("unique", [-1, 10**17 + 1])
def test_an_absurd_supply_is_refused(unique):
    with pytest.raises(InputError, match="unique tokens"):
        assess(num_parameters=10**9, unique_tokens=unique)


@pytest.mark.parametrize(("epochs", "hard_epochs"), [(0, 16), (5, 4), (-1, -1), (4, 10**10)])
def test_an_impossible_policy_is_refused(epochs, hard_epochs):
    with pytest.raises(InputError, match="epochs"):
        assess(num_parameters=1, unique_tokens=1, epochs=epochs, hard_epochs=hard_epochs)


def test_an_unknown_law_is_refused():
    with pytest.raises(UnknownError):
        assess(num_parameters=1, unique_tokens=1, law="folklore")


def make_gate(**changes) -> Gate:
    fields = {
        "name": "licence",
        "status": GateStatus.BLOCK,
        "message": "web/cc@1 forbids training",
        "policy": "licences that allow training",
    }
    return Gate.model_validate(fields | changes)


def test_a_gate_that_blocks_overrules_the_numbers_and_keeps_them():
    free = assess(num_parameters=10**9, unique_tokens=10**12)
    blocked = assess(num_parameters=10**9, unique_tokens=10**12, gates=[make_gate()])

    assert (Verdict.BLOCKED, Confidence.FIRM) == (blocked.verdict, blocked.confidence)
    assert blocked.reasons[0] == (
        "The gate licence blocks: web/cc@1 forbids training (licences that allow training)."
    )
    assert free.reasons == blocked.reasons[1:]
    assert free.required_tokens == blocked.required_tokens


def test_a_gate_that_warns_leaves_the_verdict():
    target = assess(
        num_parameters=10**9, unique_tokens=10**12, gates=[make_gate(status=GateStatus.WARN)]
    )

    assert target.verdict == Verdict.AMPLE
    assert len(target.gates) == 1


def test_over_training_asks_for_so_many_times_the_tokens():
    once = assess(num_parameters=10**9, unique_tokens=10**11, law="rule-20")
    often = assess(num_parameters=10**9, unique_tokens=10**11, law="rule-20", overtraining=10)

    assert (once.verdict, often.verdict) == (Verdict.AMPLE, Verdict.SUFFICIENT_REPEAT)
    assert 10 * once.required_tokens["rule-20"].mid == often.required_tokens["rule-20"].mid
    assert once.largest_model.mid == 10 * often.largest_model.mid


def test_data_for_the_cheapest_model_to_serve_is_ample():
    """Serving 10T tokens, the quality of 13B comes cheapest from a smaller model on more data."""
    held = 800_000_000_000

    plain = assess(num_parameters=13 * 10**9, unique_tokens=held)
    served = assess(num_parameters=13 * 10**9, unique_tokens=held, served_tokens=2e12)

    assert (plain.verdict, served.verdict) == (Verdict.SUFFICIENT, Verdict.AMPLE)
    assert served.serving.num_tokens <= held < 5 * plain.required_tokens["epoch-2024"].mid
    assert served.serving.num_parameters < 13 * 10**9


def test_serving_needs_a_law_of_losses():
    with pytest.raises(InputError, match="no parametric form"):
        assess(num_parameters=10**9, unique_tokens=10**9, law="rule-20", served_tokens=1e12)


def test_a_law_of_ones_own_is_asked_beside_the_others():
    ours = load_laws()[1].model_copy(update={"id": "ours", "flags": ("user",), "votes": True})

    target = assess(
        num_parameters=10**9, unique_tokens=10**10, law="ours", laws=[*load_laws(), ours]
    )

    assert target.law == "ours"
    assert target.required_tokens["ours"].mid == 20 * 10**9
    assert "gadre-c4" not in target.required_tokens


def test_a_law_outside_the_panel_can_be_chosen_by_name():
    target = assess(num_parameters=10**10, unique_tokens=10**12, law="sardana")

    assert target.law in target.required_tokens


def test_a_law_without_token_requirement_cannot_be_chosen():
    with pytest.raises(InputError, match="gadre-c4"):
        assess(num_parameters=10**9, unique_tokens=10**10, law="gadre-c4")


def test_warnings_say_what_is_asked_and_how_to_change_it():
    target = assess(num_parameters=70 * 10**9, unique_tokens=2 * 10**11)

    assert ["epochs", "extrapolated"] == [warning.name for warning in target.warnings]
    assert target.warnings[0].message == "7.69 epochs are needed"
    assert target.warnings[0].policy == "4 wanted, 16 allowed"
    assert all(warning.hint for warning in target.warnings)


def test_beyond_16_39_times_the_supply_the_answer_is_infeasible():
    target = assess(num_parameters=10**12, unique_tokens=10**9)

    assert target.epochs_needed is None
    assert target.warnings[0].name == "infeasible"


def test_few_steps_are_warned_of():
    target = assess(num_parameters=10**6, unique_tokens=10**9)

    assert "steps" in [warning.name for warning in target.warnings]


def test_flops_are_six_for_each_parameter_and_required_token():
    target = assess(num_parameters=70 * 10**9, unique_tokens=10**12, law="rule-20")

    assert pytest.approx(6 * 70e9 * 1.4e12) == target.flops


def test_a_mixture_of_experts_is_judged_on_what_a_token_meets():
    """7,369,408 parameters less 6 idle experts of 3 x 64 x 128 in each of 4 layers."""
    target = assess(num_parameters=7_369_408, unique_tokens=3_000_000, architecture=make_mixture())
    need = target.required_tokens["epoch-2024"].mid
    experts = next(warning for warning in target.warnings if warning.name == "experts")

    assert (7_369_408, 6_779_584) == (target.num_parameters, target.active_parameters)
    assert (6_779_584, "active") == (target.counted_size.number, target.counted_size.counts)
    assert need == optimal_tokens(6_779_584).mid
    assert 3_000_000 / 6_779_584 == target.tokens_per_parameter
    assert target.reasons[0].endswith(
        f"for the 6.78M active of 7.369M parameters, {need / 6_779_584:.3g} each."
    )
    assert "6.78M active of 7.369M" in experts.message
    # The shape is known: nothing else was given in place of what the law counts.
    assert "parameters" not in [warning.name for warning in target.warnings]


def test_a_size_of_another_count_than_the_laws_is_warned_of():
    bare, shaped = (
        assess(num_parameters=7_369_408, unique_tokens=10**6, law="minicpm", architecture=shape)
        for shape in (None, make_mixture())
    )

    assert "parameters" in [warning.name for warning in bare.warnings]
    # 4 x (12,288 of attention, 512 of the router, 3 experts met of 24,576) and 9 norms of 64.
    assert 346_112 + 576 == shaped.counted_size.number
    assert "the 346.7K non-embedding of 7.369M parameters, 192 each." in shaped.reasons[0]
    assert "parameters" not in [warning.name for warning in shaped.warnings]


def test_flops_of_a_shape_are_those_of_its_matrices_and_of_attention():
    """6 x (346,112 + 50,257 x 64) + 12 x 4 x 64 x 1,024 = 24,521,088 a token."""
    target = assess(num_parameters=7_369_408, unique_tokens=3_000_000, architecture=make_mixture())

    assert 24_521_088 == target.flops_per_token
    assert 24_521_088 * target.required_tokens["epoch-2024"].mid == target.flops
    assert "4.82e15 FLOPs, 2.45e7 a token by the model's shape" in target.reasons[-1]


def test_what_serving_changes_is_a_reason():
    """300K on 10.14M tokens cost 1.8e13 FLOPs, serving 1B 6e14; 83K on 118M and serving 2.25e14."""
    served, hardly = (
        assess(num_parameters=300_000, unique_tokens=1_670_000, served_tokens=tokens).reasons[1]
        for tokens in (1e9, 1e3)
    )

    assert served == (
        "With 1B tokens served, 83.07K parameters trained on 118M tokens are as good by epoch-2024 "
        "and cost 64 % fewer FLOPs over their life than 300K; for them the data is INSUFFICIENT."
    )
    assert hardly == (
        "With 1K tokens served, the compute-optimal model stays the cheapest over its life."
    )


def test_a_run_shorter_than_one_sequence_is_said_to_be():
    target = assess(num_parameters=300_000, unique_tokens=10**6, sequence_length=10**8)
    steps = next(warning for warning in target.warnings if warning.name == "steps")

    assert "less than one sequence of 100M tokens" in target.reasons[-1]
    assert "one sequence of 100M tokens is more than the 10.1M" in steps.message


def test_the_probability_goes_by_the_count_of_the_law():
    """At the tokens that a law asks for about half of its draws are reached, whatever it counts."""
    changed = {"id": "ours", "parameters": Convention.NON_EMBEDDING}
    ours = get_law("epoch-2024").model_copy(update=changed)
    demand = ask(model_size(make_mixture()), law=ours, laws=[ours])

    assert pytest.approx(0.5, abs=0.06) == demand.probability(demand.need.mid)


def test_enough_data_leaves_no_gap_and_too_little_one_in_nats():
    enough = assess(num_parameters=10**9, unique_tokens=10**11).gap
    little = assess(num_parameters=10**9, unique_tokens=10**9).gap

    assert enough.loss_nats == 0
    assert pytest.approx(0, abs=1e-3) == enough.compute_overhead
    assert little.loss_nats > 0
    assert little.compute_overhead > 0.01


def test_the_spread_between_laws_stands_apart_from_the_interval():
    target = assess(num_parameters=175 * 10**9, unique_tokens=10**12)

    assert (target.law_spread.lowest, target.law_spread.highest) == (
        "porian-refinedweb",
        "chinchilla-2",
    )
    assert target.law_spread.low == target.required_tokens["porian-refinedweb"].mid
    assert target.required_tokens["epoch-2024"].low < target.law_spread.low


def make_architecture(**changes) -> Architecture:
    """Llama 2 7B, by its configuration."""
    fields = {"layers": 32, "width": 4096, "heads": 32, "feed_forward": 11008, "vocabulary": 32000}
    return Architecture.model_validate(fields | changes)


def test_a_shape_gives_every_law_the_count_it_asks_for():
    shape = make_architecture(vocabulary=64_000)
    target = assess(num_parameters=7 * 10**9, unique_tokens=10**12, architecture=shape)

    assert not any(need.assumed for need in target.required_tokens.values())
    assert set(target.batch.laws) == {"step-law", "deepseek"}
    assert "vocabulary" not in [warning.name for warning in target.warnings]


@pytest.mark.parametrize(
    ("vocabulary", "warned"), [(25_000, True), (32_000, False), (120_000, False), (200_000, True)]
)
def test_a_vocabulary_far_from_its_optimum_is_warned_of(vocabulary, warned):
    """About 60,000 to 67,000 entries for a 7B model of width 4,096 (Tao et al. 2024)."""
    target = assess(
        num_parameters=7 * 10**9,
        unique_tokens=10**12,
        architecture=make_architecture(vocabulary=vocabulary),
    )

    assert warned == ("vocabulary" in [warning.name for warning in target.warnings])


EXTREME = st.floats(min_value=1e-300, max_value=1e300)
FORMULAS = st.one_of(
    st.builds(Ratio, kind=st.just("ratio"), tokens_per_parameter=EXTREME),
    st.builds(Power, kind=st.just("power"), factor=EXTREME, exponent=EXTREME),
    st.builds(
        Parametric,
        kind=st.just("parametric"),
        a=st.floats(-300, 300),
        b=st.floats(-300, 300),
        e=st.floats(-50, 50),
        alpha=st.floats(1e-3, 100),
        beta=st.floats(1e-3, 100),
    ),
)


@given(formula=FORMULAS, size=SIZES, unique=TOKENS, ratio=st.floats(1e-3, 1e6))
def test_the_wildest_law_of_ones_own_gives_finite_numbers(formula, size, unique, ratio):
    law = load_laws()[1].model_copy(update={"id": "wild", "formula": formula})

    target = assess(
        num_parameters=size, unique_tokens=unique, law=law, laws=[law], overtraining=ratio
    )

    assert target == TargetReport.model_validate_json(target.model_dump_json())
