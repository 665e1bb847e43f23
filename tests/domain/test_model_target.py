import pytest
from pydantic import ValidationError

from registry.domain.model_target import Objective, Target

SHAPE = {"layers": 2, "width": 8, "heads": 2, "feed_forward": 16, "vocabulary": 100}


def test_sizes_read_as_people_write_them():
    target = Target(parameters="1.3B", served_tokens="2e12")

    assert (1_300_000_000, 2_000_000_000_000) == (target.parameters, target.served_tokens)


@pytest.mark.parametrize(
    ("fields", "objective"),
    [
        ({"parameters": 10}, Objective.COMPUTE_OPTIMAL),
        ({"architecture": SHAPE}, Objective.COMPUTE_OPTIMAL),
        ({"compute_flops": 1e22}, Objective.FIXED_COMPUTE),
        ({"parameters": 10, "overtraining": 5}, Objective.OVER_TRAINED),
        ({"parameters": 10, "overtraining": 1}, Objective.COMPUTE_OPTIMAL),
        ({"parameters": 10, "served_tokens": 10}, Objective.INFERENCE_AWARE),
    ],
)
def test_the_objective_follows_where_none_is_stated(fields, objective):
    assert objective is Target(**fields).objective


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "exactly one of"),
        ({"parameters": 10, "compute_flops": 1e22}, "exactly one of"),
        ({"parameters": 10, "architecture": SHAPE}, "exactly one of"),
        ({"parameters": 0}, "greater than 0"),
        ({"parameters": 10**16}, "less than or equal"),
        ({"parameters": 10, "overtraining": 0.5}, "greater than or equal"),
        ({"parameters": 10, "objective": "over-trained"}, "needs overtraining"),
        ({"parameters": 10, "objective": "inference-aware"}, "needs served_tokens"),
        ({"compute_flops": 1e22, "objective": "compute-optimal"}, "is for fixed-compute"),
        ({"parameters": 10, "epochs": 20, "hard_epochs": 5}, "20 epochs wanted"),
        ({"parameters": 10, "name": "<b>"}, "is not a name"),
        ({"parameters": 10, "colour": "red"}, "Extra inputs"),
        (
            {"parameters": "1M", "active_parameters": "2M"},
            "active_parameters 2,000,000 are more than parameters 1,000,000",
        ),
        ({"parameters": "1M", "non_embedding_parameters": "9M"}, "9,000,000 are more than param"),
        (
            # Of a mixture of experts what a token meets, embeddings left out, is a part of it.
            {"parameters": 9, "active_parameters": 3, "non_embedding_parameters": 4},
            "non_embedding_parameters 4 are more than active_parameters 3",
        ),
        ({"architecture": SHAPE, "active_parameters": 1}, "a shape or a budget says it"),
        ({"parameters": 10, "hardware": {"device": "h100", "utilisation": 1.5}}, "less than"),
    ],
)
def test_what_makes_no_target_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        Target(**fields)


def test_the_digest_covers_everything_but_the_name():
    plain = Target(parameters=10)

    assert plain.digest == Target(name="a", parameters=10).digest
    assert plain.digest != Target(parameters=11).digest
