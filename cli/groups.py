"""A command that has verbs of its own and yet works without one: `muster lineage REF`."""

from typing import Any

from typer.core import TyperGroup


class DefaultGroup(TyperGroup):
    """A group that is its first command unless the first word is the name of another one.

    The first command then stands for the whole group: it has the group's name, help and errors.
    """

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - Typer's
        """Hand over to the first command, or go on as a group."""
        default, *others = self.commands
        if args and args[0] in others:
            return super().make_context(info_name, args, parent=parent, **extra)
        return self.commands[default].make_context(info_name, args, parent=parent, **extra)
