"""Look at what runs rejected, and hand it out to be mended."""

import base64
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import locator
from registry.domain.answers import RunDescription
from registry.domain.ledger import Rejected
from registry.domain.names import Reference
from registry.domain.quarantine import (
    ExportedRow,
    Quarantine,
    QuarantinedRun,
    QuarantineExport,
    RejectedRow,
)
from registry.domain.run import Run
from registry.errors import InputError, UnknownError
from registry.operations.context import Context
from registry.operations.passes.quarantine import read_quarantine
from registry.storage.objects import replaced_file, translated_errors


def list_quarantines(context: Context, *, limit: int = 50) -> list[QuarantinedRun]:
    """Return the newest runs that rejected rows, newest first."""
    ids = context.catalog.runs.list_rejecting(limit)
    found = context.catalog.runs.describe_many(ids)
    return [_sum_up(found[run_id]) for run_id in ids]


def show_quarantine(
    context: Context, named: str, *, limit: int, reasons: Collection[str] = ()
) -> Quarantine:
    """Return the first rows that a run rejected.

    Args:
        context: The open registry.
        named: A reference, which means the run behind the version, or a run.
        limit: How many rows at most.
        reasons: Those that are wanted; none: all.

    Raises:
        UnknownError: There is no such version or run, or it rejected nothing for such a reason.
    """
    reference, run = find_run(context, named)
    rows: list[RejectedRow] = []
    num_rows = 0
    for batch in read_rejected(context, run, reasons):
        num_rows += len(batch)
        rows.extend(_row(row) for row in batch.slice(0, max(0, limit - len(rows))).to_pylist())
    return Quarantine(reference=reference, run=run and run.id, num_rows=num_rows, rows=tuple(rows))


def iter_lines(context: Context, named: str, *, reasons: Collection[str] = ()) -> Iterator[bytes]:
    """Yield every row that a run rejected as a line of JSON, with all its bytes.

    The arguments and errors are those of `show_quarantine`.
    """
    _, run = find_run(context, named)
    for batch in read_rejected(context, run, reasons):
        for row in batch.to_pylist():
            yield _export(row).model_dump_json().encode() + b"\n"


def export_quarantine(
    context: Context,
    named: str,
    path: Path,
    *,
    reasons: Collection[str] = (),
    force: bool = False,
) -> QuarantineExport:
    """Write the rows that a run rejected to a file of JSON Lines, whole or not at all.

    The other arguments and errors are those of `show_quarantine`.

    Args:
        context: The open registry.
        named: A reference, or a run.
        path: Where the file is written.
        reasons: Those that are wanted; none: all.
        force: Put it in the place of a file that is there.

    Raises:
        InputError: There is a file already, or it is a folder.
        StorageError: The file cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder", hint=f"a file in it: -o {path / 'rejected.jsonl'}")
    if path.exists() and not force:
        raise InputError(f"{path} is there already", hint="another name, or --force")
    _, run = find_run(context, named)
    num_rows = num_bytes = 0
    with replaced_file(path) as staged, translated_errors(str(path)), staged.open("wb") as file:
        for line in iter_lines(context, named, reasons=reasons):
            num_rows += 1
            num_bytes += file.write(line)
    return QuarantineExport(
        run="" if run is None else run.id, path=str(path), num_rows=num_rows, num_bytes=num_bytes
    )


def find_run(context: Context, named: str) -> tuple[str | None, Run | None]:
    """Return the version and the run that are named: by a reference, or by the id of a run.

    Raises:
        UnknownError: There is none.
    """
    runs = context.catalog.runs
    if "/" not in named:
        return None, runs.get(named)
    version = context.catalog.versions.get(Reference.parse(named))
    return version.reference, None if version.run is None else runs.get(version.run)


def read_rejected(
    context: Context, run: Run | None, reasons: Collection[str] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield what a run rejected, for some reasons or for any, as small batches of `REJECTIONS`.

    Raises:
        UnknownError: It rejected nothing for one of the reasons.
    """
    if run is None or run.quarantine is None:
        return
    require_reasons(context, run, reasons)
    wanted = pa.array(list(reasons), pa.string())
    for batch in read_quarantine(context.store, run.quarantine):
        yield batch.filter(pc.is_in(batch.column("reason"), wanted)) if reasons else batch


def require_reasons(context: Context, run: Run, reasons: Collection[str]) -> None:
    """Refuse a reason for which a run rejected nothing.

    Raises:
        UnknownError: It is one.
    """
    known = context.catalog.runs.ledger(run.id).rejected
    for reason in reasons:
        if reason not in known:
            raise UnknownError(
                what="rejected row of reason",
                value=reason,
                known=known,
                hint=f"the reasons are {', '.join(known)}",
            )


def source_of(row: dict[str, Any]) -> str:
    """Return where a rejected row stands, as the source of its document has it."""
    return row["file"] if row["row"] is None else locator(row["file"], row["row"])


def _sum_up(found: RunDescription) -> QuarantinedRun:
    documents: Counter[str] = Counter()
    num_bytes: Counter[str] = Counter()
    for entry in found.ledger.entries:
        for item in entry.rejected:
            documents[item.reason] += item.num_documents
            num_bytes[item.reason] += item.num_bytes
    return QuarantinedRun(
        run=found.run.id,
        operation=found.run.operation,
        state=found.run.state,
        started_at=found.run.started_at,
        references=found.outputs or found.inputs,
        num_rows=documents.total(),
        rejected=tuple(
            Rejected(reason=reason, num_documents=number, num_bytes=num_bytes[reason])
            for reason, number in sorted(documents.items(), key=lambda one: (-one[1], one[0]))
        ),
    )


def _row(row: dict[str, Any]) -> RejectedRow:
    return RejectedRow.model_validate(row | {"raw": row["raw"].decode("utf-8", "backslashreplace")})


def _export(row: dict[str, Any]) -> ExportedRow:
    raw: bytes = row["raw"]
    text, encoded = None, None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        encoded = base64.b64encode(raw).decode()
    return ExportedRow(
        source=source_of(row),
        offset=row["offset"],
        step=row["step"],
        reason=row["reason"],
        num_bytes=row["num_bytes"],
        is_cut=len(raw) < row["num_bytes"],
        text=text,
        base64=encoded,
    )
