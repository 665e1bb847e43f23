"""The one base class of every step over tables, and what it makes of a batch of rows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Generic, TypeAlias, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, JsonValue

from registry.errors import InputError
from registry.normalization.parameters import Parameters
from registry.normalization.tables.statistics import Need, Statistic

Fitted: TypeAlias = Mapping[str, JsonValue]
"""What a step learned, by column."""

# TOML has lists, not tuples; the strings in them are checked strictly all the same.
Columns: TypeAlias = Annotated[tuple[str, ...], Field(strict=False)]

P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What becomes of a batch of rows."""

    rows: pa.RecordBatch
    """As many rows as before. What stands in a rejected one does not matter."""

    reasons: pa.Array | None = None
    """`string`, as long as the batch: the reason of each rejected row, null for each kept one.
    None: every row is kept."""

    refusal: "Refusal | None" = None
    """The first row that the step does not go on behind; None: there is none."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that ends a run, and why."""

    row: int
    """Its place in the batch."""

    message: str
    hint: str


class TableStep(ABC, Generic[P]):
    """One step of a recipe for tables: a batch of rows in, a verdict on each out.

    What becomes of a row depends on the parameters, on that row and on what was fitted; never on
    how rows are cut into batches.
    """

    name: ClassVar[str]
    """How recipes call it; also the name of its module."""

    version: ClassVar[int]
    """Rises whenever the same rows and parameters would get another verdict."""

    parameters_model: ClassVar[type[Parameters]]

    rejects: ClassVar[bool] = False
    """Whether rows may go whatever was fitted, so that what is fitted behind it sees fewer."""

    def __init__(self, parameters: P, fitted: Fitted) -> None:
        self.parameters = parameters
        self.fitted = fitted

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """The statistics that it is fitted from; none: it is not fitted."""
        return ()

    def fit(self, found: Sequence[Statistic]) -> Fitted:  # noqa: ARG002 - for those who fit
        """Return what is learned from the statistics it asked for, in the order of `needs`.

        Raises:
            InputError: A column holds nothing that could be learned from.
        """
        return {}

    @abstractmethod
    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """Return the columns that come out, of those that go in.

        Raises:
            InputError: It cannot work on a column of that type.
        """

    @abstractmethod
    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """Judge a batch of rows."""

    def invert(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows as they were before the step, as far as that can be told.

        Raises:
            InputError: It cannot be told at all.
        """
        return rows

    def require(self, schema: pa.Schema) -> None:
        """Check that the columns are there.

        Raises:
            InputError: One is not.
        """
        for column in self.columns:
            if column not in schema.names:
                nearest = get_close_matches(column, schema.names, n=3, cutoff=0.5)
                hint = f"did you mean {', '.join(nearest)}?" if nearest else None
                raise InputError(f"{self.name}: no column {column!r}", hint=hint)

    def of(self, column: str) -> dict[str, Any]:
        """Return what was fitted to a column."""
        found = self.fitted[column]
        if not isinstance(found, dict):
            msg = f"what {self.name} learned of {column} is no object"
            raise TypeError(msg)
        return found


def replace(rows: pa.RecordBatch, changed: Mapping[str, Mapping[str, pa.Array]]) -> pa.RecordBatch:
    """Return rows in which some columns are replaced, each by any number of others in its place."""
    columns: dict[str, pa.Array] = {}
    for name, column in zip(rows.schema.names, rows.columns, strict=True):
        columns.update(changed.get(name, {name: column}))
    return pa.RecordBatch.from_arrays([*columns.values()], names=[*columns])


def replace_fields(
    schema: pa.Schema, changed: Mapping[str, Mapping[str, pa.DataType]]
) -> pa.Schema:
    """Return a schema in which some fields are replaced, each by any number of others.

    Raises:
        InputError: Two columns would have one name.
    """
    fields: list[tuple[str, pa.DataType]] = []
    for field in schema:
        fields.extend(changed.get(field.name, {field.name: field.type}).items())
    names = [name for name, _ in fields]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two columns would be called {name!r}")
    return pa.schema(fields)


def require_numbers(step: str, schema: pa.Schema, columns: Sequence[str]) -> None:
    """Check that columns hold numbers.

    Raises:
        InputError: One holds something else.
    """
    for column in columns:
        type_ = schema.field(column).type
        if not (pa.types.is_integer(type_) or pa.types.is_floating(type_)):
            raise InputError(
                f"{step}: column {column!r} holds {type_}, not numbers",
                hint=f'numbers = ["{column}"] in read_columns',
            )


def as_floats(column: pa.Array) -> pa.Array:
    """Return numbers as float64; integers beyond 2^53 are rounded to the nearest one."""
    if column.type == pa.float64():
        return column
    return pc.cast(column, pa.float64(), safe=False)
