"""How two versions differ, in what they hold and in how they were made."""

from pydantic import JsonValue

from registry.domain.base import Value
from registry.domain.count import CountMethod
from registry.domain.digest import Digest
from registry.domain.tokenizer import CountingPolicy


class Numbers(Value):
    """A number of the one version and of the other."""

    before: int
    after: int


class Words(Value):
    """What is said of the one version and of the other; None: nothing."""

    before: str | None
    after: str | None


class Members(Value):
    """What only the later or only the earlier one has."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    num_kept: int
    """How many both have."""


class ShardDifference(Members):
    """Files by their path inside the version."""

    changed: tuple[str, ...]
    """Of the same path and other bytes. What is kept has the same bytes as well."""


class DocumentDifference(Value):
    """Distinct documents by the key of their text, and the UTF-8 bytes of one copy of each."""

    num_added: int
    num_removed: int
    num_kept: int
    bytes_added: int
    bytes_removed: int
    bytes_kept: int


class TokenDifference(Value):
    """Tokens of both by one tokenizer and policy; counts that differ in these are never added."""

    tokenizer_name: str
    tokenizer_fingerprint: Digest
    policy: CountingPolicy
    recipe: Digest | None
    """The fingerprint of a recipe that was applied on the fly."""

    method: CountMethod
    num_tokens_before: int | None
    """Without special tokens; None: not counted so."""

    num_tokens_after: int | None


class ParameterChange(Value):
    """A parameter of the run, or of a step of its recipe, that differs."""

    name: str
    """Dotted; of a step `recipe.STEP.PARAMETER`."""

    before: JsonValue
    """None where there is none."""

    after: JsonValue


class VersionDifference(Value):
    """The answer of `dataset diff`."""

    before: str
    after: str
    is_same: bool
    """Both hold the same files, read in the same way."""

    shards: ShardDifference
    num_documents: Numbers
    num_bytes: Numbers
    num_text_bytes: Numbers
    documents: DocumentDifference | None
    """None: the documents of one of them were not indexed."""

    unindexed: tuple[str, ...]
    """Those of the two whose documents were not indexed."""

    tokens: tuple[TokenDifference, ...]
    kind: Words
    content: Words
    state: Words
    licence: Words
    languages: Members
    operation: Words
    recipe: Words
    """`name version` of each, None where there was none."""

    parameters: tuple[ParameterChange, ...]
    upstream: Members
    """Everything that each was made from, by reference."""
