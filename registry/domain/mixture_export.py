"""The tokens of a mixture as files of a trainer: a folder a part, and the weights beside them."""

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.tokenizer import Tokenizer
from registry.domain.tokens import TokenExportOptions


class ExportedPart(Value):
    """One part of a mixture whose tokens were exported."""

    reference: str
    """The version in the mixture."""

    tokens: str
    """The version of token shards that was exported for it; itself if it holds tokens."""

    folder: str
    """Relative to that of the mixture; `manifest.json` in it says what its files hold."""

    weight: int
    """The share of the tokens of a run that are read from it, in billionths."""

    share: float
    """The weight between 0 and 1."""

    num_documents: int
    num_tokens: int
    """Tokens in its files, special tokens included; a report counts none of those."""

    boundaries: str
    """Which special tokens stand where in its files, in words."""


class MixtureExportManifest(Value):
    """What `mixture.json` beside the exported parts says."""

    reference: str
    digest: Digest
    options: TokenExportOptions
    tokenizer: Tokenizer
    parts: tuple[ExportedPart, ...]


class MixtureExport(Value):
    """The answer of `mixture export`."""

    status: str
    """`created`, or `unchanged` where the folder held the same already."""

    folder: str
    manifest: MixtureExportManifest
