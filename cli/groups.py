"""Two kinds of commands: one with verbs of its own, and one whose options stand in sections."""

from collections.abc import Mapping
from typing import Any, ClassVar

from typer.core import TyperCommand, TyperGroup


class DefaultGroup(TyperGroup):
    """A group that is its first command unless the first word names another: `muster lineage REF`.

    The first command then stands for the whole group: it has the group's name, help and errors.
    """

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - Typer's
        """Hand over to the first command, or go on as a group."""
        default, *others = self.commands
        if args and args[0] in others:
            return super().make_context(info_name, args, parent=parent, **extra)
        return self.commands[default].make_context(info_name, args, parent=parent, **extra)


class SectionedCommand(TyperCommand):
    """A command with more options than one list can be read in."""

    sections: ClassVar[Mapping[str, str]]
    """The title of each section, by the name of its first parameter, in the order declared."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer's
        """Write a list for each section; the first ones stand under `Arguments` and `Options`."""
        rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        title = "Options"
        for parameter in self.get_params(ctx):
            title = self.sections.get(parameter.name or "", title)
            record = parameter.get_help_record(ctx)
            if record is not None:
                is_argument = parameter.param_type_name == "argument"
                rows.setdefault("Arguments" if is_argument else title, []).append(record)
        for name, listed in rows.items():
            if listed:
                with formatter.section(name):
                    formatter.write_dl(listed)
