"""What joins the work list of a takedown after it was frozen.

Somebody states that a version was made from one of the list, or that a model was trained on one; a
version that could not be read can be read again.
"""

from registry.catalog.takedown_candidates import Candidate
from registry.domain.names import Reference
from registry.domain.run import Operation
from registry.domain.takedown import (
    ActionKind,
    ItemDraft,
    ItemKind,
    Takedown,
    TakedownItem,
    TakenDocument,
)
from registry.operations.context import Context
from registry.operations.governing.finding import KINDS, UNREAD, Search
from registry.operations.passes.shards import peek_shard

_HOLD = {ItemKind.DOCUMENTS, ItemKind.MIXTURE, ItemKind.DERIVED, ItemKind.EMBEDDINGS}
"""What the documents were found in, or behind."""

_MADE_HERE = {Operation.NORMALIZE, Operation.TOKENIZE, Operation.EMBED, Operation.MIX}
"""What muster makes, and can make again."""


def follow(context: Context, takedown_id: int) -> Takedown:
    """Add to a list what was made or stated since from what is on it; safe to repeat.

    Nothing is read. What muster made is made again by `apply`; the rest is a person's.

    Raises:
        UnknownError: There is no such takedown.
        ConflictError: It is closed.
    """
    found = context.catalog.takedowns.get_open(takedown_id)
    following = _Following(found)
    for candidate in context.catalog.takedowns.list_candidates():
        following.look(candidate)
    if not following.items:
        return found
    return context.catalog.takedowns.extend(
        takedown_id, following.items, actor=context.actor, at=context.clock()
    )


def look_again(context: Context, found: Takedown) -> tuple[Takedown, frozenset[str]]:
    """Read what could not be read, if it can be now, and add to the list what holds the same.

    An entry in which nothing was found is dealt with. One that a person has to judge, or that still
    cannot be read, stays open. All files are read where one can be read again: what it holds may
    stand elsewhere.

    Returns:
        The list, and those of its entries that were read and hold documents.
    """
    waiting = [one for one in found.open_items if one.kind is ItemKind.UNREAD]
    if not any(_can_be_read(context, one.reference) for one in waiting):
        return found, frozenset()
    takedowns = context.catalog.takedowns
    known = takedowns.list_digests(found.id)
    search = Search(context, found.selector, texts=dict.fromkeys(known, 0))
    search.look_at_all(takedowns.list_candidates())
    documents = [
        TakenDocument(digest=digest, num_bytes=search.texts[digest])
        for digest in sorted(search.texts.keys() - set(known))
    ]
    items = [one for one in search.items if one.kind in _HOLD or one.kind is ItemKind.REPORT]
    at, actor = context.clock(), context.actor
    takedowns.extend(found.id, items, documents=documents, actor=actor, at=at)
    open_still = {*search.unread, *search.numbers, *search.tainted}
    if clean := [one.number for one in waiting if one.reference not in open_still]:
        takedowns.act(
            found.id,
            ActionKind.EXEMPTED,
            items=clean,
            note="it was read again: none of the documents is in it",
            actor=actor,
            at=at,
        )
    held = frozenset(one.reference for one in waiting if search.numbers.get(one.reference))
    return takedowns.get_open(found.id), held


def _can_be_read(context: Context, reference: str) -> bool:
    """Return whether each file of a version is there as it was registered, by size and time."""
    try:
        for shard in context.catalog.versions.list_shards(Reference.parse(reference)):
            next(iter(peek_shard(context.place, shard)), None)
    except UNREAD:
        return False
    return True


class _Following:
    """One walk through all versions, parents before children."""

    def __init__(self, found: Takedown) -> None:
        self.items: list[ItemDraft] = []
        self._opened_at = found.opened_at
        self._unread = frozenset(found.unread)
        self._listed = {one.reference: one for one in found.items if one.kind.is_version}
        self._trained = {one.reference for one in found.items if not one.kind.is_version}
        self._made_again = {one.done.result for one in found.items if one.done is not None}
        # What was made of these since the list was frozen; before, it was looked at.
        self._held: set[str] = set()
        # Withdrawn, though nothing was found in them: so all that was made of these.
        self._judged: set[str] = set()

    def look(self, candidate: Candidate) -> None:
        """Name a version, and what was trained on it, if they are new and come of the list."""
        item = self._listed.get(candidate.reference)
        if item is None:
            self._judge(candidate)
        else:
            self._take_up(item)
        if candidate.reference in self._held or candidate.reference in self._judged:
            for kind, names in (
                (ItemKind.TOKENIZER, candidate.tokenizers),
                (ItemKind.MODEL, candidate.models),
            ):
                for name in names:
                    if name not in self._trained:
                        self._trained.add(name)
                        self._add(kind, name)

    def _take_up(self, item: TakedownItem) -> None:
        """Remember what an entry says of what comes of it; one that stays says nothing."""
        action = None if item.done is None else item.done.action
        if (
            item.kind in _HOLD and action is not ActionKind.EXEMPTED
        ) or action is ActionKind.REBUILT:
            self._held.add(item.reference)
        elif item.kind.is_judged and action is ActionKind.WITHDRAWN:
            self._judged.add(item.reference)

    def _judge(self, candidate: Candidate) -> None:
        kind = self._find_kind(candidate)
        if kind is None:
            return
        if kind in _HOLD:
            self._held.add(candidate.reference)
        elif kind is ItemKind.SUSPECT:
            self._judged.add(candidate.reference)
        if not candidate.is_withdrawn:
            self._add(kind, candidate.reference)

    def _find_kind(self, candidate: Candidate) -> ItemKind | None:
        """Return what a version that is not on the list is; None: it does not come of it."""
        if candidate.reference in self._unread:
            return ItemKind.UNREAD
        if not self._judged.isdisjoint(candidate.parents):
            return ItemKind.SUSPECT
        is_new = candidate.sealed_at >= self._opened_at
        if is_new and not self._held.isdisjoint(candidate.parents):
            is_made_here = (
                candidate.operation in _MADE_HERE or candidate.reference in self._made_again
            )
            return (
                KINDS.get(candidate.content, ItemKind.DERIVED) if is_made_here else ItemKind.SUSPECT
            )
        if candidate.reference not in self._made_again and (
            not self._trained.isdisjoint(candidate.writers)
            or not (self._held | self._judged).isdisjoint(candidate.given)
        ):
            return ItemKind.TAINTED
        return None

    def _add(self, kind: ItemKind, reference: str) -> None:
        self.items.append(ItemDraft(kind=kind, reference=reference, num_documents=0))
