"""`Registry.laws`: those that muster ships, and the project's own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from registry import operations
from registry.domain.law_answers import LawComparison
from registry.operations.context import Context

if TYPE_CHECKING:
    from registry.scaling.laws import Law


class Laws:
    """Scaling laws by id."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(self) -> "tuple[Law, ...]":
        """Return all laws, the project's own behind those that muster ships."""
        return operations.laws.list_laws(self._context.home)

    def get(self, law_id: str) -> "Law":
        """Return a law by its id."""
        return operations.laws.get_own_law(law_id, self._context.home)

    def compare(
        self, num_parameters: Sequence[int], law_ids: Sequence[str] = ()
    ) -> tuple[LawComparison, ...]:
        """Return what laws ask for, in tokens; see `operations.laws.compare_laws`."""
        return operations.laws.compare_laws(num_parameters, law_ids, home=self._context.home)
