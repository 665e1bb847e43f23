"""What every reader of rows does with a batch: which columns there are, and what was taken down."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import RAW_DOCUMENTS, Outcome
from registry.domain.digest import document_keys, key_of
from registry.domain.reading import Reading
from registry.errors import UnreadableError
from registry.sources.reading import leave_out

MAX_ROWS: Final = 1 << 15
"""Rows of a batch."""

Columns: TypeAlias = Sequence[str] | None
"""The columns that are wanted; None: all."""


def has_text(reading: Reading) -> bool:
    """Say whether a row needs a text to be one; rows of a table of ours do not."""
    return bool(reading.text_columns or reading.template)


def require_columns(wanted: Iterable[str], names: Sequence[str], path: str) -> None:
    """Check that a file has the columns that are wanted.

    Raises:
        UnreadableError: It lacks one.
    """
    for name in wanted:
        if name not in names:
            raise UnreadableError(
                path=path, reason=f"no column {name!r}; it has {', '.join(names)}"
            )


def take_down(outcome: Outcome, texts: pa.Array | None, reading: Reading) -> Outcome:
    """Leave out the rows whose text was taken down, as the documents of the version are."""
    if not reading.without or texts is None:
        return outcome
    keys = {key_of(digest) for digest in reading.without}
    is_gone = pa.array([key in keys for key in document_keys(texts.to_pylist())], pa.bool_())
    blank = pa.repeat(pa.scalar(""), len(texts))
    documents = pa.RecordBatch.from_arrays(
        [blank, texts, outcome.kept.column(0), blank], schema=RAW_DOCUMENTS
    )
    (left,) = leave_out([Outcome(documents, outcome.rejected)], reading.without)
    return Outcome(outcome.kept.filter(pc.invert(is_gone)), left.rejected)
