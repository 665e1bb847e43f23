"""Each row becomes a document, by a template; the last step of a recipe, if it is there at all.

The words are those of the template and of the columns, as `muster register --template` has them:
texts as they are, a missing value as nothing, all else as JSON. A row whose columns are all missing
is rejected, as `null-text`.
"""

from collections.abc import Callable
from typing import ClassVar, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from registry.domain.template import columns_of
from registry.errors import InputError
from registry.normalization.parameters import Parameters
from registry.normalization.tables.base import RowVerdict, TableStep

NULL_TEXT: Final = "null-text"

Filler: TypeAlias = Callable[[pa.RecordBatch, str], pa.Array]

_TEXT: Final = pa.schema([("text", pa.large_string())])


class ToTextParameters(Parameters):
    """How a row becomes a text."""

    template: str = ""
    """Words with the names of columns in braces, such as {species}: {mass} g."""

    @model_validator(mode="after")
    def _check_template(self) -> "ToTextParameters":
        try:
            columns_of(self.template)
        except InputError as error:
            raise ValueError(error.message) from error
        return self


class ToText(TableStep[ToTextParameters]):
    """Makes a document of each row, by a template."""

    name: ClassVar[str] = "to_text"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = ToTextParameters

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableStep`."""
        return columns_of(self.parameters.template)

    fill: Filler | None = None
    """What fills a template with the columns of rows: `large_binary`, null where there is no text.
    The room that knows how sources do it hands it in."""

    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """See `TableStep`."""
        del schema
        return _TEXT

    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """See `TableStep`."""
        if self.fill is None:
            msg = "nothing to fill templates with"
            raise TypeError(msg)
        texts = self.fill(rows, self.parameters.template)
        reasons = pc.if_else(pc.is_null(texts), NULL_TEXT, pa.scalar(None, pa.string()))
        whole = pc.fill_null(texts, b"").cast(pa.large_string())
        return RowVerdict(pa.RecordBatch.from_arrays([whole], schema=_TEXT), reasons)

    def invert(self, rows: pa.RecordBatch) -> pa.RecordBatch:  # noqa: ARG002 - as its base has it
        """See `TableStep`."""
        raise InputError(f"{self.name}: columns cannot be told from a text")
