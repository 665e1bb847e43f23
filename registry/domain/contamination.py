"""Evaluation data in the supply: a model trained on it can no longer be measured by it."""

from typing import Literal

from pydantic import Field

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.quantities import format_number
from registry.domain.recipe import RecipeIdentity

NGRAM_WORDS = 13
"""Words of an n-gram where nobody said: GPT-3 was cleaned by as many."""


class OverlapMethod(Value):
    """By what documents are found that overlap with evaluation data.

    A document does if it equals an item, or shares an n-gram with one: so many words in a row, in
    lower case and without punctuation. An item of fewer words has none, and is found as a whole.

    Source:
        Brown et al. 2020 (arXiv:2005.14165), appendix C: 13 words, at least 8 where items are
        shorter; n-grams of more than 10 training documents were left out as common phrases. The
        documents were cut around an n-gram there; here the whole document leaves.
    """

    words: int = Field(default=NGRAM_WORDS, ge=1, le=1000)
    common: int | None = Field(default=None, ge=1)
    """N-grams that stand in more distinct documents than that are no sign; None: all are."""

    version: Literal[1] = 1
    """Of the code: it rises when the same documents would give other n-grams."""

    @property
    def options(self) -> str:
        """What the command line says for it, each word behind a space; empty: the standard one."""
        words = "" if self.words == NGRAM_WORDS else f" --words {self.words}"
        return words + ("" if self.common is None else f" --common {self.common}")

    def __str__(self) -> str:
        common = ""
        if self.common is not None:
            common = f", but for those of more than {format_number(self.common, 'document')}"
        return f"{self.words} words in a row{common}"


class OverlappingDocument(Value):
    """A document that overlaps with an item of evaluation data."""

    id: str
    source: str
    """The document's locator."""

    item_id: str
    item: str
    """The item's locator."""

    num_ngrams: int
    """Distinct n-grams of the document that stand in the evaluation data."""

    is_equal: bool
    """Whether it is an item as a whole."""


class OverlapFound(Value):
    """What a version shares with one of evaluation data."""

    evaluation: str
    found: Digest
    """The object that holds every document and item; see `registry.documents.OVERLAPS`."""

    num_items: int
    num_short_items: int
    """Items of fewer words than an n-gram, which are found as a whole alone."""

    num_found_items: int
    """Items that stand in a document, or share an n-gram with one."""

    num_documents: int
    """Documents that overlap, copies included, as they are listed."""

    num_equal_documents: int
    """Those of them that are an item as a whole."""

    num_distinct_documents: int
    """Those that overlap, one copy of each."""

    examples: tuple[OverlappingDocument, ...]
    """The documents with the most n-grams."""

    run: str


class OverlapMeasurement(Value):
    """The answer of `measure contamination`."""

    reference: str
    status: Literal["measured", "unchanged"]
    method: OverlapMethod
    recipe: RecipeIdentity | None
    """Applied on the fly; None: the documents as they stand."""

    num_documents: int
    """Documents of the version, copies included."""

    against: tuple[OverlapFound, ...]


class Comparison(Value):
    """Versions whose n-grams were compared with the same evaluation data, by one method."""

    method: OverlapMethod
    recipe: Digest | None
    """The fingerprint of the recipe applied on the fly; None: the documents as they stand."""

    references: tuple[str, ...]
    evaluation: tuple[str, ...]


class EvaluationSet(Value):
    """A version of evaluation data that a supply is compared with."""

    reference: str
    digest: Digest
    num_documents: int | None
    """Its distinct texts; None: nobody indexed it, so that no document equal to one is found but
    by `muster measure contamination`."""


class ContaminatedLine(Value):
    """What of a version's unique documents stands in evaluation data, and left the supply."""

    reference: str
    num_equal_documents: int
    """Equal to a document of evaluation data; here and below one copy of each."""

    equal_tokens: int
    num_overlapping_documents: int = 0
    """Others that share an n-gram with one, where that was measured."""

    overlapping_tokens: int = 0

    @property
    def num_documents(self) -> int:
        """All that left."""
        return self.num_equal_documents + self.num_overlapping_documents

    @property
    def num_tokens(self) -> int:
        """The tokens of all that left, one copy of each document."""
        return self.equal_tokens + self.overlapping_tokens


class Contamination(Value):
    """What of a supply stands in evaluation data. It is subtracted from the unique tokens."""

    evaluation: tuple[EvaluationSet, ...]
    """What was compared with; none: no evaluation data is registered, and nobody knows."""

    lines: tuple[ContaminatedLine, ...] = ()
    """The versions of which something left."""

    unmeasured: tuple[str, ...] = ()
    """The versions of which nobody measured which n-grams they share with all of it."""

    comparisons: tuple[Comparison, ...] = ()
    """By what n-grams the others were found; none: they were measured of no version."""

    missing: tuple[Comparison, ...] = ()
    """What nobody measured, as the standard method would measure it."""

    @property
    def methods(self) -> tuple[OverlapMethod, ...]:
        """Each method once, that of the most words first."""
        distinct = {one.method for one in self.comparisons}
        return tuple(sorted(distinct, key=lambda one: (-one.words, one.common or 0)))

    @property
    def num_documents(self) -> int:
        """Documents that left the supply."""
        return sum(line.num_documents for line in self.lines)

    @property
    def num_tokens(self) -> int:
        """Their tokens, one copy of each."""
        return sum(line.num_tokens for line in self.lines)
