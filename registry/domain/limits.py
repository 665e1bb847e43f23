"""Limits against files that were made to fill time, memory and disks."""

from collections.abc import Callable, Mapping
from typing import Final, Self

from pydantic import Field, ValidationError

from registry.domain.base import Value
from registry.domain.reading import Reading
from registry.errors import InputError

MAX_RATIO: Final = 200.0
"""How many times its own bytes a compressed file, answer or page may become. Text becomes about
four times, web pages ten; what gzip packs best, one byte over and over, a thousand times."""

MAX_MEMBERS: Final = 1_000_000
"""How many members an archive may have, those of archives inside it among them."""

MAX_JSON_DEPTH: Final = 254
"""How deep the objects and lists of one record may be nested; orjson writes no deeper."""


class Limits(Value):
    """What files may be at most; None: not stated."""

    max_ratio: float | None = Field(default=None, ge=1)
    max_members: int | None = Field(default=None, ge=1)
    max_json_depth: int | None = Field(default=None, ge=1, le=MAX_JSON_DEPTH)
    max_document_bytes: int | None = Field(default=None, ge=1)

    @classmethod
    def state(cls, **stated: float | None) -> Self:
        """Return limits that were stated by options.

        Raises:
            InputError: One of them is not what it may be.
        """
        return cls._make(stated, lambda name: f"--{name.replace('_', '-')}")

    @classmethod
    def read(cls, stated: Mapping[str, object], *, what: str) -> Self:
        """Read limits that stand in a file, under their names; errors are those of `state`."""
        return cls._make(stated, lambda name: f"{what} {name} =")

    @classmethod
    def _make(cls, stated: Mapping[str, object], call: Callable[[str], str]) -> Self:
        try:
            return cls.model_validate(stated)
        except ValidationError as error:
            wrong = error.errors()[0]
            name = call(str(wrong["loc"][0]))
            raise InputError(f"{name} {wrong['input']}: {wrong['msg']}") from error

    def over(self, others: "Limits") -> "Limits":
        """Return these limits, and of those that are not stated the others."""
        return Limits.model_validate({**dict(others), **self.model_dump(exclude_none=True)})

    def apply(self, reading: Reading) -> Reading:
        """Return a reading with those limits that decide about single rows.

        The usual ones stand for themselves, so that they make no other reading of the same bytes.
        """
        usual = {"max_ratio": MAX_RATIO, "max_json_depth": MAX_JSON_DEPTH}
        stated = {
            name: value
            for name, value in self
            if name != "max_members" and value != usual.get(name)
        }
        return reading.model_copy(update=stated)
