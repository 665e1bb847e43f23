"""Column types and names that mean the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar

from pydantic import JsonValue
from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Double,
    Integer,
    String,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints and indexes are named, so that a migration can name them too."""

Choice = TypeVar("Choice", bound=StrEnum)


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC.

    Raises:
        ValueError: It has no time zone, so nobody can tell which moment it is.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC)


@lru_cache(maxsize=64)
def _utc_text(moment: datetime) -> str:
    """Return the text of a moment in UTC; most rows of a transaction have the same few.

    In UTC equal moments have equal texts. In a zone whose clocks are set back they have not.
    """
    # All texts have one length, so that they sort as the moments do.
    return moment.isoformat(" ", "microseconds")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, in ISO text on SQLite. A time without a zone is refused."""

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's own type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """Return the moment in UTC as the driver takes it."""
        if value is None:
            return None
        moment = to_utc(value)
        return _utc_text(moment) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401
        """Return the moment in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value)
        moment: datetime = value
        return moment.astimezone(UTC)


class JsonDocument(TypeDecorator[JsonValue]):
    """A JSON value: JSONB on PostgreSQL, canonical text on SQLite."""

    impl = JSON
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(none_as_null=True)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(JSON(none_as_null=True))


class OneOf(TypeDecorator[Choice], Generic[Choice]):
    """A value of a Python enumeration, kept as its text; a named CHECK guards the column."""

    impl = String(32)
    cache_ok = True

    def __init__(self, choices: type[Choice]) -> None:
        super().__init__()
        self.choices = choices
        self._members = {None: None} | {choice.value: choice for choice in choices}

    def process_bind_param(self, value: Choice | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the text of the value."""
        return None if value is None else str(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002
        """Return what gives the enumeration's member: a look-up, since lists read thousands."""
        return self._members.__getitem__


def one_of(column: str, choices: type[StrEnum]) -> CheckConstraint:
    """Return the named CHECK that holds a column to the values of an enumeration."""
    values = ", ".join(f"'{choice.value}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def not_negative(*columns: str) -> CheckConstraint:
    """Return the named CHECK that holds counts to zero and more."""
    condition = " AND ".join(f"{column} >= 0" for column in columns)
    return CheckConstraint(condition, name="not_negative")


KEY = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only where the type is INTEGER."""

NAME = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that lists are sorted by: in the order of its bytes on both engines."""

Key = Annotated[int, mapped_column(KEY, primary_key=True)]
Name = Annotated[str, mapped_column(NAME)]

PYTHON_TYPES: dict[Any, Any] = {
    str: Text(),
    int: BigInteger(),
    float: Double(),
    datetime: UtcDateTime(),
    JsonValue: JsonDocument(),
}
"""The column type of each annotation that names none itself."""
