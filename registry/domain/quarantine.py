"""What a run rejected, and what a person put back."""

from pydantic import AwareDatetime

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.ledger import Rejected
from registry.domain.run import Operation, RunState


class RejectedRow(Value):
    """One row in quarantine."""

    file: str
    row: int | None
    """The line or row in the file, from 1; None where the document is the whole file."""

    offset: int | None
    """The byte of the decompressed file at which the row begins, where it is known."""

    step: str
    reason: str
    raw: str
    """The row as found, at most 1 MiB of it; bytes that are not UTF-8 stand as `\\xNN`."""

    num_bytes: int
    """How long the row was as found, however much of it is kept."""


class Quarantine(Value):
    """The answer of `quarantine show`."""

    reference: str | None
    """The version; None where a run was named."""

    run: str | None
    num_rows: int
    rows: tuple[RejectedRow, ...]
    """The first ones. Of each unit of work come the reader's, then those of each step, each in the
    order of the files."""


class QuarantinedRun(Value):
    """One line of `quarantine list`: a run that rejected rows."""

    run: str
    operation: Operation
    state: RunState
    started_at: AwareDatetime
    references: tuple[str, ...]
    """What it made; of a run that made nothing, what it read."""

    num_rows: int
    rejected: tuple[Rejected, ...]
    """One item a reason, the most rows first."""


class ExportedRow(Value):
    """One line of `quarantine export`."""

    source: str
    """Where the row stands, `train.jsonl#17`, or the file where it is the whole of it."""

    offset: int | None
    step: str
    reason: str
    num_bytes: int
    is_cut: bool
    """Whether the row was longer than what the quarantine keeps of it."""

    text: str | None
    """The row as it was read; None where that is not UTF-8."""

    base64: str | None = None
    """Then its bytes are these."""


class QuarantineExport(Value):
    """The answer of `quarantine export` to a file."""

    run: str
    path: str
    num_rows: int
    num_bytes: int
    """Size of the file."""


class Release(Value):
    """The answer of `quarantine release`."""

    reference: str
    """The version that holds the rows as well; in a dry run its dataset."""

    status: str
    """`created`, `planned`, or `unchanged` where the same rows were released before."""

    input: str
    """The version whose run had rejected them."""

    why: str
    released: dict[str, int]
    """Rows that were put back, by the reason for which they had been rejected."""

    num_left: int
    """Rows that stay in quarantine."""

    num_documents: int
    digest: Digest | None
    run: str | None
