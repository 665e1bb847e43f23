"""The gates of a report as one list, which text, Markdown and HTML show alike."""

from collections.abc import Iterable

from registry.domain.gate import Gate, GateStatus
from registry.domain.report import Report, ReportWarning, WarningCode

_SAID_BY_GATES = frozenset(
    {WarningCode.EPOCHS_ABOVE_POLICY, WarningCode.INFEASIBLE, WarningCode.EXTRAPOLATED}
)
"""What is warned of targets in short, for who reads JSON; the gates say it of each target."""


def list_gates(report: Report) -> list[Gate]:
    """Return the gates of the data, and behind them those of targets.

    What several targets are cautioned of under one policy is one gate, with a line a target.
    """
    found: dict[tuple[str, str, str, str | None], list[tuple[str, Gate]]] = {}
    for target in report.targets:
        own = (gate for gate in target.gates if gate not in report.gates)
        for gate in (*own, *target.warnings):
            key = (gate.name, gate.status, gate.policy, gate.hint)
            found.setdefault(key, []).append((target.label, gate))
    return [*report.gates, *map(_join, found.values())]


def policy_text(gate: Gate) -> str:
    """Return what a gate asks, and where a policy file changes it."""
    if not gate.keys or gate.status is GateStatus.PASS:
        return gate.policy
    return f"{gate.policy}; in a policy file: {', '.join(gate.keys)}"


def list_warnings(report: Report) -> list[ReportWarning]:
    """Return the warnings that no gate says."""
    return [one for one in report.warnings if one.code not in _SAID_BY_GATES]


def _join(found: Iterable[tuple[str, Gate]]) -> Gate:
    (label, gate), *others = found
    if not others:
        return gate.model_copy(update={"name": f"{gate.name} of {label}"})
    lines = tuple(f"{name}: {one.message}" for name, one in ((label, gate), *others))
    more = tuple(f"{name}: {line}" for name, one in found for line in one.evidence)
    return gate.model_copy(
        update={"message": f"of {len(lines)} targets", "evidence": (*lines, *more)}
    )
