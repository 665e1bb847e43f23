"""Find the documents of a takedown in all versions, reading no file that an index answers for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from registry.catalog.takedown_candidates import Candidate
from registry.domain.digest import Digest, digest_of_bytes, key_of
from registry.domain.names import Reference
from registry.domain.run import Operation
from registry.domain.takedown import ItemDraft, ItemKind, Selector, SelectorKind
from registry.domain.version import Content
from registry.errors import ConflictError, UnknownError, UnreadableError
from registry.operations.context import Context
from registry.operations.passes.indexes import holds_any
from registry.operations.passes.shards import peek_shard
from registry.operations.passes.suppression import names

Place = tuple[str, str]
"""The id and the locator of a document."""


class Found(NamedTuple):
    """The documents of a version that are meant."""

    number: int
    num_copies: int
    """Those among them that have the text of another and nothing else that was asked for."""


_NOTHING = Found(0, 0)

_COLUMNS = ("text", "id", "source", "metadata")


KINDS = {
    Content.TABLE: ItemKind.DERIVED,
    Content.TOKENS: ItemKind.DERIVED,
    Content.EMBEDDINGS: ItemKind.EMBEDDINGS,
    Content.MIXTURE: ItemKind.MIXTURE,
}
"""What a version is that holds no documents itself, by what it holds."""

UNREAD = (UnreadableError, ConflictError, UnknownError)
"""A file that is gone or changed, or an object that is lost, or was erased."""


@dataclass
class Search:
    """One search through all versions, parents before children."""

    context: Context
    selector: Selector
    texts: dict[Digest, int] = field(default_factory=dict)
    """The size of each text that was found, or was before."""

    items: list[ItemDraft] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    places: dict[str, set[Place]] = field(default_factory=dict)
    """Where documents were found, by version."""

    asked: dict[str, set[Place]] = field(default_factory=dict)
    """Those of the places where what was asked for stands; the others have the text alone."""

    copies: dict[str, int] = field(default_factory=dict)
    """How many of the documents that were found have the text alone, by version."""

    numbers: dict[str, int] = field(default_factory=dict)
    """How many were found, by version."""

    holders: dict[str, frozenset[str]] = field(default_factory=dict)
    """The versions whose documents stand behind each that was found: itself, or those above."""

    tainted: set[str] = field(default_factory=set)
    """Versions in which none was found, behind models of the list."""

    suspects: set[str] = field(default_factory=set)
    """Versions in which none was found, made from such that hold some, or from each other."""

    tokenizers: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    fits_everything: bool = True
    """Whether every document that was looked at is meant."""

    looked_at: dict[str, tuple[tuple[int, ...], Found | None]] = field(default_factory=dict)
    """What was known when a version was looked at, and what was found; None: it cannot be read."""

    def look_at_all(self, candidates: Iterable[Candidate]) -> None:
        """Look for documents in versions, or judge them by their parents.

        A text that is found may stand in a version that was looked at before, so versions are
        looked at until none of them was without knowing every text.
        """
        versions, num_known = list(candidates), -1
        while num_known != (num_known := self._count_known()):
            self._begin_again()
            for candidate in versions:
                self._look(candidate)
        for name, inputs in self.context.catalog.reports.list_inputs().items():
            found = self._add_up(inputs)
            if found.number:
                self._add_item(ItemKind.REPORT, name, found)

    def _count_known(self) -> int:
        known = (*self.places.values(), *self.asked.values())
        return len(self.texts) + sum(map(len, known))

    def _begin_again(self) -> None:
        """Forget what is judged by the texts and places that are known, and keep those."""
        self.items, self.unread, self.numbers = [], [], {}
        self.tokenizers, self.models = set(), set()
        self.holders, self.tainted, self.suspects, self.copies = {}, set(), set(), {}
        self.fits_everything = True

    def _look(self, candidate: Candidate) -> None:
        inherited = [one for one in candidate.parents if one in self.numbers]
        if candidate.content is not Content.DOCUMENTS:
            if inherited and self.suspects.issuperset(inherited):
                self._add_suspect(candidate)
            elif inherited:
                self._add(candidate, KINDS[candidate.content], self._add_up(inherited))
            else:
                self._add_tainted(candidate)
            return
        found = self._find(candidate)
        if found is None and not candidate.is_withdrawn:
            self.unread.append(candidate.reference)
        found = found or _NOTHING
        self.fits_everything &= found.number == candidate.num_documents
        if found.number:
            is_mixture = len(candidate.parents) > 1
            self._add(candidate, ItemKind.MIXTURE if is_mixture else ItemKind.DOCUMENTS, found)
        elif not self.suspects.isdisjoint(inherited) or (
            inherited and candidate.operation is Operation.DERIVE
        ):
            self._add_suspect(candidate)
        else:
            self._add_tainted(candidate)

    def _add_up(self, references: Iterable[str]) -> Found:
        """Return how many documents stand behind versions; one that stands behind two counts once.

        Such as a report on a mixture and on one of its parts.
        """
        none: frozenset[str] = frozenset()
        holders = none.union(*(self.holders.get(one, none) for one in references))
        return Found(
            sum(self.numbers[one] for one in holders), sum(self.copies[one] for one in holders)
        )

    def _add_tainted(self, candidate: Candidate) -> None:
        """Name what a model of the list wrote, or was given a listed version for, or its child.

        And what nobody could read.
        """
        reached = self.numbers.keys() | self.tainted
        if (
            not self.models.isdisjoint(candidate.writers)
            or not reached.isdisjoint(candidate.given)
            or not self.tainted.isdisjoint(candidate.parents)
        ):
            self.tainted.add(candidate.reference)
            self._add_version(ItemKind.TAINTED, candidate, _NOTHING)
        elif candidate.reference in self.unread:
            self._add_item(ItemKind.UNREAD, candidate.reference, _NOTHING)

    def _add_suspect(self, candidate: Candidate) -> None:
        self.suspects.add(candidate.reference)
        self._add(candidate, ItemKind.SUSPECT, _NOTHING)

    def _add(self, candidate: Candidate, kind: ItemKind, found: Found) -> None:
        holds_documents = candidate.content is Content.DOCUMENTS
        behind = () if holds_documents else candidate.parents
        none: frozenset[str] = frozenset()
        self.numbers[candidate.reference] = found.number
        self.copies[candidate.reference] = found.num_copies
        self.holders[candidate.reference] = none.union(
            [candidate.reference] if holds_documents else none,
            *(self.holders.get(one, none) for one in behind),
        )
        self._add_version(kind, candidate, found)

    def _add_version(self, kind: ItemKind, candidate: Candidate, found: Found) -> None:
        """Name a version that is in use, and what was trained on any."""
        if candidate.reference in self.unread:
            kind = ItemKind.UNREAD
        if not candidate.is_withdrawn:
            self._add_item(kind, candidate.reference, found)
        for name in candidate.tokenizers:
            if name not in self.tokenizers:
                self.tokenizers.add(name)
                self._add_item(ItemKind.TOKENIZER, name, found)
        for model in candidate.models:
            if model not in self.models:
                self.models.add(model)
                self._add_item(ItemKind.MODEL, model, found)

    def _add_item(self, kind: ItemKind, reference: str, found: Found) -> None:
        self.items.append(
            ItemDraft(
                kind=kind,
                reference=reference,
                num_documents=found.number,
                num_copies=found.num_copies,
            )
        )

    def _find(self, candidate: Candidate) -> Found | None:
        """Return which documents of a version are meant; None: it cannot be read."""
        behind = [(self.places.get(one, ()), self.asked.get(one, ())) for one in candidate.parents]
        known = len(self._sought()), *(len(one) for pair in behind for one in pair)
        before, found = self.looked_at.get(candidate.reference, (None, None))
        if before != known:
            try:
                found = self._count(candidate)
            except UNREAD:
                found = None
            self.looked_at[candidate.reference] = (known, found)
        return found

    def _count(self, candidate: Candidate) -> Found:
        known: set[Place] = set()
        asked: set[Place] = set()
        if candidate.operation is Operation.NORMALIZE:
            known = set().union(*(self.places.get(one, set()) for one in candidate.parents))
            asked = set().union(*(self.asked.get(one, set()) for one in candidate.parents))
        if not known and self._is_answered(candidate) and not self._holds_text(candidate):
            return _NOTHING
        dataset = candidate.reference.partition("@")[0]
        is_whole = self.selector.kind is SelectorKind.DATASET and dataset == self.selector.value
        number = num_copies = 0
        for text, identity, source, metadata in self._documents(candidate.reference):
            digest = digest_of_bytes(text)
            place = (identity, source)
            is_asked = is_whole or place in asked
            is_asked = is_asked or self._fits(digest, identity, source, metadata)
            if is_asked or digest in self.texts or place in known:
                self.texts[digest] = len(text)
                self.places.setdefault(candidate.reference, set()).add(place)
                if is_asked:
                    self.asked.setdefault(candidate.reference, set()).add(place)
                number += 1
                num_copies += not is_asked
        return Found(number, num_copies)

    def _is_answered(self, candidate: Candidate) -> bool:
        """Return whether the index alone says what a version holds.

        By digest it always does. By id or URL it does where the parents were read and hold nothing:
        normalizing keeps ids, locators and metadata. The documents of a dataset have to be read.
        """
        if candidate.document_index is None:
            return False
        if self.selector.kind is SelectorKind.DIGEST:
            return True
        if self.selector.kind is SelectorKind.DATASET:
            return candidate.reference.partition("@")[0] != self.selector.value
        is_normalized = candidate.operation is Operation.NORMALIZE
        return is_normalized and not set(candidate.parents).intersection(self.unread)

    def _holds_text(self, candidate: Candidate) -> bool:
        """Return whether a text that is sought or was found stands in a version's index."""
        keys = [key_of(digest) for digest in self._sought()]
        if not keys or candidate.document_index is None:
            return False
        return holds_any(self.context.store, candidate.document_index, keys)

    def _sought(self) -> set[Digest]:
        """Return the digests of the texts that are asked for or were found."""
        is_digest = self.selector.kind is SelectorKind.DIGEST
        return {*self.texts, *((self.selector.value,) if is_digest else ())}

    def _documents(self, reference: str) -> Iterator[tuple[bytes, str, str, str]]:
        shards = self.context.catalog.versions.list_shards(Reference.parse(reference))
        for shard in shards:
            for outcome in peek_shard(self.context.place, shard):
                columns = (outcome.kept.column(name) for name in _COLUMNS)
                yield from zip(*(column.to_pylist() for column in columns), strict=True)

    def _fits(self, digest: Digest, identity: str, source: str, metadata: str) -> bool:
        if self.selector.kind is SelectorKind.DIGEST:
            return digest == self.selector.value
        return names(self.selector, identity, source, metadata)
