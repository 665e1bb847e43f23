"""The one base class of every value that leaves a room."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value: two with equal fields are equal, unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
