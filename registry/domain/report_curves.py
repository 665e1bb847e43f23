"""Numbers behind the charts of a report that its targets alone do not hold."""

from registry.domain.base import Value


class SizePoint(Value):
    """What the report's law asks for a size, compute-optimally."""

    num_parameters: float
    low: float
    mid: float
    high: float


class EpochPoint(Value):
    """What the unique tokens are worth after so many epochs."""

    epochs: float
    num_tokens: float


class SensitivityRow(Value):
    """The verdicts on each target if one thing were another."""

    change: str
    verdicts: tuple[str, ...]
    """In the order of the report's targets."""


class ReportCurves(Value):
    """What the charts and the table of sensitivity are drawn from."""

    requirement: tuple[SizePoint, ...]
    epochs: tuple[EpochPoint, ...]
    sensitivity: tuple[SensitivityRow, ...]
