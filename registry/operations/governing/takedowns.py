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
    ItemKind,
    Selector,
    SelectorKind,
    Takedown,
    TakedownDraft,
    TakedownPlan,
    TakenDocument,
)
from registry.domain.words import require_words
from registry.errors import InputError
from registry.operations.collecting.contributors import find_pseudonym
from registry.operations.context import Context
from registry.operations.governing.applying import REBUILT, plan_step, work_off
from registry.operations.governing.finding import Search
from registry.operations.governing.following import follow, look_again
from registry.operations.governing.rebuilding import Rebuilding

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

    Files are read unless an index of their documents answers. A version whose files cannot be read
    is an entry of its own, since nobody knows. Another takedown that asks for the same is told.

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
    if all(one.kind is ItemKind.UNREAD for one in search.items):
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
    _tell_the_same(context, selector)
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
    rebuilding = Rebuilding(context, found)
    return TakedownPlan(
        takedown=found.id, steps=tuple(plan_step(one, rebuilding) for one in found.open_items)
    )


def apply(context: Context, takedown_id: int) -> Takedown:
    """Rebuild every version of a work list without the documents, and withdraw the old ones.

    Safe to repeat: it goes on behind the last entry that was dealt with. What could not be read is
    read again, and what came of the list since it was frozen joins it. Tokenizers, models and what
    they wrote, and versions made outside of muster in which nothing was found, are a person's.

    Raises:
        UnknownError: There is no such takedown.
        ConflictError: It is closed, or a file changed.
    """
    found, held = look_again(context, follow(context, takedown_id))
    work_off(context, found, held)
    found = follow(context, takedown_id)
    while any(one.kind in REBUILT for one in found.open_items):
        # Such as what was made while a version above it could not be read.
        work_off(context, found)
        found = follow(context, takedown_id)
    return found.as_of(context.clock())


def exempt(context: Context, takedown_id: int, items: Sequence[int], *, reason: str) -> Takedown:
    """Leave entries as they are, for a reason.

    Raises:
        InputError: No reason is given.
        UnknownError: There is no such takedown or entry.
        ConflictError: It is closed, or an entry was dealt with. Like the others: nothing was
            recorded.
    """
    reason = require_words(reason, what="reason")
    at, actor = context.clock(), context.actor
    return context.catalog.takedowns.act(
        takedown_id, ActionKind.EXEMPTED, items=items, note=reason, actor=actor, at=at
    ).as_of(at)


def withdraw(context: Context, takedown_id: int, items: Sequence[int], *, reason: str) -> Takedown:
    """Withdraw the versions of entries without others in their place.

    Safe to repeat after it was interrupted: an entry is open until all versions are withdrawn.

    Raises:
        InputError: No reason is given, or an entry is a tokenizer, model or report, which cannot
            be withdrawn here.
        UnknownError: There is no such takedown or entry.
        ConflictError: It is closed, or an entry was dealt with. Like the others: nothing was
            recorded.
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
        why = f"takedown {takedown_id}: {reason}"
        context.catalog.versions.withdraw(reference, reason=why, actor=actor, at=at)
    context.catalog.takedowns.act(
        takedown_id, ActionKind.WITHDRAWN, items=items, note=reason, actor=actor, at=at
    )
    return follow(context, takedown_id).as_of(at)


def close(context: Context, takedown_id: int, *, evidence: str) -> Takedown:
    """Close a takedown whose entries are all dealt with. Its texts stay kept out.

    What came of the list since it was frozen joins it first.

    Raises:
        InputError: There is no evidence.
        ConflictError: It is closed, or entries are open.
    """
    evidence = require_words(evidence, what="evidence")
    follow(context, takedown_id)
    return context.catalog.takedowns.act(
        takedown_id, ActionKind.CLOSED, note=evidence, actor=context.actor, at=context.clock()
    )


def _tell_the_same(context: Context, selector: Selector) -> None:
    for one in context.catalog.takedowns.list():
        if one.selector == selector:
            state = "open" if one.closed is None else "closed"
            context.progress.note(
                f"takedown {one.id}, which is {state}, asks for the same: "
                f"muster takedown show {one.id}"
            )


def read_selector(context: Context, kind: str, value: str) -> Selector:
    """Read what a takedown asks for.

    Args:
        context: The open registry.
        kind: A `SelectorKind`, or `contributor`.
        value: What has to go; of a contributor the name, which stands for the pseudonym.

    Raises:
        InputError: It is no digest, no name of a dataset, or blank.
        UnknownError: There is no such dataset or contributor.
    """
    if kind == CONTRIBUTOR:
        return Selector(kind=SelectorKind.URL_PATTERN, value=find_pseudonym(context, value))
    kind = SelectorKind(kind)
    if kind is SelectorKind.DIGEST:
        return Selector(kind=kind, value=parse_digest(value))
    if kind is SelectorKind.DATASET:
        found = context.catalog.datasets.get(DatasetName.parse(value))
        return Selector(kind=kind, value=str(found.name))
    if not value.strip():
        raise InputError(f"{kind} {value!r} names nothing", hint="name what has to go")
    return Selector(kind=kind, value=value)
