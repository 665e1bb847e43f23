"""`Registry.takedowns`: documents that have to go."""

from datetime import datetime

from registry import operations
from registry.domain.erasure import Erasure
from registry.domain.takedown import SelectorKind, Takedown, TakedownPlan
from registry.operations.context import Context


class Takedowns:
    """Takedowns: opened with a frozen work list, worked off, closed with evidence."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def open(
        self,
        kind: SelectorKind | str,
        value: str,
        *,
        reason: str,
        deadline: datetime | None = None,
        everything: bool = False,
    ) -> Takedown:
        """Find documents in all versions; see `operations.takedowns.open_takedown`.

        A kind is that of a `SelectorKind`, or `contributor`, whose documents are found by the
        pseudonym.
        """
        return operations.takedowns.open_takedown(
            self._context,
            operations.takedowns.read_selector(self._context, kind, value),
            reason=reason,
            deadline=deadline,
            everything=everything,
            asked=f"{kind} {value}",
        )

    def contributor(self, name: str) -> str:
        """Return the pseudonym of a contributor, which their documents hold.

        As a URL pattern it finds all of them.
        """
        return operations.contributors.find_pseudonym(self._context, name)

    def list(self) -> list[Takedown]:
        """Return all takedowns, oldest first."""
        return operations.takedowns.list_all(self._context)

    def show(self, takedown_id: int) -> Takedown:
        """Return a takedown with its work list."""
        return operations.takedowns.show(self._context, takedown_id)

    def plan(self, takedown_id: int) -> TakedownPlan:
        """Return what `apply` would do, and what a person has to decide."""
        return operations.takedowns.plan(self._context, takedown_id)

    def apply(self, takedown_id: int) -> Takedown:
        """Rebuild every version without the documents; see `operations.takedowns.apply`."""
        return operations.takedowns.apply(self._context, takedown_id)

    def exempt(self, takedown_id: int, *items: int, reason: str) -> Takedown:
        """Leave entries as they are, for a reason."""
        return operations.takedowns.exempt(self._context, takedown_id, items, reason=reason)

    def withdraw(self, takedown_id: int, *items: int, reason: str) -> Takedown:
        """Withdraw the versions of entries without others in their place."""
        return operations.takedowns.withdraw(self._context, takedown_id, items, reason=reason)

    def erase(self, takedown_id: int, *, dry_run: bool = False) -> Erasure:
        """Erase from the store what was withdrawn; see `operations.erasing.erase`."""
        return operations.erasing.erase(self._context, takedown_id, dry_run=dry_run)

    def close(self, takedown_id: int, *, evidence: str) -> Takedown:
        """Close a takedown whose entries are all dealt with."""
        return operations.takedowns.close(self._context, takedown_id, evidence=evidence)
