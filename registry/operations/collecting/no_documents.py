"""What is said where nothing of what was read is a document."""

from collections.abc import Mapping, Sequence
from typing import Final

from registry.domain.ledger import LedgerEntry, Rejected
from registry.domain.limits import MAX_JSON_DEPTH
from registry.errors import InputError
from registry.operations.collecting.scan import FileFacts, total_ledger
from registry.sources import reasons

_COLUMN: Final = "name the column that holds the text with --text-column"
_ANEW: Final = "fetch the file anew: it is damaged where its first document should be"
_WEB: Final = "documents are responses of status 200 with a web page or plain text in them"

_HELP: Final[Mapping[str, str]] = {
    reasons.BROKEN_RECORD: _ANEW,
    reasons.CUT_OFF: _ANEW,
    reasons.DECOMPRESSION_BOMB: "--max-ratio, if it is no attack",
    reasons.DOCUMENT_TOO_LONG: "--max-document-bytes, if they are to be so long",
    reasons.EMPTY_PAGE: _WEB,
    reasons.HTTP_STATUS: _WEB,
    reasons.INVALID_HTTP: _WEB,
    reasons.INVALID_JSON: "mend it, or say with --format what it is",
    reasons.INVALID_UTF8: "say what it is written in, as --encoding latin-1",
    reasons.MISSING_TEXT: _COLUMN,
    reasons.NESTED_TOO_DEEP: f"--max-json-depth, which may be {MAX_JSON_DEPTH} at most",
    reasons.NOT_AN_OBJECT: "a row is a JSON object with a column of text, or a string "
    "in a list of nothing else",
    reasons.NOT_TEXT: f"say with --format what it is; of a web archive, {_WEB}",
    reasons.NULL_TEXT: _COLUMN,
    reasons.RAGGED_ROW: "say with --format how its values are separated: csv or tsv",
    reasons.TAKEDOWN: "takedowns keep all of it out: muster takedown list",
    reasons.TEXT_NOT_A_STRING: _COLUMN,
}
"""What helps against a reason, where something does."""


def require_rows(scanned: Sequence[FileFacts], place: str) -> None:
    """Refuse files in which there is nothing at all, not even a row that is none.

    Raises:
        InputError: There is nothing; the place is named as the user named it.
    """
    if not scanned:
        raise InputError(f"no file at {place} is in a format that muster reads")
    if not any(facts.shard.num_text_bytes for facts in scanned) and not rejected_of(scanned):
        raise InputError(f"nothing to register at {place}: it holds no text")


def explain_nothing(scanned: Sequence[FileFacts], place: str) -> InputError | None:
    """Return the error of files of which every row was rejected; None: there is text."""
    if any(facts.shard.num_text_bytes for facts in scanned):
        return None
    rejected = rejected_of(scanned)
    counts = ", ".join(f"{reason}: {count:,}" for reason, count in rejected.items())
    first = max(rejected, key=lambda reason: rejected[reason])
    return InputError(
        f"no document at {place}: every row was rejected ({counts})", hint=_HELP.get(first)
    )


def rejected_of(scanned: Sequence[FileFacts]) -> dict[str, int]:
    """Return the rows that are no documents, by reason."""
    if not scanned:
        return {}
    return {item.reason: item.num_documents for item in total_ledger(scanned).rejected}


def account_for_nothing(rejected: Sequence[Rejected]) -> LedgerEntry:
    """Return the account of reading where nothing was kept."""
    return LedgerEntry(
        position=0,
        step="read",
        documents_in=sum(item.num_documents for item in rejected),
        bytes_in=sum(item.num_bytes for item in rejected),
        documents_kept=0,
        bytes_kept_in=0,
        bytes_kept=0,
        rejected=tuple(rejected),
    )
