"""Generations: who wrote the documents of a version, a model or people."""

from enum import StrEnum

from pydantic import AwareDatetime, Field, JsonValue, model_validator

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.model import ModelReference


class Role(StrEnum):
    """What a model did to the documents of a version, or that none wrote them."""

    GENERATOR = "generator"
    """It wrote them."""

    REWRITER = "rewriter"
    """It wrote other documents anew, in other words."""

    TRANSLATOR = "translator"
    """It wrote other documents anew, in another language."""

    JUDGE = "judge"
    """It chose or scored them; the text is not its own."""

    PEOPLE = "people"
    """No model wrote them: people did."""

    @property
    def writes(self) -> bool:
        """Whether the text of the documents is a model's."""
        return self in {Role.GENERATOR, Role.REWRITER, Role.TRANSLATOR}


class GenerationDraft(Value):
    """What somebody states of how the documents of a version came about."""

    role: Role
    model: ModelReference | None = None
    """None where people wrote them."""

    prompt_digest: Digest | None = None
    """The digest of the prompt or of its template."""

    sampling: dict[str, JsonValue] = {}
    """The parameters of sampling, such as temperature and seed."""

    grounded_in: tuple[str, ...] = ()
    """References of the versions whose documents the model was given, beside the version's own
    parents."""

    @model_validator(mode="after")
    def _name_a_model(self) -> "GenerationDraft":
        if (self.role is Role.PEOPLE) != (self.model is None):
            raise ValueError("a role other than people is that of a model, and people are none")
        if self.role is Role.PEOPLE and (self.prompt_digest or self.sampling or self.grounded_in):
            raise ValueError("people have no prompt, no sampling and no grounding")
        return self


class Generation(Value):
    """A statement as it stands in the catalog, until somebody takes it back."""

    reference: str
    role: Role
    model: str | None
    """`name@revision`; None where people wrote the documents."""

    prompt_digest: Digest | None
    sampling: dict[str, JsonValue]
    grounded_in: tuple[str, ...]
    actor: str
    at: AwareDatetime

    @property
    def label(self) -> str:
        """Who wrote it, in a word or two: `generator org/model@v1`, `people`."""
        return label_writer(self.role, self.model)


def label_writer(role: Role, model: str | None) -> str:
    """Return who wrote something, in a word or two; see `Generation.label`."""
    return role.value if model is None else f"{role.value} {model}"


class Retraction(Value):
    """A statement that was taken back: by whom, when and why."""

    what: str
    """Who was said to have written it, such as `generator org/model@v1`."""

    reason: str
    actor: str
    at: AwareDatetime

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} UTC by {self.actor}: {self.reason}"


class GenerationList(Value):
    """The answer of `generation add` and `retract`: all that stands of a version, oldest first."""

    reference: str
    status: str
    """`created`, `unchanged` where the same is stated already, or `retracted`."""

    generations: tuple[Generation, ...]
    retracted: tuple[Generation, ...] = ()
    """What was taken back now."""

    kind: str | None = None
    """Of what was taken back, the kind that the dataset has all the same."""

    @property
    def is_kind_left(self) -> bool:
        """Whether the dataset is called synthetic though no model is said to have written it."""
        return self.kind == "synthetic" and not any(one.role.writes for one in self.generations)


class PromptList(Value):
    """The prompts of a version that are kept, in the order they were stated."""

    reference: str
    prompts: tuple[str, ...]
    contents: tuple[bytes, ...] = Field(default=(), exclude=True, repr=False)
    """The same, byte for byte; JSON holds the text alone."""
