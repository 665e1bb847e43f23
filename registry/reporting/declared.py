"""What a declaration creates and changes, as people read it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import JsonValue

from registry.domain.declared_changes import Applied, ChangeKind, DeclaredChange, FieldChange
from registry.reporting.tables import to_table
from registry.reporting.text import plain

if TYPE_CHECKING:
    from registry.reporting.quiet_table import QuietTable

_LONGEST = 60
"""Characters of a value that are shown."""


def render_changes(answer: Applied, *, with_unchanged: bool) -> Iterator["QuietTable"]:
    """Yield the table of what becomes of each entry; nothing if there is nothing to show."""
    shown = [
        change
        for change in answer.changes
        if with_unchanged or change.action is not ChangeKind.UNCHANGED
    ]
    if shown:
        columns = ("line", "action", "what", "of", "from -> to")
        yield to_table(columns, map(_row, shown))


def summarise(answer: Applied) -> str:
    """Return how much is done, in a line."""
    created, changed, same, waiting = map(answer.count, ChangeKind)
    verbs = ("to create", "to change") if answer.dry_run else ("created", "changed")
    parts = [
        f"{created:,} {verbs[0]}",
        f"{changed:,} {verbs[1]}",
        f"{same:,} unchanged",
    ]
    if waiting:
        parts.append(f"{waiting:,} waiting for what is not here")
    return ", ".join(parts)


def _row(change: DeclaredChange) -> tuple[int | str, ...]:
    if change.action is ChangeKind.WAIT:
        said = f"for {change.reason}"
    else:
        said = "; ".join(_say(change, one) for one in change.fields)
        if change.taken_back is not None:
            said += plain(f"; was taken back {change.taken_back}")
    line = int(change.where.rpartition(":")[2])
    return (line, change.action.value, change.noun.value, change.name, said)


def _say(change: DeclaredChange, one: FieldChange) -> str:
    # A field that says what the noun says needs no heading; in a file it is `license`.
    name = "" if one.name in {change.noun.value, "license"} else f"{one.name.replace('_', ' ')} "
    if change.action is ChangeKind.CREATE:
        return f"{name}{_show(one.after)}"
    return f"{name}{_show(one.before)} -> {_show(one.after)}"


def _show(value: JsonValue) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, list):
        return _cut(", ".join(_show(item) for item in value))
    if isinstance(value, dict):
        return _cut(" ".join(f"{key} {_show(item)}" for key, item in value.items()))
    return _cut(f"{value:,}" if isinstance(value, int) else plain(str(value)))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
