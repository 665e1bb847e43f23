"""Takedowns in words and tables."""

from registry.domain.contribution import CONTRIBUTOR
from registry.domain.erasure import Erasure, LeftBytes
from registry.domain.quantities import format_bytes, format_number
from registry.domain.takedown import SelectorKind, Takedown, TakedownItem
from registry.reporting.text import plain

COLUMNS = ("takedown", "asks for", "texts", "open", "deadline", "state")
LEFT_COLUMNS = ("of", "left", "bytes", "why")
ITEM_COLUMNS = ("of", "entry", "kind", "documents", "done")


def summary_row(found: Takedown) -> tuple[int, str, int, int, str, str]:
    """Return the cells of a takedown under `COLUMNS`."""
    deadline = "" if found.deadline is None else f"{found.deadline:%Y-%m-%d}"
    state = "closed" if found.closed else "overdue" if found.is_overdue else "open"
    return found.id, _say(found), found.num_texts, len(found.open_items), deadline, state


def takedown_facts(found: Takedown) -> list[tuple[str, str | None]]:
    """Return a takedown, line by line."""
    closed = found.closed
    texts = format_number(found.num_texts, "distinct text")
    return [
        ("takedown", str(found.id)),
        ("asks for", _say(found)),
        ("reason", plain(found.reason)),
        ("found", f"{texts}, {format_bytes(found.num_bytes)}"),
        ("deadline", _describe_deadline(found)),
        ("open", format_number(len(found.open_items), "entry", "entries")),
        ("closed", None if closed is None else plain(closed.note or "")),
    ]


def erasure_facts(answer: Erasure) -> list[tuple[str, str | None]]:
    """Return what was erased for a takedown, line by line."""
    size = f", {format_bytes(answer.num_bytes)}" if answer.erased else ""
    before = format_number(answer.num_before, "object") if answer.num_before else None
    return [
        ("takedown", str(answer.takedown)),
        (
            "to erase" if answer.status == "planned" else "erased",
            format_number(len(answer.erased), "object") + size,
        ),
        ("before", before),
        ("left", format_number(len(answer.left), "file or object", "files and objects")),
    ]


def left_row(one: LeftBytes) -> tuple[str, str, int, str]:
    """Return the cells of what was not erased under `LEFT_COLUMNS`."""
    why = "not muster's to erase" if one.uri is not None else "in use"
    users = f"; read by {', '.join(one.used_by)}" if one.used_by else ""
    return one.reference, plain(one.uri or one.path), one.num_bytes, why + users


def item_row(item: TakedownItem) -> tuple[str, int, str, int, str]:
    """Return the cells of an entry under `ITEM_COLUMNS`."""
    done = "" if item.done is None else plain(item.done.words)
    return item.reference, item.number, item.kind.value, item.num_documents, done


def _describe_deadline(found: Takedown) -> str | None:
    if found.deadline is None:
        return None
    late = ", which has passed" if found.is_overdue else ""
    return f"{found.deadline:%Y-%m-%d %H:%M} UTC{late}"


def _say(found: Takedown) -> str:
    kind, value = found.selector.kind.value, found.selector.value
    name, colon, _ = value.partition(":")
    # What somebody gave is found by the pseudonym in it, which says itself what it is.
    is_contributor = found.selector.kind is SelectorKind.URL_PATTERN and name == CONTRIBUTOR
    return plain(value.replace(colon, " ", 1) if is_contributor else f"{kind} {value}")
