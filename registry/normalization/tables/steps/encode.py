"""Categories become numbers.

    ordinal   the place of the category among all of them, from 0; a missing value stays missing
    one_hot   a column NAME=CATEGORY for each, 1 where it holds and 0 elsewhere; missing values are
              a category of their own, NAME=null, if there were any
    hashed    a number below `buckets`, by the digest of the category; nothing is fitted

Categories stand in the order of their values (text by code points). A category that was not seen
when the step was fitted fails the run, becomes `unknown` (-1, or 0 in every column) or has its row
rejected, as `unseen:COLUMN`.

Source: scikit-learn, `OrdinalEncoder` and `OneHotEncoder`. The hash is ours: the first 8 bytes of
the SHA-256 of the category's text, big-endian, modulo the number of buckets.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, JsonValue

from registry.domain.digest import document_key
from registry.errors import InputError
from registry.normalization.parameters import Parameters
from registry.normalization.tables.base import (
    Columns,
    Fitted,
    Refusal,
    RowVerdict,
    TableStep,
    replace,
    replace_fields,
)
from registry.normalization.tables.statistics import Frequencies, Measured, Need, Statistic

UNSEEN: Final = "unseen"
UNKNOWN: Final = -1
_NULL: Final = "null"
_NOTHING: Final = pa.scalar(None, pa.int32())

_Changed: TypeAlias = dict[str, Mapping[str, pa.Array]]


class EncodeParameters(Parameters):
    """Which categories become numbers, and how."""

    columns: Columns = ()
    """Columns of categories: texts, whole numbers or booleans."""

    method: Literal["ordinal", "one_hot", "hashed"] = "ordinal"
    """One number each, a column each, or a bucket by hash."""

    unseen: Literal["error", "unknown", "reject"] = "error"
    """What becomes of a category that was not there when the step was fitted."""

    max_categories: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """How many categories a column may have."""

    buckets: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1_024
    """How many buckets categories are hashed into."""


class Encode(TableStep[EncodeParameters]):
    """Makes numbers of categories."""

    name: ClassVar[str] = "encode"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = EncodeParameters

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableStep`."""
        return self.parameters.columns

    @property
    def needs(self) -> tuple[Need, ...]:
        """See `TableStep`."""
        if self.parameters.method == "hashed":
            return ()
        # Null is counted beside the categories.
        most = self.parameters.max_categories + 1
        return tuple(Need(column, Measured.FREQUENCIES, most=most) for column in self.columns)

    def fit(self, found: Sequence[Statistic]) -> Fitted:
        """See `TableStep`."""
        fitted: dict[str, JsonValue] = {}
        for column, statistic in zip(self.columns, found, strict=True):
            if isinstance(statistic, Frequencies):
                if not statistic.categories:
                    raise InputError(
                        f"column {column!r} has no value to encode",
                        hint="leave it out of the recipe",
                    )
                fitted[column] = {
                    "categories": [*statistic.categories],
                    "has_null": statistic.has_null,
                }
        return fitted

    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """See `TableStep`; what one_hot makes shows once it is fitted."""
        for column in self.columns:
            type_ = schema.field(column).type
            if pa.types.is_floating(type_) or pa.types.is_temporal(type_):
                raise InputError(
                    f"{self.name}: column {column!r} holds {type_}, not categories",
                    hint=f'texts = ["{column}"] or integers = ["{column}"] in read_columns',
                )
        if self.parameters.method != "one_hot":
            return replace_fields(schema, {name: {name: pa.int32()} for name in self.columns})
        return replace_fields(
            schema,
            {name: dict.fromkeys(self._one_hot_names(name), pa.int8()) for name in self.columns},
        )

    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """See `TableStep`."""
        changed: _Changed = {}
        reasons = pa.nulls(len(rows), pa.string())
        for name in self.columns:
            column = rows.column(name)
            if self.parameters.method == "hashed":
                changed[name] = {name: self._hash(column)}
                continue
            codes = pc.index_in(column, value_set=self._categories(name, column.type))
            is_unseen = self._find_unseen(name, column, codes)
            if pc.any(is_unseen).as_py():
                if self.parameters.unseen == "error":
                    return RowVerdict(rows, refusal=self._refuse(name, column, is_unseen))
                if self.parameters.unseen == "reject":
                    found = pc.if_else(is_unseen, f"{UNSEEN}:{name}", pa.scalar(None, pa.string()))
                    reasons = pc.coalesce(reasons, found)
            changed[name] = self._write(name, column, codes)
        return RowVerdict(replace(rows, changed), reasons)

    def invert(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """See `TableStep`; what is unknown becomes a missing value."""
        if self.parameters.method == "hashed":
            raise InputError(
                f"{self.name}: what was hashed cannot be inverted ({', '.join(self.columns)})"
            )
        for name in self.columns:
            rows = self._invert_one(rows, name)
        return rows

    def _invert_one(self, rows: pa.RecordBatch, name: str) -> pa.RecordBatch:
        categories = pa.array(self.of(name)["categories"])
        if pa.types.is_string(categories.type):
            categories = categories.cast(pa.large_string())
        if self.parameters.method == "ordinal":
            codes = rows.column(name)
            known = pc.if_else(pc.less(codes, 0), _NOTHING, codes)
            return replace(rows, {name: {name: categories.take(known)}})
        names = self._one_hot_names(name)
        codes = pa.nulls(len(rows), pa.int32())
        for code in range(len(categories)):
            holds = pc.equal(rows.column(names[code]), 1)
            codes = pc.if_else(holds, pa.scalar(code, pa.int32()), codes)
        first, *others = names
        gone: dict[str, Mapping[str, pa.Array]] = {other: {} for other in others}
        return replace(rows, {first: {name: categories.take(codes)}, **gone})

    def _categories(self, name: str, type_: pa.DataType) -> pa.Array:
        return pa.array(self.of(name)["categories"]).cast(type_)

    def _one_hot_names(self, name: str) -> list[str]:
        if name not in self.fitted:
            return []
        learned = self.of(name)
        names = [f"{name}={_say(category)}" for category in learned["categories"]]
        return [*names, f"{name}={_NULL}"] if learned["has_null"] else names

    def _find_unseen(self, name: str, column: pa.Array, codes: pa.Array) -> pa.Array:
        is_unseen = pc.is_null(codes)
        if self.parameters.method == "ordinal" or self.of(name)["has_null"]:
            is_unseen = pc.and_(is_unseen, pc.is_valid(column))
        return is_unseen

    def _refuse(self, name: str, column: pa.Array, is_unseen: pa.Array) -> Refusal:
        row = pc.index(is_unseen, True).as_py()
        return Refusal(
            row,
            f"column {name!r} holds {column[row].as_py()!r}, which was not there when {self.name} "
            "was fitted",
            hint='unseen = "unknown" or unseen = "reject"',
        )

    def _write(self, name: str, column: pa.Array, codes: pa.Array) -> dict[str, pa.Array]:
        if self.parameters.method == "ordinal":
            is_unknown = pc.and_(pc.is_null(codes), pc.is_valid(column))
            return {name: pc.if_else(is_unknown, pa.scalar(UNKNOWN, pa.int32()), codes)}
        names = self._one_hot_names(name)
        if self.of(name)["has_null"]:
            last = pa.scalar(len(names) - 1, pa.int32())
            codes = pc.if_else(pc.is_null(column), last, codes)
        return {
            one: pc.cast(pc.fill_null(pc.equal(codes, code), False), pa.int8())
            for code, one in enumerate(names)
        }

    def _hash(self, column: pa.Array) -> pa.Array:
        encoded = column.dictionary_encode()
        texts = (_say(value).encode() for value in encoded.dictionary.to_pylist())
        buckets = [
            int.from_bytes(document_key(text)[:8], "big") % self.parameters.buckets
            for text in texts
        ]
        return pa.array(buckets, pa.int32()).take(encoded.indices)


def _say(category: object) -> str:
    return str(category).lower() if isinstance(category, bool) else str(category)
