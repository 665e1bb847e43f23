"""A recipe as data: a named, versioned, ordered list of steps with parameters."""

from typing import Final

from pydantic import JsonValue, SerializerFunctionWrapHandler, model_serializer

from registry.domain.base import Value
from registry.domain.digest import Digest, fingerprint

Parameter = bool | int | float | str | tuple[str, ...]
"""The value of a step's parameter."""


READ_COLUMNS: Final = "read_columns"
"""The step that every recipe for tables begins with, and no other has."""


class RecipeStep(Value):
    """One step of a recipe, with every parameter written out, defaults included."""

    step: str
    """The step's name in the field's words, such as `unify_newlines`."""

    version: int
    """The version of the step's own code; it rises when the same input would give other output."""

    parameters: dict[str, Parameter] = {}


class Recipe(Value):
    """An ordered list of steps that turns documents into documents, or rows into rows."""

    name: str
    version: str
    """A semantic version, `1.0.0`."""

    description: str = ""
    steps: tuple[RecipeStep, ...]

    fitted: tuple[dict[str, JsonValue], ...] | None = None
    """What each step learned from a version, by column; None: nothing was learned yet, or the
    steps learn nothing."""

    is_inverse: bool = False
    """Whether each step is undone, from the last to the first."""

    @property
    def is_for_tables(self) -> bool:
        """Whether its steps are over the rows of a table."""
        return any(step.step == READ_COLUMNS for step in self.steps[:1])

    @property
    def fingerprint(self) -> Digest:
        """The hash of everything that changes the output: steps, parameters, what was learned."""
        steps: list[JsonValue] = [step.model_dump(mode="json") for step in self.steps]
        said: dict[str, JsonValue] = {"name": self.name, "version": self.version, "steps": steps}
        if self.fitted is not None:
            said["fitted"] = list(self.fitted)
        if self.is_inverse:
            said["is_inverse"] = True
        return fingerprint(said)

    @model_serializer(mode="wrap")
    def _say(self, handler: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        """Leave out what only a recipe for tables has, where there is nothing of it."""
        said: dict[str, JsonValue] = handler(self)
        if self.fitted is None:
            del said["fitted"]
        if not self.is_inverse:
            del said["is_inverse"]
        return said


class RecipeIdentity(Value):
    """What an answer says of a recipe."""

    name: str
    version: str
    fingerprint: Digest
