"""`Registry.runs`: looked at, merged, cancelled."""

from registry import operations
from registry.domain.answers import Normalization, RunDescription, Tokenization
from registry.domain.rejection_limit import MaxRejected
from registry.domain.run import Run
from registry.operations.context import Context


class Runs:
    """Runs: what was done, what is left open."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def get(self, run_id: str) -> RunDescription:
        """Return a run with its neighbours and ledger, by its id or the beginning of it."""
        runs = self._context.catalog.runs
        found = runs.get(run_id)
        return RunDescription(
            run=found,
            inputs=tuple(runs.inputs(found.id)),
            outputs=tuple(runs.outputs(found.id)),
            ledger=runs.ledger(found.id),
        )

    def merge(
        self, run_id: str, *, max_rejected: MaxRejected = None
    ) -> Normalization | Tokenization:
        """Seal a run whose parts are all finished; see `operations.merge.merge`."""
        return operations.merge.merge(self._context, run_id, max_rejected=max_rejected)

    def cancel(self, run_id: str) -> Run:
        """Close a run that was left open and forget what its finished units left behind."""
        return operations.cancel.cancel(self._context, run_id)

    def list(self, *, limit: int = 50) -> list[Run]:
        """Return the newest runs, newest first."""
        return self._context.catalog.runs.list(limit=limit)
