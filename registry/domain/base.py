"""The one base class of every value that leaves a room."""

from functools import cache
from typing import Self

from pydantic import BaseModel, ConfigDict

_set = object.__setattr__
"""A frozen value refuses assignments."""


class Value(BaseModel):
    """A frozen value: two with equal fields are equal, unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def trusted(cls, fields: dict[str, object]) -> Self:
        """Return a value of fields that were checked before they were written; check none again.

        For answers of thousands of values. It does what pydantic's `model_construct` does, which
        takes longer than a check, since it asks each field for its alias and default. All such
        values of a class share the set of their fields' names; a copy gets its own.

        Args:
            fields: All fields of the class, in its order and in the types that it declares; the
                value keeps the dictionary as its own.
        """
        value = cls.__new__(cls)
        _set(value, "__dict__", fields)
        _set(value, "__pydantic_fields_set__", _fields_of(cls))
        _set(value, "__pydantic_extra__", None)
        _set(value, "__pydantic_private__", None)
        return value


@cache
def _fields_of(cls: type[Value]) -> set[str]:
    return set(cls.model_fields)
