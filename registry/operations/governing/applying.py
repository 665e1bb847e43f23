"""What is done about each entry of a takedown, and what a person has to decide."""

from collections.abc import Collection, Sequence

from registry.domain.names import Reference
from registry.domain.quantities import format_number
from registry.domain.takedown import ActionKind, ItemKind, PlannedStep, Takedown, TakedownItem
from registry.operations.context import Context
from registry.operations.governing.rebuilding import Rebuilding, name_reason

REBUILT = {ItemKind.DOCUMENTS, ItemKind.MIXTURE, ItemKind.DERIVED, ItemKind.EMBEDDINGS}
"""What `apply` deals with; the rest is a person's."""


def plan_step(item: TakedownItem, rebuilding: Rebuilding) -> PlannedStep:
    """Return what `work_off` would do about an open entry."""
    if item.kind.is_version and (reason := rebuilding.find_withdrawal(item.reference)):
        what = f"was withdrawn: {reason}"
        return PlannedStep(item=item.number, reference=item.reference, step="withdraw", what=what)
    number = format_number(item.num_documents, "document")
    if item.num_copies:
        number += f" ({_describe_copies(item.num_copies)})"
    what, step = {
        ItemKind.DOCUMENTS: (f"a version without {number}; this one withdrawn", "rebuild"),
        ItemKind.MIXTURE: (f"a version without {number}; this one withdrawn", "rebuild"),
        ItemKind.DERIVED: ("made again from what is rebuilt; this one withdrawn", "rebuild"),
        ItemKind.EMBEDDINGS: ("withdrawn, and not made again", "withdraw"),
        ItemKind.UNREAD: ("look again; if it cannot be read: withdraw or exempt", "decide"),
        ItemKind.SUSPECT: ("made from the list, nothing found: withdraw or exempt", "decide"),
        ItemKind.TAINTED: ("through a model of the list, none found: withdraw or exempt", "decide"),
        ItemKind.TOKENIZER: ("was trained on the list: exempt with a reason", "decide"),
        ItemKind.MODEL: ("was trained on the list: exempt with a reason", "decide"),
        ItemKind.REPORT: ("stands on them: report again, exempt with the new id", "decide"),
    }[item.kind]
    return PlannedStep(item=item.number, reference=item.reference, step=step, what=what)


def work_off(context: Context, found: Takedown, held: Collection[str] = ()) -> None:
    """Deal with the open entries of a list, parents before children, as far as no person has to.

    Args:
        context: The open registry.
        found: The list.
        held: The entries that could not be read, and were found to hold documents since.
    """
    rebuilding = Rebuilding(context, found)
    for item in _parents_first(context, found.open_items):
        if item.kind in REBUILT or item.reference in held:
            _apply_one(context, found, item, rebuilding)
        elif item.kind.is_version:
            _leave_withdrawn(context, found, item, rebuilding)
    rebuilding.count_again()


def _parents_first(context: Context, items: Sequence[TakedownItem]) -> list[TakedownItem]:
    """Return entries in the order in which they can be made again; some were added behind."""
    candidates = context.catalog.takedowns.list_candidates()
    order = {one.reference: position for position, one in enumerate(candidates)}
    return sorted(items, key=lambda one: order.get(one.reference, len(order)))


def _apply_one(
    context: Context, found: Takedown, item: TakedownItem, rebuilding: Rebuilding
) -> None:
    if _leave_withdrawn(context, found, item, rebuilding):
        return
    result = rebuilding.rebuild(item.reference)
    at, actor = context.clock(), context.actor
    if result == item.reference:
        # Such as a table fitted on rows of which those that go changed nothing that was learned.
        context.catalog.takedowns.act(
            found.id,
            ActionKind.EXEMPTED,
            items=[item.number],
            note="made again it has the same bytes: nothing of the documents is in it",
            actor=actor,
            at=at,
        )
        return
    context.catalog.versions.withdraw(
        Reference.parse(item.reference), reason=name_reason(found), actor=actor, at=at
    )
    context.catalog.takedowns.act(
        found.id,
        ActionKind.WITHDRAWN if result is None else ActionKind.REBUILT,
        items=[item.number],
        result=None if result is None else Reference.parse(result),
        note="nothing is left" if result is None else None,
        actor=actor,
        at=at,
    )


def _leave_withdrawn(
    context: Context, found: Takedown, item: TakedownItem, rebuilding: Rebuilding
) -> bool:
    """Deal with an entry whose version somebody withdrew meanwhile; return whether it is so."""
    reason = rebuilding.find_withdrawal(item.reference)
    if reason is None:
        return False
    if not item.kind.is_judged:
        rebuilding.leave_withdrawn(item.reference)
    context.catalog.takedowns.act(
        found.id,
        ActionKind.WITHDRAWN,
        items=[item.number],
        note=f"before: {reason}",
        actor=context.actor,
        at=context.clock(),
    )
    return True


def _describe_copies(number: int) -> str:
    verb = "has" if number == 1 else "have"
    return f"{number:,} of them only {verb} the same text"
