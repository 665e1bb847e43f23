"""Give up a run that was left open, and what its finished units left behind."""

from registry.domain.run import Run, RunState
from registry.errors import ConflictError
from registry.operations.context import Context


def cancel(context: Context, run_id: str) -> Run:
    """Close an open run as failed and forget its checkpoints; the same command begins anew.

    The objects that its units wrote stay in the store, as after any crash.

    Raises:
        UnknownError: There is no such run.
        ConflictError: It is closed already, or a process is at work on it.
    """
    run = context.catalog.runs.get(run_id)
    if run.state is not RunState.OPEN:
        raise ConflictError(
            f"run {run.id} is closed: {run.state}", hint=f"muster run show {run.id}"
        )
    area = context.work(run.derivation)
    with area.lock() as is_mine:
        if not is_mine:
            raise ConflictError(f"a process is at work on run {run.id}", hint="interrupt it first")
        closed = context.catalog.runs.fail(
            run.id, error=f"cancelled by {context.actor}", at=context.clock()
        )
        area.clear()
    return closed
