"""Open a run, or take up the one that a crash left open; close it when the work fails."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from registry.domain.run import Run, RunDraft
from registry.errors import MusterError
from registry.operations.context import Context


def open_or_resume(context: Context, draft: RunDraft, *, inputs: Sequence[str]) -> Run:
    """Return the open run of this derivation, or a new one."""
    known = context.catalog.runs.find_open(draft.derivation)
    if known is not None:
        context.progress.note(f"resuming run {known.id} of {known.started_at:%Y-%m-%d %H:%M}")
        return known
    return context.catalog.runs.open(draft, inputs=inputs)


@contextmanager
def recorded_failure(context: Context, run: Run) -> Iterator[None]:
    """Close the run as failed when the work raises a deliberate error, and let it rise.

    An interrupt or a crash leaves the run open: the same command resumes it.
    """
    try:
        yield
    except MusterError as error:
        context.catalog.runs.fail(run.id, error=error.message, at=context.clock())
        raise
