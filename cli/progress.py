"""Progress on stderr: a bar on a terminal, a line every ten seconds elsewhere, or JSON."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.errors import printable
from registry.domain.progress import Done
from registry.domain.quantities import format_bytes, format_number

if TYPE_CHECKING:
    from rich.progress import Progress

_QUIET_SECONDS = 1.0
"""Work that takes less shows nothing."""

_LINE_SECONDS = 10.0


class _Account:
    """How far a task is."""

    def __init__(self) -> None:
        self._task = ""
        self._total = 0
        self._done = Done()
        self._started = 0.0
        self._last_line = 0.0

    def start(self, task: str, *, total_bytes: int) -> None:
        """Begin a task over so many bytes of text."""
        self._task, self._total = task, total_bytes
        self._done = Done()
        self._started = self._last_line = time.monotonic()

    def _counts(self) -> str:
        done = self._done
        counts = []
        if done.num_documents:
            counts.append(format_number(done.num_documents, "document"))
        if done.num_tokens:
            counts.append(format_number(done.num_tokens, "token"))
        if done.num_rejected:
            counts.append(f"{done.num_rejected:,} rejected")
        return ", ".join(counts)


class TerminalProgress(_Account):
    """Draw how far an operation is; see `registry.operations.context.Progress`."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progress | None = None

    def advance(self, done: Done) -> None:
        """Show that so much more is done, once the task lasts over a second."""
        self._done += done
        moment = time.monotonic()
        if moment - self._started < _QUIET_SECONDS:
            return
        if sys.stderr.isatty():
            self._draw()
        elif moment - self._last_line >= _LINE_SECONDS:
            self._last_line = moment
            self._write_line(moment)

    def note(self, message: str) -> None:
        """Say something that is worth a line."""
        print(printable(message), file=sys.stderr)  # noqa: T201 - progress belongs on stderr

    def finish(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self) -> None:
        if self._bar is None:
            self._bar = _make_bar()
            self._bar.add_task(self._task, total=self._total or None, counts="")
            self._bar.start()
        task = self._bar.task_ids[0]
        self._bar.update(
            task,
            completed=self._done.num_bytes,
            # Decompressed text may be larger than the files it came from.
            total=max(self._total, self._done.num_bytes) if self._total else None,
            counts=self._counts(),
        )

    def _write_line(self, moment: float) -> None:
        speed = format_bytes(self._done.num_bytes / (moment - self._started))
        done = format_bytes(self._done.num_bytes)
        if self._total:
            done += f" of {format_bytes(self._total)}"
        parts = [part for part in (done, self._counts(), f"{speed}/s") if part]
        print(f"{self._task}: {', '.join(parts)}", file=sys.stderr)  # noqa: T201 - progress


class JsonProgress(_Account):
    """Tell how far an operation is in JSON, one object a line; for whoever collects logs."""

    def start(self, task: str, *, total_bytes: int) -> None:
        """Begin a task over so many bytes of text."""
        super().start(task, total_bytes=total_bytes)
        self._write("start")

    def advance(self, done: Done) -> None:
        """Say so once a second."""
        self._done += done
        moment = time.monotonic()
        if moment - self._last_line >= _QUIET_SECONDS:
            self._last_line = moment
            self._write("progress")

    def note(self, message: str) -> None:
        """Say something that is worth a line."""
        self._print({"event": "note", "message": message})

    def finish(self) -> None:
        """End the task."""
        self._write("finish")

    def _write(self, event: str) -> None:
        elapsed = time.monotonic() - self._started
        speed = self._done.num_bytes / elapsed if elapsed else 0.0
        left = max(0, self._total - self._done.num_bytes)
        self._print(
            {
                "event": event,
                "task": self._task,
                **asdict(self._done),
                "total_bytes": self._total,
                "elapsed_seconds": round(elapsed, 3),
                "bytes_per_second": round(speed),
                "eta_seconds": round(left / speed, 1) if speed else None,
            }
        )

    def _print(self, values: dict[str, object]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        print(json.dumps({"at": at, **values}), file=sys.stderr, flush=True)  # noqa: T201 - a log


@contextmanager
def counted(task: str, *, total: int) -> "Iterator[Callable[[], None]]":
    """Draw how many of so many steps are done, once they last over a second, on a terminal."""
    started, done = time.monotonic(), 0
    bar: Progress | None = None

    def advance() -> None:
        nonlocal bar, done
        done += 1
        if bar is None and sys.stderr.isatty() and time.monotonic() - started >= _QUIET_SECONDS:
            bar = _make_count_bar()
            bar.add_task(task, total=total)
            bar.start()
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()


def _make_count_bar() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _make_bar() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
