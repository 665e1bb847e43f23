"""What the catalog knows of a tokenizer, and the policy under which tokens are counted."""

from enum import StrEnum

from registry.domain.base import Value
from registry.domain.digest import Digest, canonical_json


class TokenizerKind(StrEnum):
    """The algorithm that turns pieces of text into ids."""

    BPE = "bpe"
    UNIGRAM = "unigram"
    WORDPIECE = "wordpiece"
    WORDLEVEL = "wordlevel"


class TokenizerEngine(StrEnum):
    """The library that reads the stored file."""

    TOKENIZERS = "tokenizers"
    """Hugging Face `tokenizers`, from a `tokenizer.json`."""

    SENTENCEPIECE = "sentencepiece"
    """Google `sentencepiece`, from a `.model`."""


class Tokenizer(Value):
    """A tokenizer, known by the fingerprint of everything that changes ids."""

    name: str
    fingerprint: Digest
    kind: TokenizerKind
    engine: TokenizerEngine
    file_digest: Digest
    """The object that holds the tokenizer, in the engine's own file format."""

    vocab_size: int
    """Entries of the vocabulary, added tokens included."""

    highest_id: int
    """The highest id that encoding can give, added tokens included."""

    unknown_token: str | None = None
    eos_token: str | None = None
    eos_id: int | None = None
    bos_token: str | None = None
    bos_id: int | None = None


class TokenizerIdentity(Value):
    """What an answer says of a tokenizer."""

    name: str
    fingerprint: Digest
    vocab_size: int


class CountingPolicy(Value):
    """Which special tokens stand around and inside the documents of a shard or a count.

    `num_tokens` of a count never includes the special tokens that the policy adds; they are
    counted apart as `num_special_tokens`.
    """

    eos_id: int | None = None
    """Appended to each document; None: nothing is appended."""

    bos_id: int | None = None
    """Put before each document; None: nothing is put."""

    parse_special: bool = False
    """Whether a special token's text inside a document becomes its control id. False: it stays
    text."""

    @property
    def key(self) -> str:
        """The policy's canonical form, the same for equal policies."""
        return canonical_json(self.model_dump(mode="json")).decode()
