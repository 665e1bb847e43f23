"""How a registration, and the plan of one, is printed."""

from cli import output
from cli.datasets import say_encoding
from registry.domain.answers import ReadingChange, Registration
from registry.domain.collecting import CollectionPlan
from registry.domain.quantities import format_bytes, format_number
from registry.domain.reading import Reading
from registry.domain.version import DatasetKind


def show(answer: Registration, *, as_json: bool, quiet: bool) -> None:
    """Print a registration."""
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.reference)
        return
    if answer.status == "unchanged":
        output.write(f"unchanged: {answer.reference}")
        _show_recorded(answer)
        _hint_known(answer)
        return
    rejected = ", ".join(f"{reason} {count:,}" for reason, count in answer.rejected.items())
    output.print_facts(
        [
            (answer.status, answer.reference),
            *_plan(answer),
            ("documents", f"{answer.num_documents:,}"),
            ("text", format_bytes(answer.num_text_bytes)),
            ("files", f"{answer.num_shards:,}, {format_bytes(answer.num_bytes)}"),
            ("digest", answer.digest),
            ("licence", _licence(answer)),
            ("by licence", _licences(answer)),
            ("people", f"{answer.num_contributors:,}" if answer.num_contributors else None),
            ("rejected", rejected or "none"),
            ("changed", _changes(answer)),
            ("reading", _readings(answer)),
            ("written by", _writers(answer)),
            *(("encoding", say_encoding(found)) for found in answer.encodings),
        ]
    )
    _hint_known(answer)
    if answer.rejected and answer.quarantine:
        output.hint(f"rejected rows: muster quarantine {answer.reference}")
    for skipped in answer.skipped:
        output.hint(f"skipped: {skipped.path}: {skipped.reason}")
    if answer.licence == "unknown":
        output.hint(f"hint: muster dataset set {answer.reference} --license LICENCE")
    if answer.status == "created":
        is_table = answer.kind is DatasetKind.TABULAR
        recipe = "FILE.toml" if is_table else answer.kind.usual_recipe
        output.hint(f"next: muster normalize {answer.reference} --recipe {recipe}")


def _plan(answer: Registration) -> list[tuple[str, str]]:
    """Return what a dry run says of what would be read."""
    if answer.status != "planned":
        return []
    num_new = answer.num_shards - answer.num_known
    to_read = f"{num_new:,} of {format_number(answer.num_shards, 'file')}"
    if answer.same_as is not None:
        to_read = f"nothing new: {answer.same_as} holds the same"
    return [("behind", answer.behind or "nothing: it is new"), ("to read", to_read)]


def _show_recorded(answer: Registration) -> None:
    """Print what was written of bytes that were there already."""
    said = {
        "licence.assert": f"licence {answer.licence}",
        "generation.state": "who wrote it",
        "version.restate": "language or source",
        "version.locate": "where the files lie",
        "dataset.update": "description, owner or kind",
        "tag.move": "tag",
    }
    recorded = ", ".join(said.get(action, action) for action in answer.recorded)
    output.print_facts(
        [("recorded", recorded or None), ("written by", _writers(answer))] if recorded else []
    )
    if len(answer.writers) > 1 and "generation.state" in answer.recorded:
        wrong = answer.writers[0].partition(" ")
        option = f"--model {wrong[2]}" if wrong[2] else f"--role {wrong[0]}"
        output.hint(
            "all of these hold beside each other; if one is a mistake: "
            f"muster generation retract {answer.reference} {option} --reason TEXT"
        )


def _writers(answer: Registration) -> str | None:
    return ", ".join(answer.writers) or None


def _hint_known(answer: Registration) -> None:
    if answer.num_known:
        known = format_number(answer.num_known, "file")
        output.hint(f"not read again: {known} of {answer.num_shards:,}, still the same")


def show_plan(plan: CollectionPlan, *, as_json: bool) -> None:
    """Print what would be read of a source."""
    if as_json:
        output.print_json(plan)
        return
    nothing_new = plan.since is not None and plan.num_rows == 0
    unchanged = "nothing new, and what is kept in another way" if plan.is_read_otherwise else ""
    rows = "not known before they are read" if plan.num_rows is None else f"{plan.num_rows:,}"
    if plan.num_files is not None:
        rows = format_number(plan.num_files, "file")
    output.print_facts(
        [
            ("planned", plan.reference),
            ("source", plan.uri),
            ("behind", plan.since or "nothing: all of it is read"),
            ("to read", (unchanged or "nothing: unchanged") if nothing_new else rows),
            ("bytes", None if plan.num_bytes is None else format_bytes(plan.num_bytes)),
            *plan.details,
        ]
    )


def _licences(answer: Registration) -> str | None:
    counts = (f"{licence} {number:,}" for licence, number in answer.licences.items())
    return ", ".join(counts) or None


def _licence(answer: Registration) -> str:
    if answer.licence_from is None:
        return answer.licence
    return f"{answer.licence}, as of {answer.licence_from}; --license says otherwise"


def _changes(answer: Registration) -> str | None:
    changes = answer.changes
    if changes is None:
        return None
    num_reread = sum(len(change.paths) for change in changes.readings)
    reread = f"{num_reread:,} read otherwise, " if num_reread else ""
    noun = "document" if abs(changes.documents) == 1 else "documents"
    return (
        f"since {changes.previous}: {format_number(len(changes.added), 'file')} added, "
        f"{len(changes.removed):,} removed, {len(changes.changed):,} changed, "
        f"{reread}{changes.documents:+,} {noun}"
    )


def _readings(answer: Registration) -> str | None:
    changes = answer.changes
    if changes is None or not changes.readings:
        return None
    return "; ".join(_reading(change) for change in changes.readings)


def _reading(change: ReadingChange) -> str:
    fields = ", ".join(
        f"{name.replace('_', ' ')} {_value(change.before, name)} -> {_value(change.after, name)}"
        for name in change.fields
    )
    return f"{fields} ({format_number(len(change.paths), 'file')})"


def _value(reading: Reading, name: str) -> str:
    if name == "encoding":
        return "UTF-8" if reading.encoding is None else reading.encoding.name
    if name == "member_encodings":
        return format_number(len(reading.member_encodings), "member")
    value = reading.model_dump(mode="json")[name]
    return " + ".join(value) or "none" if isinstance(value, list) else str(value or "none")
