"""Near duplicates: by which signatures they are found, and what was found."""

from typing import Literal

from pydantic import Field

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.quantities import format_number, format_percent
from registry.domain.recipe import RecipeIdentity


class SignatureMethod(Value):
    """How the signature of a document is made; signatures of one method can be compared.

    A document is the set of its shingles: all runs of so many words. Of each of `bands * rows`
    orders of all shingles the signature takes the first that the document has. Two documents are
    near duplicates when all rows of a band are equal.

    Source:
        Broder 1997, "On the resemblance and containment of documents". The numbers are the
        defaults of datatrove (`MinhashConfig` of its released code), by which FineWeb was made
        (Penedo et al. 2024, arXiv:2406.17557).
    """

    name: Literal["minhash"] = "minhash"
    words: int = Field(default=5, ge=1, le=50)
    """Words in a shingle."""

    bands: int = Field(default=14, ge=1, le=500)
    rows: int = Field(default=8, ge=1, le=50)
    """Hashes in a band."""

    version: Literal[1] = 1
    """Of the code: it rises when the same documents would get other signatures."""

    def probability(self, similarity: float) -> float:
        """Return how likely two documents are found to be near duplicates.

        Args:
            similarity: Their Jaccard similarity: shingles of both, of those of either; 0 to 1.

        Source:
            Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4.2.

        Example:
            >>> round(SignatureMethod().probability(0.8), 3)
            0.924
        """
        return float(1 - (1 - similarity**self.rows) ** self.bands)

    def __str__(self) -> str:
        shares = (format_percent(self.probability(one)) for one in (0.7, 0.8, 0.9))
        return (
            f"MinHash of {self.words} words, {self.bands} bands of {self.rows}; of pairs alike to "
            f"0.7, 0.8 and 0.9 it finds {', '.join(shares)}"
        )


class NearDuplicateMeasurement(Value):
    """What was measured of one version."""

    reference: str
    status: Literal["measured", "unchanged"]
    method: SignatureMethod
    recipe: RecipeIdentity | None
    """Applied on the fly; None: the documents as they stand."""

    num_documents: int
    num_exact_duplicates: int
    """Documents whose text is that of an earlier one, byte for byte."""

    num_near_duplicates: int
    """Documents that are left out beside those: their text is nearly that of an earlier one."""

    signatures: Digest
    """The object that holds them."""

    num_bytes: int
    """Its size."""

    run: str


class NearDuplicates(Value):
    """What a report knows of near duplicates among those of its versions that were measured."""

    method: SignatureMethod
    num_documents: int
    """Distinct documents that are left out, since an earlier one is nearly the same."""

    num_tokens: int
    """Tokens of those."""

    unmeasured: tuple[str, ...] = ()
    """The versions that were compared with nothing, so that more may be near; none: all were."""

    def __str__(self) -> str:
        if not self.unmeasured:
            return f"by {self.method}"
        missing = format_number(len(self.unmeasured), "version")
        return f"by {self.method}; {missing} not measured"
