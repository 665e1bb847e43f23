"""Embeddings: what makes vectors of documents, and what is said of them beside the shards."""

from enum import StrEnum

from pydantic import Field

from registry.domain.base import Value
from registry.domain.digest import Digest, fingerprint


class EmbeddingKind(StrEnum):
    """How the vectors of a model came about, and how it makes one of a document."""

    STATIC = "static"
    """Vectors of terms, trained on the version itself; a document's is their weighted mean."""

    MODEL2VEC = "model2vec"
    """Vectors of tokens from a folder in model2vec's format; a document's is their mean."""

    SENTENCE_TRANSFORMERS = "sentence-transformers"
    """The same from a folder in the format of sentence-transformers' `StaticEmbedding`."""


class StaticParameters(Value):
    """What vectors of terms depend on, besides the documents."""

    dimensions: int = Field(default=128, ge=2, le=1024)
    """Entries of a vector; fewer where there are fewer terms."""

    window: int = Field(default=5, ge=1, le=50)
    """Two terms at most so many words apart occur together."""

    min_count: int = Field(default=5, ge=1)
    """A word that occurs less often is no term."""

    max_terms: int = Field(default=30_000, ge=2, le=65_536)
    """How many words are terms, the most frequent ones."""

    max_pairs: int = Field(default=1 << 23, ge=1 << 10, le=1 << 26)
    """Distinct pairs that are counted at a time; beyond it the rarest are forgotten."""

    max_training_bytes: int = Field(default=1 << 30, ge=1 << 10)
    """Bytes of text, about, that vectors are trained on; of more, documents are drawn by key."""


class EmbeddingModel(Value):
    """A model, known by the fingerprint of everything that changes vectors."""

    name: str
    """`static`, or the name of the folder or of the Hub's repository."""

    kind: EmbeddingKind
    fingerprint: Digest
    dimensions: int
    num_terms: int
    """Entries of the vocabulary that have a vector."""

    normalized: bool
    """Whether vectors of documents have length 1, where they are not zero."""

    max_tokens: int | None = None
    """Tokens of a document that are looked at; None: all."""

    parameters: StaticParameters | None = None
    """How a static model was trained."""


class EmbeddedFile(Value):
    """One file of a version of embeddings."""

    path: str
    digest: Digest
    num_bytes: int


class EmbeddingManifest(Value):
    """What `manifest.json` beside embeddings says."""

    format: str = "parquet-fixed-size-list"
    input: Digest
    """The digest of the version that was embedded."""

    model: EmbeddingModel
    dtype: str = "float32"
    num_documents: int
    num_zero: int
    """Documents without any known term, whose vector is zero."""

    vectors: tuple[EmbeddedFile, ...]
    """Parquet: one row a document, in the order of the documents."""

    files: tuple[EmbeddedFile, ...]
    """The model: `terms.parquet`, or the files of its folder."""


class Embedding(Value):
    """The answer of `embed`."""

    reference: str
    status: str
    """`created` or `unchanged`."""

    input: str
    model: EmbeddingModel
    num_documents: int
    num_zero: int
    """Documents without any known term, whose vector is zero."""

    rejected: dict[str, int]
    """Rows that have no vector, by reason."""

    num_bytes: int
    """Size of the files, the model included."""

    digest: Digest
    run: str | None


class Neighbour(Value):
    """A document or term that is near."""

    rank: int
    """From 1."""

    score: float
    """The cosine of the angle between the vectors."""

    id: str
    """The document's id, or the term."""

    source: str | None = None
    """The document's locator; None for a term."""

    excerpt: str | None = None
    """How the document begins; None for a term."""

    count: int | None = None
    """How often a term occurs; None for a document."""


class Neighbours(Value):
    """The answer of `similar`."""

    reference: str
    """The version of embeddings."""

    model: EmbeddingModel
    query: str
    """The text, id or term that was asked about."""

    searched: str
    """`documents` or `terms`."""

    num_searched: int
    neighbours: tuple[Neighbour, ...]
    """Nearest first; of equally near ones, as they stand."""


class TextDiversity(Value):
    """How varied a sample of documents is, by their text alone."""

    compression_ratio: float
    """Bytes of text by bytes of the same compressed: the higher, the more is repeated."""

    distinct: tuple[float, float, float]
    """Distinct n-grams of words by all n-grams, for n of 1, 2 and 3."""


class Diversity(Value):
    """The answer of `diversity`."""

    reference: str
    """The version of documents."""

    seed: int
    num_documents: int
    """Documents of the sample."""

    num_bytes: int
    """Bytes of text that were looked at."""

    text: TextDiversity
    embeddings: str | None = None
    """The version of embeddings that the Vendi score is of; None: there is none."""

    num_vectors: int = 0
    """Documents of the sample with a vector that is not zero."""

    vendi_score: float | None = None
    """How many documents that have nothing in common would be as varied; None: not measured."""

    run: str | None = None
    """The run that recorded it; None: it stood in the catalog already."""


def static_fingerprint(parameters: StaticParameters, terms: Digest) -> Digest:
    """Return the fingerprint of a static model.

    Args:
        parameters: How it was trained.
        terms: The digest of its terms, weights and vectors.
    """
    return fingerprint(
        {"kind": EmbeddingKind.STATIC, "parameters": vars(parameters), "terms": terms}
    )
