"""`Registry.costs`: what data cost."""

from collections.abc import Sequence

from registry import operations
from registry.domain.cost import (
    CostDraft,
    CostEntry,
    CostList,
    CostReport,
    CostSubject,
    SubjectKind,
)
from registry.domain.names import Reference
from registry.errors import InputError
from registry.operations.context import Context


class Costs:
    """The ledger of costs: appended, taken back, added up."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(
        self,
        draft: CostDraft,
        *,
        version: str | None = None,
        run: str | None = None,
        source: str | None = None,
        months: int | None = None,
    ) -> CostEntry:
        """Append a cost of one version, run or source; see `operations.costs.add`."""
        given = {SubjectKind.VERSION: version, SubjectKind.RUN: run, SubjectKind.SOURCE: source}
        named = {kind: name for kind, name in given.items() if name is not None}
        if len(named) != 1:
            raise InputError(
                "a cost is of one version, run or source",
                hint="--version REF, --run ID or --source URL",
            )
        ((kind, name),) = named.items()
        return operations.costs.add(
            self._context, draft, CostSubject(kind=kind, name=name), months=months
        )

    def reverse(self, entry_id: int, *, note: str) -> CostEntry:
        """Take an entry back by its opposite; both stay in the ledger."""
        return operations.costs.reverse(self._context, entry_id, note=note)

    def show(self, reference: str) -> CostList:
        """Return the entries of a version, of the runs that made it and of its sources."""
        return operations.costs.show(self._context, Reference.parse(reference))

    def report(
        self,
        references: Sequence[str],
        *,
        tokenizer: str | None = None,
        epochs: float | None = None,
    ) -> CostReport:
        """Return what versions cost with everything upstream; see `operations.costs.report`."""
        return operations.costs.report(
            self._context,
            [Reference.parse(text) for text in references],
            tokenizer=tokenizer,
            epochs=epochs,
        )
