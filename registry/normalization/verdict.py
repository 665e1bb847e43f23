"""What a step makes of a batch of documents."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Verdict:
    """The text of every document of a batch after a step, and why some are rejected."""

    text: pa.Array
    """`large_string`, as long as the batch, without nulls. In a rejected row stands what it would
    hold if a person put it back; where it is no text, nothing. A step that changes nothing gives
    back the column it was given."""

    reasons: pa.Array | None = None
    """`string`, as long as the batch: the reason of each rejected row, null for each kept one.
    None: every row is kept."""

    def find_reasons(self) -> pa.Array | None:
        """Return the reasons if some row is rejected, else None."""
        if self.reasons is None or self.reasons.null_count == len(self.reasons):
            return None
        return self.reasons
