import pkgutil

import pytest

from registry.domain.recipe import Recipe
from registry.errors import RecipeError
from registry.normalization import steps
from registry.normalization.building import build_steps, describe_steps

from .factories import recipe_of


def test_every_module_of_the_steps_is_a_step_of_its_name():
    modules = {module.name for module in pkgutil.iter_modules(steps.__path__)} - {"base"}

    assert modules == set(steps.STEPS)
    assert list(steps.STEPS) == sorted(steps.STEPS)


def test_every_step_and_parameter_is_described():
    for step in describe_steps():
        assert step.summary.endswith(".")
        assert all(parameter.summary.endswith(".") for parameter in step.parameters)


def test_a_step_is_described_with_the_types_and_defaults_of_its_parameters():
    described = {step.name: step for step in describe_steps()}["decode"]

    assert [
        ("fallback", "list of strings", ()),
        ("lone_surrogates", "remove | replace | reject", "remove"),
    ] == [(item.name, item.type, item.default) for item in described.parameters]


def test_steps_are_built_in_order_with_their_parameters():
    built = build_steps(recipe_of("decode", "drop_empty", min_characters=3))

    assert ["decode", "drop_empty"] == [step.name for step in built]
    assert 3 == built[1].parameters.min_characters


def test_a_recipe_without_steps_is_refused():
    with pytest.raises(RecipeError, match="recipe none has no steps"):
        build_steps(Recipe(name="none", version="1.0.0", steps=()))


def test_a_step_that_this_program_lacks_is_refused():
    recipe = recipe_of("decode", "drop_empty")
    unknown = recipe.steps[1].model_copy(update={"step": "drop_emtpy"})

    with pytest.raises(RecipeError, match="no step 'drop_emtpy'") as caught:
        build_steps(recipe.model_copy(update={"steps": (recipe.steps[0], unknown)}))

    assert "did you mean drop_empty" in (caught.value.hint or "")


def test_a_step_without_a_state_refuses_one():
    step = build_steps(recipe_of("decode"))[0]

    with pytest.raises(ValueError, match="decode keeps no state"):
        step.restore_state(b"x")
