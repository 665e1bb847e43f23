"""`Registry.targets`: the models that somebody wants to train."""

from registry import operations
from registry.domain.model_target import StoredTarget, Target
from registry.operations.context import Context


class Targets:
    """Targets by name; a changed one is a new version of its name."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def set(self, target: Target) -> StoredTarget:
        """Keep a target under its name; the same one again changes nothing."""
        return operations.targets.set_target(self._context, target)

    def get(self, reference: str) -> StoredTarget:
        """Return a target by its name, or by `name@number`."""
        return operations.targets.get_target(self._context, reference)

    def list(self) -> list[StoredTarget]:
        """Return the newest version of each target, by name."""
        return self._context.catalog.targets.list()
