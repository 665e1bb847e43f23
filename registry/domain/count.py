"""Token counts: facts that always name tokenizer, policy, scope and method."""

from enum import StrEnum

from pydantic import AwareDatetime

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.tokenizer import CountingPolicy

WHOLE_VERSION = ""
"""The scope of a count over all documents of a version."""


class CountMethod(StrEnum):
    """How a count came about."""

    EXACT = "exact"
    SAMPLED = "sampled"
    DECLARED = "declared"
    """What a dataset card claims; kept beside what was measured, never mixed with it."""


class TokenCount(Value):
    """How many tokens a version holds under one tokenizer and policy."""

    tokenizer_fingerprint: Digest
    policy: CountingPolicy
    recipe: Digest | None = None
    """The fingerprint of the recipe applied on the fly; None: the version as it stands."""

    scope: str = WHOLE_VERSION
    method: CountMethod

    num_tokens: int
    """Tokens of the text itself, without the special tokens that the policy adds."""

    num_special_tokens: int
    """Special tokens that the policy adds: EOS and BOS."""

    num_documents: int
    num_bytes: int
    """UTF-8 bytes of the text that was counted."""

    num_unknown_tokens: int = 0
    """Tokens that stand for text the vocabulary cannot express."""

    num_tokens_low: int
    """Lower end of the 95 % confidence interval; equal to num_tokens when exact."""

    num_tokens_high: int
    """Upper end of the 95 % confidence interval; equal to num_tokens when exact."""

    sample_fraction: float = 1.0
    seed: int | None = None

    document_index: Digest | None = None
    """The object that holds key and token count of each distinct document; see
    `registry.documents.INDEX`. None when sampled or declared."""

    details: Digest | None = None
    """The object that holds the `CountDetails`. None when declared."""


class RecordedCount(TokenCount):
    """A token count as it stands in the catalog."""

    reference: str
    """The version that was counted."""

    tokenizer_name: str
    counted_at: AwareDatetime
    run: str | None
    """The run that counted, by its public id."""


class UnanticipatedSymbol(Value):
    """A character that the tokenizer cannot express as one token of its own."""

    character: str
    code_point: str
    """As in `U+200B`."""

    name: str
    """The Unicode name, or the category for control characters."""

    count: int
    tokens_each: int
    """Tokens that one occurrence costs when it stands alone; 0 when it becomes the unknown
    token, or is dropped."""

    is_dropped: bool = False
    """The tokenizer leaves the character out, and its count of unknown tokens does not tell."""

    example: str
    """Where it stands: the locator of the first document that holds it."""


class VocabularyUse(Value):
    """How much of a vocabulary the counted documents use."""

    num_used: int
    vocab_size: int
    fraction_used: float
    unanticipated: tuple[UnanticipatedSymbol, ...]
    """The most frequent ones first."""

    num_unanticipated: int
    """Distinct unanticipated characters, whether listed or not."""

    unanticipated_fraction: float
    """Occurrences of unanticipated characters per character of text."""


class CountDetails(Value):
    """What a counting pass learned beside the totals; kept as an object, as canonical JSON."""

    vocabulary: VocabularyUse
    num_empty_documents: int
    """Documents of no token, which token shards leave out."""

    rejected: dict[str, int]
    """Rows that were not counted, by reason."""
