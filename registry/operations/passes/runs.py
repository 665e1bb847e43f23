"""Open a run, or take up the one that a crash left open; close it when the work fails."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from registry.domain.execution import Part
from registry.domain.run import Run, RunDraft, RunState
from registry.errors import ConflictError, MusterError
from registry.operations.context import Context

_OPENING_SECONDS = 60.0


def open_or_resume(context: Context, draft: RunDraft, *, inputs: Sequence[str]) -> Run:
    """Return the open run of this derivation, or a new one; of several callers, one opens it."""
    with context.work(draft.derivation).lock("opening", wait_seconds=_OPENING_SECONDS):
        known = context.catalog.runs.find_open(draft.derivation)
        if known is None:
            return context.catalog.runs.open(draft, inputs=inputs)
    context.progress.note(f"resuming run {known.id} of {known.started_at:%Y-%m-%d %H:%M}")
    return known


@contextmanager
def recorded_failure(context: Context, run: Run, *, part: Part | None = None) -> Iterator[None]:
    """Work on a run, or a part of it, alone; close it as failed when a deliberate error is raised.

    An interrupt or a crash leaves the run open: the same command resumes it.

    Raises:
        ConflictError: Another process is at work on the same derivation, or has just finished.
    """
    name = "" if part is None else f"part-{part.index}-of-{part.count}"
    with context.work(run.derivation).lock(name) as is_mine:
        if not is_mine:
            raise ConflictError(
                f"another process is at work on run {run.id}",
                hint="wait until it is done, then run the same command again",
            )
        if context.catalog.runs.get(run.id).state is not RunState.OPEN:
            raise ConflictError(
                f"run {run.id} was closed meanwhile", hint="run the same command again"
            )
        try:
            yield
        except MusterError as error:
            _close_failed(context, run, error)
            raise


def _close_failed(context: Context, run: Run, error: MusterError) -> None:
    # The work may have failed because somebody else closed the run: then there is nothing to close.
    if context.catalog.runs.get(run.id).state is RunState.OPEN:
        context.catalog.runs.fail(run.id, error=error.message, at=context.clock())
