"""Takedowns: find documents wherever they went, freeze the list, rebuild without them.

A document is found by what the takedown asks for; in what was normalized from a version, also by
its place, since the text may have changed; and everywhere by the digest of a text that was found.
From then on that text is left out wherever it is registered.
"""

from datetime import datetime

from registry.domain.digest import parse_digest
from registry.domain.names import DatasetName, Reference
from registry.domain.quantities import format_number
from registry.domain.takedown import (
    ActionKind,
    ItemKind,
    PlannedStep,
    Selector,
    SelectorKind,
    Takedown,
    TakedownDraft,
    TakedownItem,
    TakedownPlan,
    TakenDocument,
)
from registry.domain.words import require_words
from registry.errors import ConflictError, InputError
from registry.operations.context import Context
from registry.operations.governing.finding import Search
from registry.operations.governing.rebuilding import Rebuilding

_REBUILT = {ItemKind.DOCUMENTS, ItemKind.MIXTURE, ItemKind.DERIVED, ItemKind.EMBEDDINGS}
"""What `apply` deals with; the rest is a person's."""


def open_takedown(
    context: Context,
    selector: Selector,
    *,
    reason: str,
    deadline: datetime | None = None,
    everything: bool = False,
) -> Takedown:
    """Find documents in all versions and freeze what has to be dealt with.

    Files are read unless an index of their documents answers. A version whose files are gone is
    named, since nobody knows.

    Args:
        context: The open registry.
        selector: What is asked for.
        reason: Why.
        deadline: Until when.
        everything: Whether it is meant that every document of every version goes.

    Raises:
        InputError: No reason is given; nothing fits; or everything does and that is not said to be
            meant. Nothing was recorded.
    """
    reason = require_words(reason, what="reason")
    search = Search(context, selector)
    search.look_at_all(context.catalog.takedowns.list_candidates())
    if not search.items:
        unread = (
            f"; {format_number(len(search.unread), 'version')} cannot be read"
            if search.unread
            else ""
        )
        raise InputError(
            f"no document of any version fits {selector.kind} {selector.value}{unread}",
            hint="nothing was recorded; patterns are those of a shell: '*example.org/*'",
        )
    if search.fits_everything and not everything:
        raise InputError(
            f"{selector.kind} {selector.value!r} fits every document of every version",
            hint="nothing was recorded; if that is meant, add --everything",
        )
    draft = TakedownDraft(
        selector=selector,
        reason=reason,
        deadline=deadline,
        documents=tuple(
            TakenDocument(digest=digest, num_bytes=size)
            for digest, size in sorted(search.texts.items())
        ),
        items=tuple(search.items),
        unread=tuple(search.unread),
    )
    return context.catalog.takedowns.open(draft, actor=context.actor, at=context.clock())


def plan(context: Context, takedown_id: int) -> TakedownPlan:
    """Return what `apply` would do about each open entry, and what a person has to decide."""
    found = context.catalog.takedowns.get(takedown_id)
    return TakedownPlan(takedown=found.id, steps=tuple(_plan_one(one) for one in found.open_items))


def apply(context: Context, takedown_id: int) -> Takedown:
    """Rebuild every version of a work list without the documents, and withdraw the old ones.

    Safe to repeat: it goes on behind the last entry that was dealt with. Models, and versions made
    outside of muster in which nothing was found, are left for a person.

    Raises:
        UnknownError: There is no such takedown.
        ConflictError: It is closed, or a file changed.
    """
    found = context.catalog.takedowns.get(takedown_id)
    if found.closed is not None:
        raise ConflictError(f"takedown {found.id} is closed")
    digests = context.catalog.takedowns.list_digests(takedown_id)
    rebuilding = Rebuilding(context, found, digests)
    for item in found.open_items:
        if item.kind in _REBUILT:
            _apply_one(context, found, item, rebuilding)
    rebuilding.count_again()
    return context.catalog.takedowns.get(takedown_id)


def exempt(context: Context, takedown_id: int, item: int, *, reason: str) -> Takedown:
    """Leave an entry as it is, for a reason.

    Raises:
        InputError: No reason is given.
    """
    reason = require_words(reason, what="reason")
    return context.catalog.takedowns.act(
        takedown_id,
        ActionKind.EXEMPTED,
        item=item,
        note=reason,
        actor=context.actor,
        at=context.clock(),
    )


