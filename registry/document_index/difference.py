"""What two indexes share."""

from dataclasses import astuple, dataclass

import numpy as np
import pyarrow as pa

from registry.document_index.rows import concatenate, read_rows, sort_rows


@dataclass(frozen=True, slots=True)
class IndexDifference:
    """Distinct documents of two indexes, and the bytes of one copy of each."""

    num_added: int = 0
    """Of the second alone."""

    num_removed: int = 0
    """Of the first alone."""

    num_kept: int = 0
    """Of both."""

    bytes_added: int = 0
    bytes_removed: int = 0
    bytes_kept: int = 0

    def __add__(self, other: "IndexDifference") -> "IndexDifference":
        """Return the difference with that of other documents of the same indexes."""
        return IndexDifference(*map(int.__add__, astuple(self), astuple(other)))


def compare_indexes(before: pa.RecordBatch, after: pa.RecordBatch) -> IndexDifference:
    """Return which documents two versions share, by their indexes (`registry.documents.INDEX`)."""
    parts = [read_rows(before), read_rows(after)]
    rows = concatenate(parts)
    order, starts = sort_rows(rows)
    is_after = np.repeat([False, True], [len(part) for part in parts])[order]
    num_bytes = rows.num_bytes[order][starts]
    if not len(starts):
        return IndexDifference()
    in_after = np.logical_or.reduceat(is_after, starts)
    in_before = np.logical_or.reduceat(~is_after, starts)
    added, removed, kept = in_after & ~in_before, in_before & ~in_after, in_before & in_after
    return IndexDifference(
        num_added=int(added.sum()),
        num_removed=int(removed.sum()),
        num_kept=int(kept.sum()),
        bytes_added=int(num_bytes[added].sum()),
        bytes_removed=int(num_bytes[removed].sum()),
        bytes_kept=int(num_bytes[kept].sum()),
    )
