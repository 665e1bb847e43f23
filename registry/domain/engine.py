"""Engines: the libraries that turn text into ids, and what was found when two were compared."""

from enum import StrEnum

from registry.domain.base import Value
from registry.domain.digest import Digest


class EngineChoice(StrEnum):
    """Which engine encodes."""

    AUTO = "auto"
    """The fast one, where it takes the tokenizer and gives the ids of the reference."""

    REFERENCE = "reference"
    """The library that the tokenizer was made for, always."""

    FAST = "fast"
    """The fast one, or an error that says why not."""


class EngineIdentity(Value):
    """A library and its version."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class EngineDifference(Value):
    """A text for which an engine gives other ids than the reference."""

    text: str
    """As short as it was cut to, at most 1,000 characters."""

    reference_ids: tuple[int, ...]
    """Around the first id that differs, at most 16."""

    ids: tuple[int, ...]
    """The other engine's, at the same place."""


class EngineCheck(Value):
    """What came out when an engine was compared with the reference, for one tokenizer."""

    tokenizer_fingerprint: Digest
    parse_special: bool
    """Whether the text of control tokens became their ids."""

    engine: EngineIdentity
    reference: EngineIdentity
    num_texts: int
    """Texts compared."""

    difference: EngineDifference | None = None
    """The first text with other ids; None: there was none."""

    @property
    def is_equal(self) -> bool:
        """True when no text was found for which the engines differ."""
        return self.difference is None
