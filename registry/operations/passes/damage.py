"""Fail a run of whose rows too many are damaged, and say which.

Each row is judged once. What a reader cannot make a document of is judged when it is registered;
what `decode` or `read_columns` cannot read, and the units that no worker survives, in the pass over
the version. The whole ledger decides, so it is the same at any number of workers, interrupted or
not.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from registry.domain.digest import Digest
from registry.domain.ledger import Ledger, LedgerEntry
from registry.domain.quantities import format_number, format_percent
from registry.domain.recipe import READ_COLUMNS
from registry.domain.rejection_limit import Damage, MaxRejected, RejectionLimit
from registry.domain.run import Run
from registry.errors import TooManyRejectedError
from registry.normalization.pipeline import READ
from registry.normalization.steps.decode import Decode
from registry.operations.context import Context
from registry.operations.passes.quarantine import read_quarantine
from registry.operations.project_file import read_limits
from registry.sources.reasons import LEFT_ASIDE

_JUDGED = frozenset({Decode.name, READ_COLUMNS})
"""The steps that meet damage: text that cannot be decoded, values that are not of their type."""

_SHOWN_BYTES = 60


def find_limit(context: Context, stated: MaxRejected) -> RejectionLimit:
    """Return the limit that holds for a run: as stated, else as `muster.toml` says, else 1 %.

    Raises:
        InputError: It is no share of a whole.
        UnreadableError: `muster.toml` is not TOML.
    """
    if stated is not None:
        return RejectionLimit.parse(stated)
    path, limits = read_limits(context.home)
    if "max_rejected" not in limits:
        return RejectionLimit()
    return RejectionLimit.parse(str(limits["max_rejected"]), what=f"{path}: limits: max_rejected:")


def damage_of_files(entry: LedgerEntry) -> Damage:
    """Return the damage that a reader met in files."""
    reasons = {
        item.reason: item.num_documents for item in entry.rejected if item.reason not in LEFT_ASIDE
    }
    return Damage(num_rows=entry.documents_kept + sum(reasons.values()), reasons=reasons)


def damage_of_pass(ledgers: Sequence[Ledger], lost: Sequence[Ledger]) -> Damage:
    """Return the damage that a pass over documents met.

    Args:
        ledgers: Of its units.
        lost: Those of units that no worker survived.
    """
    reasons: Counter[str] = Counter()
    for ledger in lost:
        for item in ledger.entries[0].rejected:
            reasons[item.reason] += item.num_documents
    num_rows = sum(reasons.values())
    for ledger in ledgers:
        for entry in ledger.entries:
            if entry.step == READ:
                num_rows += entry.documents_kept
            elif entry.step in _JUDGED:
                reasons.update({one.reason: one.num_documents for one in entry.rejected})
    return Damage(num_rows=num_rows, reasons=reasons)


def fail_by_damage(
    context: Context,
    damage: Damage,
    limit: RejectionLimit,
    *,
    quarantine: Digest | None,
    run: Run | None,
    ledger: Sequence[LedgerEntry],
) -> NoReturn:
    """Close a run of whose rows too many are damaged, with its books and its quarantine.

    Args:
        context: The open registry.
        damage: What was met.
        limit: How much of it the run may have.
        quarantine: The object that holds the rejected rows; None where none was written.
        run: The open run; None for a dry run, of which nothing is recorded.
        ledger: Its accounts.

    Raises:
        TooManyRejectedError: Always.
    """
    places = list_places(context, damage.reasons, quarantine=quarantine, run=run)
    error = _explain(damage, limit, places)
    if run is not None:
        context.catalog.runs.fail(
            run.id, error=error.message, at=context.clock(), ledger=ledger, quarantine=quarantine
        )
    raise error


def list_places(
    context: Context, reasons: Mapping[str, int], *, quarantine: Digest | None, run: Run | None
) -> list[str]:
    """Return what a hint says of rejected rows: one of the commonest reason, and all of them."""
    example = None if quarantine is None else _find_example(context, reasons, quarantine)
    places = [] if example is None else [f"such as {_describe(example)}"]
    return places if run is None else [*places, f"all of them: muster quarantine {run.id}"]


def _explain(damage: Damage, limit: RejectionLimit, places: Sequence[str]) -> TooManyRejectedError:
    message = (
        f"{damage.num_damaged:,} of {format_number(damage.num_rows, 'row')} are damaged, "
        f"{100 * damage.share:.2f} %, and at most {format_percent(limit.share)} may be: "
        f"{damage.describe_reasons()}"
    )
    wider = f"to let them pass, the same command with --max-rejected {damage.least_limit}"
    return TooManyRejectedError(
        num_damaged=damage.num_damaged,
        num_rows=damage.num_rows,
        limit=limit.share,
        message=message,
        hint="\n      ".join([*places, wider]),
    )


def _describe(example: Mapping[str, Any]) -> str:
    """Return where a rejected row stands, why, and how it begins."""
    place = example["file"]
    if example["row"] is not None:
        place = f"{place}#{example['row']}"
    elif example["offset"] is not None:
        place = f"{place} at byte {example['offset']:,}"
    begins = example["raw"][:_SHOWN_BYTES].decode("utf-8", "backslashreplace")
    begins = " ".join(begins.split())
    return f"{place}, {example['reason']}: {begins}" if begins else f"{place}, {example['reason']}"


def _find_example(
    context: Context, numbers: Mapping[str, int], quarantine: Digest
) -> dict[str, Any] | None:
    """Return the first row that was rejected for the most frequent reason."""
    reason = max(numbers, key=lambda one: (numbers[one], one))
    for batch in read_quarantine(context.store, quarantine):
        reasons = batch.column("reason").to_pylist()
        if reason in reasons:
            (row,) = batch.slice(reasons.index(reason), 1).to_pylist()
            return dict(row)
    return None
