"""A recipe as data: a named, versioned, ordered list of steps with parameters."""

from pydantic import JsonValue

from registry.domain.base import Value
from registry.domain.digest import Digest, fingerprint

Parameter = bool | int | float | str | tuple[str, ...]
"""The value of a step's parameter."""


class RecipeStep(Value):
    """One step of a recipe, with every parameter written out, defaults included."""

    step: str
    """The step's name in the field's words, such as `unify_newlines`."""

    version: int
    """The version of the step's own code; it rises when the same input would give other output."""

    parameters: dict[str, Parameter] = {}


class Recipe(Value):
    """An ordered list of steps that turns documents into documents."""

    name: str
    version: str
    """A semantic version, `1.0.0`."""

    description: str = ""
    steps: tuple[RecipeStep, ...]

    @property
    def fingerprint(self) -> Digest:
        """The hash of everything that changes the output: steps, their versions, parameters."""
        steps: list[JsonValue] = [step.model_dump(mode="json") for step in self.steps]
        return fingerprint({"name": self.name, "version": self.version, "steps": steps})


class RecipeIdentity(Value):
    """What an answer says of a recipe."""

    name: str
    version: str
    fingerprint: Digest
