"""A student with a teacher, and without one, in words and cells."""

from registry.domain.quantities import format_count, format_times
from registry.domain.report import Report
from registry.domain.target import DistillationReport, TargetReport, Way

WAY_COLUMNS = ("way", "tokens written", "count for", "epochs", "short", "FLOPs", "verdict")


def taught(report: Report) -> list[tuple[TargetReport, DistillationReport]]:
    """Return the targets that have a teacher."""
    return [(one, one.distillation) for one in report.targets if one.distillation is not None]


def way_rows(found: DistillationReport) -> list[list[str]]:
    """Return both ways to a student under `WAY_COLUMNS`."""
    written, counted = format_count(found.generated_tokens), format_count(found.credited_tokens)
    return [
        _row("real data alone", "-", "-", found.alone),
        _row("with the teacher", written, counted, found.with_teacher),
    ]


def _row(name: str, written: str, counted: str, way: Way) -> list[str]:
    return [
        name,
        written,
        counted,
        "none suffices" if way.epochs_needed is None else format_times(way.epochs_needed),
        format_count(way.shortfall_tokens),
        f"{way.flops:.3g}",
        f"{way.verdict} ({way.confidence})",
    ]