def withdraw(context: Context, takedown_id: int, item: int, *, reason: str) -> Takedown:
    """Withdraw the version of an entry without another in its place.

    Raises:
        InputError: No reason is given, or the entry is a model or report, which cannot be
            withdrawn here.
        UnknownError: There is no such takedown or entry.
    """
    reason = require_words(reason, what="reason")
    found = context.catalog.takedowns.get(takedown_id)
    named = next((one for one in found.items if one.number == item), None)
    if named is not None and not named.kind.is_version:
        raise InputError(
            f"{named.reference} is a {named.kind}",
            hint=f"muster takedown exempt {takedown_id} {item}",
        )
    at, actor = context.clock(), context.actor
    answer = context.catalog.takedowns.act(
        takedown_id, ActionKind.WITHDRAWN, item=item, note=reason, actor=actor, at=at
    )
    if named is not None:
        reference = Reference.parse(named.reference)
        context.catalog.versions.withdraw(reference, reason=reason, actor=actor, at=at)
    return answer


def close(context: Context, takedown_id: int, *, evidence: str) -> Takedown:
    """Close a takedown whose entries are all dealt with. Its texts stay kept out.

    Raises:
        InputError: There is no evidence.
        ConflictError: It is closed, or entries are open.
    """
    evidence = require_words(evidence, what="evidence")
    return context.catalog.takedowns.act(
        takedown_id, ActionKind.CLOSED, note=evidence, actor=context.actor, at=context.clock()
    )


def _plan_one(item: TakedownItem) -> PlannedStep:
    number = format_number(item.num_documents, "document")
    what, step = {
        ItemKind.DOCUMENTS: (f"a version without {number}; this one withdrawn", "rebuild"),
        ItemKind.MIXTURE: (f"a version without {number}; this one withdrawn", "rebuild"),
        ItemKind.DERIVED: ("made again from what is rebuilt; this one withdrawn", "rebuild"),
        ItemKind.EMBEDDINGS: ("withdrawn, and not made again", "withdraw"),
        ItemKind.SUSPECT: ("made outside of muster, nothing found: withdraw or exempt", "decide"),
        ItemKind.MODEL: ("was trained on them: exempt with a reason", "decide"),
        ItemKind.REPORT: ("stands on them: report again, exempt with the new id", "decide"),
    }[item.kind]
    return PlannedStep(item=item.number, reference=item.reference, step=step, what=what)


def _apply_one(
    context: Context, found: Takedown, item: TakedownItem, rebuilding: Rebuilding
) -> None:
    result = rebuilding.rebuild(item.reference)
    at, actor = context.clock(), context.actor
    if result == item.reference:
        # Such as a table fitted on rows of which those that go changed nothing that was learned.
        context.catalog.takedowns.act(
            found.id,
            ActionKind.EXEMPTED,
            item=item.number,
            note="made again it has the same bytes: nothing of the documents is in it",
            actor=actor,
            at=at,
        )
        return
    reason = f"takedown {found.id}: {found.reason}"
    context.catalog.versions.withdraw(
        Reference.parse(item.reference), reason=reason, actor=actor, at=at
    )
    context.catalog.takedowns.act(
        found.id,
        ActionKind.WITHDRAWN if result is None else ActionKind.REBUILT,
        item=item.number,
        result=None if result is None else Reference.parse(result),
        note="nothing is left" if result is None else None,
        actor=actor,
        at=at,
    )


def parse_selector(kind: SelectorKind, value: str) -> Selector:
    """Read what a takedown asks for.

    Raises:
        InputError: It is no digest, no name of a dataset, or blank.
    """
    if kind is SelectorKind.DIGEST:
        return Selector(kind=kind, value=parse_digest(value))
    if kind is SelectorKind.DATASET:
        return Selector(kind=kind, value=str(DatasetName.parse(value)))
    if not value.strip():
        raise InputError(f"{kind} {value!r} names nothing", hint="name what has to go")
    return Selector(kind=kind, value=value)
