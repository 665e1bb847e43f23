"""Gates: conditions that data has to meet, whatever its amount."""

from enum import StrEnum

from registry.domain.base import Value


class GateStatus(StrEnum):
    """Whether a gate lets the data through, from best to worst."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    BLOCK = "block"

    @property
    def severity(self) -> int:
        """How bad it is; 0 is good."""
        return list(GateStatus).index(self)


class Gate(Value):
    """One condition, and what was found."""

    name: str
    """What is looked at, such as `licence`."""

    status: GateStatus
    message: str
    """What was found, in a sentence."""

    evidence: tuple[str, ...] = ()
    """What shows it: versions, licences, paths."""

    policy: str
    """The policy that asks for it, and what it asks."""

    hint: str | None = None
    """How to change it; None where there is nothing to change."""

    keys: tuple[str, ...] = ()
    """Where a policy file changes it, as `epochs.wanted` for `wanted` of its table `[epochs]`."""
