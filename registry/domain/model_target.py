"""A target: the model that somebody wants to train, and how."""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BeforeValidator, Field, field_validator, model_validator

from registry.domain.architecture import Architecture
from registry.domain.base import Value
from registry.domain.digest import Digest, fingerprint
from registry.domain.quantities import parse_count
from registry.domain.target import MOST_PARAMETERS, format_size
from registry.errors import InputError

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")


def _whole(value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
    return _read(parse_count, value)


def _size(value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
    return _read(partial(parse_count, what="model size", most=MOST_PARAMETERS), value)


def _read(parse: Callable[[str], int], value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except InputError as error:
        # Who validates says in which line or key the value stands.
        raise ValueError(f"{error}; {error.hint}" if error.hint else str(error)) from error


Count = Annotated[int, BeforeValidator(_whole), Field(gt=0)]
"""A whole number, also written as `1.3B` or `1.5e9`."""

Size = Annotated[int, BeforeValidator(_size), Field(gt=0, le=MOST_PARAMETERS)]
"""A number of parameters, also written as `1.3B`."""


class Objective(StrEnum):
    """What the run is meant to be best at."""

    COMPUTE_OPTIMAL = "compute-optimal"
    """The least training compute for the loss of a model of this size."""

    FIXED_COMPUTE = "fixed-compute"
    """The best model for a budget of training compute; its size follows."""

    OVER_TRAINED = "over-trained"
    """More tokens than compute-optimal, by a ratio."""

    INFERENCE_AWARE = "inference-aware"
    """The least compute for training and for serving so many tokens."""

    DISTILLED = "distilled"
    """A student of a teacher that writes text for it, compared with real data alone."""


class Hardware(Value):
    """What the run is to be trained on."""

    device: str
    """The id of a device, such as `h100`."""

    devices: int = Field(default=1, gt=0, le=10**9)
    utilisation: float | None = Field(default=None, gt=0, le=1)
    """The share of the peak, where it was measured; None: the usual range."""

    price_per_hour: float | None = Field(default=None, gt=0, le=10**9)
    """Of one device; muster knows no prices."""

    currency: str | None = Field(default=None, max_length=20)


class Distillation(Value):
    """A large teacher writes text that a smaller student is trained on, beside real text."""

    teacher: str | None = None
    """A model of the catalog, as `name@revision`: what is known of it comes into the report."""

    teacher_parameters: Size
    """Those that a token meets, which the cost of writing goes by."""

    generated_tokens: Annotated[Count, Field(le=10**17)]
    """Tokens that it is to write, of the report's tokenizer."""


class Target(Value):
    """A model, its objective, and the policy on repeating data."""

    name: str | None = None
    parameters: Size | None = None
    """Total parameters; None: they follow from the architecture or the budget."""

    non_embedding_parameters: Size | None = None
    """Those without token embeddings and head; of a mixture of experts, the active ones."""

    active_parameters: Size | None = None
    """Those that a token meets in a mixture of experts; None: every one."""

    architecture: Architecture | None = None
    objective: Objective = Objective.COMPUTE_OPTIMAL
    compute_flops: float | None = Field(default=None, ge=1, le=1e40)
    overtraining: float = Field(default=1.0, ge=1, le=10**6)
    """How many times the compute-optimal tokens the run is to see."""

    served_tokens: Count | None = None
    """Tokens to be served over the model's life."""

    sequence_length: int | None = Field(default=None, gt=0, le=10**8)
    """Tokens a training sequence; None: the architecture's, else 4,096."""

    tokenizer: str | None = None
    """Whose tokens are meant; None: as the report chooses."""

    epochs: int | None = Field(default=None, ge=1, le=10**4)
    """How often a token is wanted to be seen at most; None: 4."""

    hard_epochs: int | None = Field(default=None, ge=1, le=10**4)
    """How often a token may be seen at most; None: 16, or `epochs` where that is more."""

    hardware: Hardware | None = None
    distillation: Distillation | None = None
    """The teacher that writes for it; None: real data alone."""

    @model_validator(mode="before")
    @classmethod
    def _find_objective(cls, fields: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        """Take the objective that the other fields imply where none is stated."""
        if not isinstance(fields, dict) or "objective" in fields:
            return fields
        implied = (
            ("distillation", Objective.DISTILLED),
            ("compute_flops", Objective.FIXED_COMPUTE),
            ("served_tokens", Objective.INFERENCE_AWARE),
            ("overtraining", Objective.OVER_TRAINED),
        )
        found = next((value for key, value in implied if fields.get(key) not in (None, 1)), None)
        return fields if found is None else {**fields, "objective": found}

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str | None) -> str | None:
        if value is not None and not _NAME.fullmatch(value):
            raise ValueError(
                f"{value!r} is not a name: lower-case letters, digits, '.', '_' and '-'"
            )
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = {
            "parameters": self.parameters,
            "architecture": self.architecture,
            "compute_flops": self.compute_flops,
        }
        found = [name for name, value in given.items() if value is not None]
        if len(found) != 1:
            budget = ""
            if self.compute_flops is not None:
                # A size of one's own with a budget is a ratio to the compute-optimal tokens.
                budget = "; a budget chooses the size, and a size of your own takes overtraining"
            raise ValueError(
                f"exactly one of parameters, architecture and compute_flops is needed, "
                f"not {' and '.join(found) or 'none'}{budget}"
            )
        self._check_parts()
        needs: dict[Objective, tuple[str, bool]] = {
            Objective.FIXED_COMPUTE: ("compute_flops", self.compute_flops is not None),
            Objective.OVER_TRAINED: ("overtraining", self.overtraining > 1),
            Objective.INFERENCE_AWARE: ("served_tokens", self.served_tokens is not None),
            Objective.DISTILLED: ("distillation", self.distillation is not None),
        }
        field, is_there = needs.get(self.objective, ("", True))
        if not is_there:
            raise ValueError(f"the objective {self.objective} needs {field}")
        if self.objective is not Objective.FIXED_COMPUTE and self.compute_flops is not None:
            raise ValueError(f"compute_flops is for {Objective.FIXED_COMPUTE}")
        if self.distillation is not None and self.objective is not Objective.DISTILLED:
            raise ValueError(f"distillation is for {Objective.DISTILLED}")
        if self.epochs and self.hard_epochs and self.epochs > self.hard_epochs:
            raise ValueError(f"{self.epochs} epochs wanted and only {self.hard_epochs} allowed")
        return self

    def _check_parts(self) -> None:
        """Refuse counts of a part of the parameters that are more than the whole."""
        whole, num_whole = "parameters", self.parameters
        for name in ("active_parameters", "non_embedding_parameters"):
            num_parameters = getattr(self, name)
            if num_parameters is None:
                continue
            if num_whole is None:
                raise ValueError(f"{name} is for parameters: a shape or a budget says it itself")
            if num_parameters > num_whole:
                raise ValueError(
                    f"{name} {num_parameters:,} are more than {whole} {num_whole:,}, "
                    "of which they are a part"
                )
            # Of a mixture of experts the laws go by what a token meets.
            whole, num_whole = name, num_parameters

    @property
    def digest(self) -> Digest:
        """The fingerprint of everything but the name."""
        fields = self.model_dump(mode="json", exclude={"name"})
        if self.distillation is None:
            # Targets from before there were teachers keep their digests.
            del fields["distillation"]
        return fingerprint(fields)

    @property
    def shape(self) -> Architecture | None:
        """The architecture with the target's own sequence length, where it states one."""
        if self.architecture is None or self.sequence_length is None:
            return self.architecture
        changed = {"sequence_length": self.sequence_length}
        return self.architecture.model_copy(update=changed)

    @property
    def size(self) -> str:
        """What the model is, in short."""
        if self.parameters is not None:
            return format_size(self.parameters)
        if self.architecture is None:
            return f"{self.compute_flops:.3g} FLOPs"
        shape = self.architecture
        return f"{shape.layers} layers of {shape.width}"

    @property
    def label(self) -> str:
        """What people call it: its name, else its size."""
        return self.name or self.size


class StoredTarget(Value):
    """A target as it stands in the catalog; a changed one is a new version of its name."""

    name: str
    number: int
    """From 1 within its name."""

    digest: Digest
    created_at: AwareDatetime
    target: Target

    @property
    def reference(self) -> str:
        """Its name and number: `flagship@2`."""
        return f"{self.name}@{self.number}"
