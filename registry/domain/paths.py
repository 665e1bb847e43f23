"""How a version came from one source: every path, and what the runs on it kept and dropped."""

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.run import Operation
from registry.domain.tokenizer import CountingPolicy


class Dropped(Value):
    """The documents that one step of a run rejected for one reason."""

    step: str
    reason: str
    num_documents: int
    num_bytes: int


class TokenFlow(Value):
    """Tokens that went into a run and came out, by one tokenizer and policy."""

    tokenizer_name: str
    tokenizer_fingerprint: Digest
    policy: CountingPolicy
    method: str
    """How the tokens that came out were counted: exact, sampled or declared."""

    num_tokens_in: int | None
    """Of all inputs, without special tokens; None where one was not counted so."""

    num_tokens_kept: int


class RunAccount(Value):
    """What the run that made a version took in, kept and dropped, by its ledger."""

    output: str
    """The version, by reference."""

    run: str
    operation: Operation
    recipe: str | None
    """`name version`, where the run had one."""

    rule: str | None
    """How the data was made outside of muster, as stated."""

    inputs: tuple[str, ...]
    """All that the run read: its books are of all of them together."""

    documents_in: int
    documents_kept: int
    bytes_in: int
    bytes_kept: int
    """UTF-8 bytes of text, as they went out."""

    dropped: tuple[Dropped, ...]
    """In the order of the steps, then by reason."""

    tokens: tuple[TokenFlow, ...]
    """By tokenizer and policy, where the output was counted."""


class Paths(Value):
    """The answer of `lineage why`."""

    reference: str
    source: str
    num_paths: int
    """All of them, exactly, however few are listed; 0: the version was not made from the source."""

    paths: tuple[tuple[str, ...], ...]
    """Each from the source to the version, by reference; one of the shortest first."""

    through: tuple[str, ...] = ()
    """Where there is no path: a way from the source to the version through models, which is a taint
    and no derivation; empty: there is none either."""

    accounts: tuple[RunAccount, ...]
    """One for each version on a listed path but the source, in the order of the paths."""

    truncated: bool
    """True when fewer paths are listed than there are."""

    reason: str | None
    """By what the list was cut."""

    limit: int
