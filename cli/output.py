"""The one place that prints answers: to stdout, as text or as JSON, both from the same value."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from cli.options import ListFormat
from registry.domain.base import Value
from registry.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Row = Sequence[str | int | float | None]


_UNFOLDED = 1_000_000
"""Cells of a piped line: a row is a line, whoever reads it."""

_PROSE = 120
"""Cells into which documents are folded where stdout is no terminal."""


def console() -> "Console":
    """Return the console for stdout; piped output has no colour, and is as wide as COLUMNS says."""
    from rich.console import Console

    # Who sets COLUMNS says how wide it is shown, whatever it goes through.
    is_shown = sys.stdout.isatty() or bool(os.environ.get("COLUMNS"))
    width = None if is_shown else _UNFOLDED
    return Console(width=width, highlight=False, markup=False, soft_wrap=False)


def width() -> int:
    """Return into how many cells a document is folded."""
    return console().width if sys.stdout.isatty() else _PROSE


def print_json(value: Value) -> None:
    """Print a value as one JSON document."""
    write(value.model_dump_json(by_alias=True, indent=2))


def print_values(values: Sequence[Value]) -> None:
    """Print values as one JSON array."""
    adapter = TypeAdapter(list[Value])
    write(adapter.dump_json(list(values), indent=2, serialize_as_any=True).decode())


def print_text(renderable: "RenderableType") -> None:
    """Print what people read; piped text carries no blanks at the ends of its lines."""
    target = console()
    if target.is_terminal:
        target.print(renderable)
        return
    with target.capture() as captured:
        target.print(renderable)
    for line in captured.get().splitlines():
        write(line.rstrip())


def write_bytes(pieces: Sequence[bytes]) -> None:
    """Print pieces as they are; one that does not end its line is ended before what follows."""
    sys.stdout.flush()
    for number, piece in enumerate(pieces, start=1):
        is_followed = number < len(pieces) or sys.stdout.isatty()
        ends = b"\n" if is_followed and not piece.endswith(b"\n") else b""
        sys.stdout.buffer.write(piece + ends)
    sys.stdout.flush()


def write(text: str) -> None:
    """Print text as it is, with a newline at its end."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def print_facts(facts: Sequence[tuple[str, str | None]]) -> None:
    """Print names and values in two columns; what is None is left out."""
    from registry.reporting.tables import facts_table

    known = [(name, value) for name, value in facts if value is not None]
    if known:
        print_text(facts_table(known))


def print_list(
    values: Sequence[Value], columns: Sequence[str], rows: Sequence[Row], *, how: ListFormat
) -> None:
    """Print a list as a table, JSON, JSON Lines, CSV or Markdown."""
    from registry.reporting.tables import (
        rows_to_csv,
        rows_to_markdown,
        to_table,
    )

    match how:
        case ListFormat.JSON:
            print_values(values)
        case ListFormat.JSONL:
            for value in values:
                write(value.model_dump_json())
        case ListFormat.CSV:
            sys.stdout.write(rows_to_csv(columns, rows))
        case ListFormat.MARKDOWN:
            sys.stdout.write(rows_to_markdown(columns, rows))
        case ListFormat.TABLE:
            if rows:
                print_text(to_table(columns, rows))
            else:
                hint("nothing found")


def write_file(path: Path, text: str) -> None:
    """Write a report to a file that the caller named.

    Raises:
        InputError: Its folder is not there.
        StorageError: It cannot be written.
    """
    require_folder(path)
    from registry.storage.objects import write_atomically

    write_atomically(path, text.encode())


def require_folder(path: Path | None) -> None:
    """Refuse a file for which there is no folder, before anything is done.

    Raises:
        InputError: Its folder is not there.
    """
    if path is not None and not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent}", hint="make it first")


def hint(message: str) -> None:
    """Say on stderr what to do next."""
    print(message, file=sys.stderr)  # noqa: T201 - hints belong on stderr
