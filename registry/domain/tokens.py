"""What is said of token ids as files: the manifest beside shards, and an export for a trainer."""

from enum import StrEnum

from pydantic import Field

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.tokenizer import CountingPolicy, Tokenizer


class TokenInput(Value):
    """The version whose documents became tokens."""

    digest: Digest
    reference: str


class TokenFile(Value):
    """One file of tokens, or one that says how they lie."""

    path: str
    """Below the folder of the manifest, with `/`."""

    digest: Digest
    num_bytes: int


class TokenManifest(Value):
    """What `manifest.json` beside the token shards of a version says."""

    format: str
    input: TokenInput
    tokenizer: Tokenizer
    policy: CountingPolicy
    recipe: Digest
    dtype: str
    byte_order: str
    num_tokens: int
    """Tokens of the text, without special tokens."""

    num_special_tokens: int
    num_documents: int
    num_text_bytes: int
    shards: tuple[TokenFile, ...]


class OutputFormat(StrEnum):
    """The file formats in which tokens can be exported, by the trainer or library that reads it."""

    ARROW = "arrow"
    DATATROVE = "datatrove"
    LITDATA = "litdata"
    LLMC = "llmc"
    MDS = "mds"
    MEGATRON = "megatron"
    NANOGPT = "nanogpt"
    OLMO = "olmo"
    PARQUET = "parquet"


class Packing(StrEnum):
    """How documents become sequences of one length."""

    CONCATENATE = "concatenate"
    """Documents back to back, cut at every multiple of the length."""

    BEST_FIT = "best-fit"
    """Whole documents, side by side where they fit; only what is longer than a sequence is cut."""


class TokenExportOptions(Value):
    """What an export depends on, besides the version."""

    output_format: OutputFormat
    sequence_length: int | None = Field(default=None, ge=1, le=1 << 24)
    """Tokens of a sequence; None: a row is a document."""

    packing: Packing = Packing.CONCATENATE
    """Means something with a sequence length alone."""

    shuffle_seed: int | None = Field(default=None, ge=0)
    """Which order of the documents; None: as they stand."""

    val_fraction: float | None = Field(default=None, gt=0, lt=1)
    """The share of documents, the last ones of the order, that go to the split `val`."""

    max_shard_tokens: int | None = Field(default=None, ge=1)
    """Tokens of a file at most, where a document does not have more; None: as the format does."""


class TokenSplit(Value):
    """One split of an export, `train` or `val`."""

    name: str
    num_documents: int
    num_rows: int
    """Documents, or sequences where they were packed."""

    num_tokens: int
    """Tokens in the files, special tokens included."""

    tail_tokens: int = 0
    """Tokens behind the last full sequence."""

    is_tail_written: bool = True
    """Whether the tail stands in the files, as a shorter row."""


class TokenExportManifest(Value):
    """What `manifest.json` beside exported tokens says."""

    reference: str
    """The version of token shards."""

    digest: Digest
    options: TokenExportOptions
    dtype: str
    byte_order: str = "little"
    tokenizer: Tokenizer
    policy: CountingPolicy
    """As the shards have it; what the format puts elsewhere, `boundaries` says."""

    boundaries: str
    """Which special tokens stand where in the files, in words."""

    recipe: Digest
    input: TokenInput
    code: str
    splits: tuple[TokenSplit, ...]
    files: tuple[TokenFile, ...]
    """Every file but the manifest itself."""

    @property
    def num_tokens(self) -> int:
        """Tokens in all files, special tokens included."""
        return sum(split.num_tokens for split in self.splits)

    @property
    def num_documents(self) -> int:
        """Documents of all splits."""
        return sum(split.num_documents for split in self.splits)
