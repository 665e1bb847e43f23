"""The first line of a report: its answer as one sentence."""

import math
from collections.abc import Sequence

from registry.domain.quantities import format_count, format_times
from registry.domain.report import Report
from registry.domain.target import TargetReport, Verdict, format_parameters, format_size

_NEVER = "never"


def answer_one(target: TargetReport, held: str) -> str:
    """Return the answer on one target.

    Args:
        target: The target.
        held: What is held, in words.
    """
    size, need = _named(target), target.required_tokens[target.law]
    asked = f"{target.law} asks for {format_count(need.mid)}"
    taught, beside = target.distillation, ""
    if taught is not None:
        beside = f" and {format_count(taught.generated_tokens)} generated ones"
    match target.verdict:
        case Verdict.AMPLE | Verdict.SUFFICIENT:
            return f"Yes: {held}{beside} are enough for {size}; {asked}."
        case Verdict.SUFFICIENT_REPEAT:
            seen = f"{held}, seen {_times(target)} times,{beside}"
            return f"Yes: {seen} are enough for {size}; {asked}."
        case Verdict.CONSTRAINED if _is_enough_by_repeating(target):
            enough = f"are enough for {size} only after {_times(target)} epochs"
            return f"Not as it stands: {held}{beside} {enough}; {asked}."
        case Verdict.CONSTRAINED:
            seen = f"{held}, seen {target.hard_epochs} times,{beside}"
            low = f"only the low end of the interval for {size}, {format_count(need.low)}"
            return f"Not as it stands: {seen} reach {low}; {asked}."
        case Verdict.BLOCKED:
            return f"No: a gate blocks {size} on {held}."
        case _:
            return f"No: {held}{beside} are not enough for {size}; {asked}."


def answer_several(report: Report, held: str) -> str:
    """Return the answer on several targets; see `answer_one`."""
    unit = "" if any(target.name for target in report.targets) else " parameters"
    labels: dict[str, list[str]] = {}
    for target in report.targets:
        labels.setdefault(_way_to_enough(target), []).append(target.label)
    enough, never = labels.pop("", []), labels.pop(_NEVER, [])
    only = [f"for {_list(names)} only {way}" for way, names in labels.items()]
    rest = "".join(f"; {text}" for text in only)
    if all(target.verdict is Verdict.BLOCKED for target in report.targets):
        return f"No: a gate blocks {_list(never)}{unit} on {held}."
    if enough:
        if len(enough) == len(report.targets):
            return f"Yes: {held} are enough for each of {_list(enough)}{unit} ({report.law})."
        return f"{held} are enough for {_list(enough)}" + (
            f", not for {_list(never)}{unit}{rest}." if never else f"{unit}{rest}."
        )
    if never:
        names = f"any of {_list(never)}" if len(never) > 1 else never[0]
        return f"No: {held} are not enough for {names}{unit}{rest} ({report.law})."
    return f"Not as it stands: {held} are enough {'; '.join(only)} ({report.law})."


def _way_to_enough(target: TargetReport) -> str:
    """Return by what the data would be enough for a target; nothing where it is."""
    if target.verdict.is_enough:
        return ""
    if target.verdict is not Verdict.CONSTRAINED:
        return _NEVER
    if _is_enough_by_repeating(target):
        return "by more epochs than the policy has"
    return "at the low end of the interval"


def _times(target: TargetReport) -> str:
    needed = format_times(target.epochs_needed or 0.0)
    return f"up to {needed}" if target.mixture else needed


def _is_enough_by_repeating(target: TargetReport) -> bool:
    epochs = target.epochs_needed or math.inf
    return target.verdict is Verdict.CONSTRAINED and epochs <= target.hard_epochs


def _named(target: TargetReport) -> str:
    size = format_parameters(target.num_parameters)
    if target.active_parameters is not None:
        size += f", {format_size(target.active_parameters)} active"
    return size if target.name is None else f"{target.name} ({size})"


def _list(names: Sequence[str]) -> str:
    """Return names in a row: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
