"""Answer what a version was made from, and what a change of it reaches."""

from registry.domain.field_lineage import trace_fields
from registry.domain.lineage import Lineage
from registry.domain.names import Reference
from registry.domain.selection import Selection
from registry.errors import InputError
from registry.operations.context import Context


def trace(
    context: Context,
    text: str,
    *,
    up: int | None = None,
    down: int | None = None,
    limit: int | None = None,
    fields: bool = False,
) -> Lineage:
    """Return the versions that a selection means, with every edge among them.

    Args:
        context: The open registry.
        text: A reference, several, or a selection with operators.
        up: Generations upstream of plain references; None: all of them.
        down: Generations downstream of plain references; None: none of them.
        limit: At most so many versions, the nearest first; None: all. A cut answer says so.
        fields: Also tell what each field was made from.

    Raises:
        InputError: The selection does not parse, or has operators and `up` or `down` beside them.
        UnknownError: A reference means no version.
    """
    selection = Selection.parse(text)
    if selection.is_plain:
        selection = selection.follow(up=up, down=down or 0)
    elif up is not None or down is not None:
        raise InputError(
            f"{text!r} says itself how many generations are meant",
            hint="write 2+REF+1, or give --up 2 --down 1 with REF alone",
        )
    found = context.catalog.lineage.select(selection, limit=limit)
    return _tell_fields(context, found) if fields else found


def trace_impact(
    context: Context,
    reference: Reference,
    *,
    down: int | None = None,
    limit: int | None = None,
    fields: bool = False,
) -> Lineage:
    """Return a version and all that a change of it reaches, through models too; see `trace`.

    Args:
        context: The open registry.
        reference: The version.
        down: So many steps, a model being one; None: all.
        limit: At most so many versions, the nearest first; None: all. A cut answer says so.
        fields: Also tell what each field was made from.
    """
    found = context.catalog.lineage.impact(reference, down=down, limit=limit)
    return _tell_fields(context, found) if fields else found


def _tell_fields(context: Context, found: Lineage) -> Lineage:
    facts = context.catalog.lineage.field_facts([node.reference for node in found.nodes])
    return found.model_copy(update={"fields": trace_fields(found.edges, facts)})
