"""What `muster law` answers beside the laws themselves."""

from registry.domain.base import Value
from registry.domain.target import Requirement


class LawComparison(Value):
    """What one law asks for, for each of several sizes."""

    law: str
    parameters: str
    """Which parameters it counts."""

    votes: bool
    required_tokens: dict[str, Requirement]
    """By the size as it was given, in parameters."""
