"""Takedowns: find documents wherever they went, freeze the list, rebuild without them.

A document is found by what the takedown asks for; in what was normalized from a version, also by
its place, since the text may have changed; and everywhere by the digest of a text that was found.
From then on that text is left out wherever it is registered.
"""

from collections.abc import Sequence
from datetime import datetime

from registry.domain.contribution import CONTRIBUTOR
from registry.domain.digest import parse_digest
from registry.domain.names import DatasetName, Reference
from registry.domain.quantities import format_number
from registry.domain.takedown import (
    ActionKind,
    ItemDraft,
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
from registry.errors import InputError
from registry.operations.collecting.contributors import find_pseudonym
from registry.operations.context import Context
from registry.operations.governing.finding import Search
from registry.operations.governing.rebuilding import Rebuilding

_REBUILT = {ItemKind.DOCUMENTS, ItemKind.MIXTURE, ItemKind.DERIVED, ItemKind.EMBEDDINGS}
"""What `apply` deals with; the rest is a person's."""

_HOW_FOUND: dict[str, str] = {
    SelectorKind.URL_PATTERN: "patterns are those of a shell: '*example.org/*'",
    SelectorKind.DIGEST: "it is that of a document's text in UTF-8, as printf %s TEXT | sha256sum",
    SelectorKind.ID: "an id is taken as a whole; --url-pattern '*part*' finds parts",
    SelectorKind.DATASET: "muster list",
    CONTRIBUTOR: "a contributor is found by the name that was registered, in any case",
}


def open_takedown(
    context: Context,
    selector: Selector,
    *,
    reason: str,
    deadline: datetime | None = None,
    everything: bool = False,
    asked: str | None = None,
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
        asked: The selector in the words of whoever asks; None: in its own.

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
            f"no document of any version fits {asked or selector}{unread}",
            hint=f"nothing was recorded; {_HOW_FOUND[(asked or str(selector)).partition(' ')[0]]}",
        )
    if search.fits_everything and not everything:
        raise InputError(
            f"{asked or selector} fits every document of every version",
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
    at = context.clock()
    return context.catalog.takedowns.open(draft, actor=context.actor, at=at).as_of(at)


def show(context: Context, takedown_id: int) -> Takedown:
    """Return a takedown with its work list, and whether it is overdue.

    Raises:
        UnknownError: There is none of this number.
    """
    return context.catalog.takedowns.get(takedown_id).as_of(context.clock())


def list_all(context: Context) -> list[Takedown]:
    """Return all takedowns, oldest first, each with whether it is overdue."""
    moment = context.clock()
    return [one.as_of(moment) for one in context.catalog.takedowns.list()]


def plan(context: Context, takedown_id: int) -> TakedownPlan:
    """Return what `apply` would do about each open entry, and what a person has to decide."""
    found = context.catalog.takedowns.get(takedown_id)
    return TakedownPlan(takedown=found.id, steps=tuple(_plan_one(one) for one in found.open_items))


def apply(context: Context, takedown_id: int) -> Takedown:
    """Rebuild every version of a work list without the documents, and withdraw the old ones.

    Safe to repeat: it goes on behind the last entry that was dealt with. Models and what they
    wrote, and versions made outside of muster in which nothing was found, are a person's.

    Raises:
        UnknownError: There is no such takedown.
        ConflictError: It is closed, or a file changed.
    """
    found = context.catalog.takedowns.get_open(takedown_id)
    rebuilding = Rebuilding(context, found)
    for item in found.open_items:
        if item.kind in _REBUILT:
            _apply_one(context, found, item, rebuilding)
    rebuilding.count_again()
    _name_what_was_made(context, takedown_id)
    return show(context, takedown_id)


def exempt(context: Context, takedown_id: int, items: Sequence[int], *, reason: str) -> Takedown:
    """Leave entries as they are, for a reason.

    Raises:
        InputError: No reason is given.
        UnknownError: There is no such takedown or entry; nothing was recorded.
    """
    reason = require_words(reason, what="reason")
    at, actor = context.clock(), context.actor
    return context.catalog.takedowns.act(
        takedown_id, ActionKind.EXEMPTED, items=items, note=reason, actor=actor, at=at
    ).as_of(at)


def withdraw(context: Context, takedown_id: int, items: Sequence[int], *, reason: str) -> Takedown:
    """Withdraw the versions of entries without others in their place. Safe to repeat.

    Raises:
        InputError: No reason is given, or an entry is a model or report, which cannot be
            withdrawn here.
        UnknownError: There is no such takedown or entry.
        ConflictError: It is closed. Like the others: nothing was recorded.
    """
    reason = require_words(reason, what="reason")
    found = context.catalog.takedowns.get_open(takedown_id, items)
    named = [one for one in found.items if one.number in items]
    for one in named:
        if not one.kind.is_version:
            raise InputError(
                f"{one.reference} is a {one.kind}",
                hint=f"muster takedown exempt {takedown_id} {one.number}",
            )
    at, actor = context.clock(), context.actor
    # The versions first: an entry that is dealt with says that its version is gone.
    for one in named:
        reference = Reference.parse(one.reference)
        context.catalog.versions.withdraw(reference, reason=reason, actor=actor, at=at)
    context.catalog.takedowns.act(
        takedown_id, ActionKind.WITHDRAWN, items=items, note=reason, actor=actor, at=at
    )
    _name_what_was_made(context, takedown_id)
    return show(context, takedown_id)


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
    if item.num_copies:
        number += f" ({_describe_copies(item.num_copies)})"
    what, step = {
        ItemKind.DOCUMENTS: (f"a version without {number}; this one withdrawn", "rebuild"),
        ItemKind.MIXTURE: (f"a version without {number}; this one withdrawn", "rebuild"),
        ItemKind.DERIVED: ("made again from what is rebuilt; this one withdrawn", "rebuild"),
        ItemKind.EMBEDDINGS: ("withdrawn, and not made again", "withdraw"),
        ItemKind.SUSPECT: ("made from the list, nothing found: withdraw or exempt", "decide"),
        ItemKind.TAINTED: ("through a model of the list, none found: withdraw or exempt", "decide"),
        ItemKind.MODEL: ("was trained on the list: exempt with a reason", "decide"),
        ItemKind.REPORT: ("stands on them: report again, exempt with the new id", "decide"),
    }[item.kind]
    return PlannedStep(item=item.number, reference=item.reference, step=step, what=what)


def _name_what_was_made(context: Context, takedown_id: int) -> None:
    """Add what is in use and made from an entry that was withdrawn by judgement.

    Nothing was found in such an entry, so nothing was sought in what was made from it; it may have
    been made, or made again, after the list was frozen.
    """
    found = context.catalog.takedowns.get(takedown_id)
    listed = {item.reference for item in found.items}
    made: dict[str, None] = {}
    for item in found.items:
        if item.kind.is_judged and item.done and item.done.action is ActionKind.WITHDRAWN:
            below = context.catalog.lineage.downstream(Reference.parse(item.reference))
            made |= {one.reference: None for one in below.nodes if one.withdrawal is None}
    drafts = [
        ItemDraft(kind=ItemKind.SUSPECT, reference=reference, num_documents=0)
        for reference in made
        if reference not in listed
    ]
    if drafts:
        context.catalog.takedowns.extend(
            takedown_id, drafts, actor=context.actor, at=context.clock()
        )


def _describe_copies(number: int) -> str:
    verb = "has" if number == 1 else "have"
    return f"{number:,} of them only {verb} the same text"


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
            items=[item.number],
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
        items=[item.number],
        result=None if result is None else Reference.parse(result),
        note="nothing is left" if result is None else None,
        actor=actor,
        at=at,
    )


def read_selector(context: Context, kind: str, value: str) -> Selector:
    """Read what a takedown asks for.

    Args:
        context: The open registry.
        kind: A `SelectorKind`, or `contributor`.
        value: What has to go; of a contributor the name, which stands for the pseudonym.

    Raises:
        InputError: It is no digest, no name of a dataset, or blank.
    """
    if kind == CONTRIBUTOR:
        return Selector(kind=SelectorKind.URL_PATTERN, value=find_pseudonym(context, value))
    kind = SelectorKind(kind)
    if kind is SelectorKind.DIGEST:
        return Selector(kind=kind, value=parse_digest(value))
    if kind is SelectorKind.DATASET:
        return Selector(kind=kind, value=str(DatasetName.parse(value)))
    if not value.strip():
        raise InputError(f"{kind} {value!r} names nothing", hint="name what has to go")
    return Selector(kind=kind, value=value)
