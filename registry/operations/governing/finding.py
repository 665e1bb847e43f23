"""Find the documents of a takedown in all versions, reading no file that an index answers for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from registry.catalog.takedowns import Candidate
from registry.domain.digest import Digest, digest_of_bytes, key_of
from registry.domain.names import Reference
from registry.domain.run import Operation
from registry.domain.takedown import ItemDraft, ItemKind, Selector, SelectorKind
from registry.domain.version import Content
from registry.errors import ConflictError, UnreadableError
from registry.operations.context import Context
from registry.operations.passes.indexes import holds_any
from registry.operations.passes.shards import peek_shard
from registry.operations.passes.suppression import names

Place = tuple[str, str]
"""The id and the locator of a document."""

_COLUMNS = ("text", "id", "source", "metadata")


_KINDS = {
    Content.TABLE: ItemKind.DERIVED,
    Content.TOKENS: ItemKind.DERIVED,
    Content.EMBEDDINGS: ItemKind.EMBEDDINGS,
    Content.MIXTURE: ItemKind.MIXTURE,
}
"""What a version is that holds no documents itself, by what it holds."""


@dataclass
class Search:
    """One search through all versions, parents before children."""

    context: Context
    selector: Selector
    texts: dict[Digest, int] = field(default_factory=dict)
    """The size of each text that was found."""

    items: list[ItemDraft] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    places: dict[str, set[Place]] = field(default_factory=dict)
    """Where documents were found, by version."""

    numbers: dict[str, int] = field(default_factory=dict)
    """How many were found, by version."""

    models: set[str] = field(default_factory=set)
    fits_everything: bool = True
    """Whether every document that was looked at is meant."""

    looked_at: dict[str, tuple[tuple[int, int], int | None]] = field(default_factory=dict)
    """What was known when a version was looked at, and how many documents were found; None: it
    cannot be read."""

    def look_at_all(self, candidates: Iterable[Candidate]) -> None:
        """Look for documents in versions, or judge them by their parents.

        A text that is found may stand in a version that was looked at before, so versions are
        looked at until none of them was without knowing every text.
        """
        versions, num_known = list(candidates), -1
        while num_known != (num_known := len(self.texts) + sum(map(len, self.places.values()))):
            self._begin_again()
            for candidate in versions:
                self._look(candidate)
        for name, inputs in self.context.catalog.reports.list_inputs().items():
            number = sum(self.numbers.get(one, 0) for one in inputs)
            if number:
                self._add_item(ItemKind.REPORT, name, number)

    def _begin_again(self) -> None:
        """Forget what is judged by the texts and places that are known, and keep those."""
        self.items, self.unread, self.numbers, self.models = [], [], {}, set()
        self.fits_everything = True

    def _look(self, candidate: Candidate) -> None:
        inherited = [one for one in candidate.parents if one in self.numbers]
        if candidate.content is not Content.DOCUMENTS:
            if inherited:
                number = sum(self.numbers[one] for one in inherited)
                self._add(candidate, _KINDS[candidate.content], number)
            return
        found = self._find(candidate)
        if found is None:
            self.unread.append(candidate.reference)
        number = found or 0
        self.fits_everything &= number == candidate.num_documents
        if number:
            is_mixture = len(candidate.parents) > 1
            self._add(candidate, ItemKind.MIXTURE if is_mixture else ItemKind.DOCUMENTS, number)
        elif inherited and candidate.operation is Operation.DERIVE:
            self._add(candidate, ItemKind.SUSPECT, 0)

    def _add(self, candidate: Candidate, kind: ItemKind, number: int) -> None:
        self.numbers[candidate.reference] = number
        self._add_item(kind, candidate.reference, number)
        for model in candidate.models:
            if model not in self.models:
                self.models.add(model)
                self._add_item(ItemKind.MODEL, model, number)

    def _add_item(self, kind: ItemKind, reference: str, number: int) -> None:
        self.items.append(ItemDraft(kind=kind, reference=reference, num_documents=number))

    def _find(self, candidate: Candidate) -> int | None:
        """Return how many documents of a version are meant; None: it cannot be read."""
        num_places = sum(len(self.places.get(one, ())) for one in candidate.parents)
        known = len(self._sought()), num_places
        before, found = self.looked_at.get(candidate.reference, (None, None))
        if before != known:
            try:
                found = self._count(candidate)
            except (UnreadableError, ConflictError):
                found = None
            self.looked_at[candidate.reference] = (known, found)
        return found

    def _count(self, candidate: Candidate) -> int:
        known: set[Place] = set()
        if candidate.operation is Operation.NORMALIZE:
            known = set().union(*(self.places.get(one, set()) for one in candidate.parents))
        if not known and self._is_answered(candidate) and not self._holds_text(candidate):
            return 0
        dataset = candidate.reference.partition("@")[0]
        is_whole = self.selector.kind is SelectorKind.DATASET and dataset == self.selector.value
        number = 0
        for text, identity, source, metadata in self._documents(candidate.reference):
            digest = digest_of_bytes(text)
            place = (identity, source)
            is_meant = is_whole or digest in self.texts or place in known
            if is_meant or self._fits(digest, identity, source, metadata):
                self.texts[digest] = len(text)
                self.places.setdefault(candidate.reference, set()).add(place)
                number += 1
        return number

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
