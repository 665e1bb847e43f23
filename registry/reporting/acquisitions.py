"""What to get next, and what the data is without some of it, in words and cells."""

from registry.domain.acquisition import Acquisition
from registry.domain.quantities import format_count, format_times
from registry.domain.report import Report
from registry.domain.target import Verdict
from registry.reporting.text import plain

CANDIDATE_COLUMNS = ("candidate", "tokens", "gained", "price", "gained for 1", "alone")
BEFORE_COLUMNS = ("model", "with", "without", "unique with", "without it", "epochs", "and without")

_NONE = "-"


def acquisition_sentence(report: Report, found: Acquisition) -> str:
    """Return what to get for a target, as a sentence."""
    target = plain(found.target)
    if not found.missing_tokens:
        return f"{target}: nothing is missing ({found.verdict})."
    missing = f"{target}: {format_count(found.missing_tokens)} unique tokens are missing"
    if not found.ranked:
        return f"{missing}, and no candidate can be ranked."
    if found.cheapest is None:
        unpriced = sum(one.cost is None for one in found.ranked)
        some = f", {unpriced:,} of them without a known price," if unpriced else ""
        return (
            f"{missing}; all candidates that can be ranked{some} bring "
            f"{format_count(found.all_tokens)}: {found.verdict}."
        )
    names = " and ".join(map(plain, found.cheapest))
    bound = " at most" if _is_bound(report, found) else ""
    return f"{missing}; cheapest is {names} for {found.cost}: then{bound} {found.verdict}."


def candidate_rows(report: Report, found: Acquisition) -> list[list[str]]:
    """Return a row for each candidate that is ranked, under `CANDIDATE_COLUMNS`."""
    tokens = {item.reference: item for item in report.candidates}
    rows = []
    for one in found.ranked:
        candidate = tokens[one.reference]
        bound = "<= " if candidate.is_upper_bound else ""
        bound = "said " if candidate.said_by else bound
        per_unit = _NONE if one.per_unit is None else format_count(int(one.per_unit))
        rows.append(
            [
                plain(one.reference),
                f"{bound}{format_count(candidate.num_tokens or 0)}",
                format_count(one.gained_tokens),
                "price unknown" if one.cost is None else str(one.cost),
                "free" if one.per_unit is None and one.cost is not None else per_unit,
                one.verdict.value,
            ]
        )
    return rows


def unranked(report: Report) -> list[tuple[str, str]]:
    """Return why candidates are not ranked, or have no price, each with what to do about it."""
    return [
        (f"{plain(item.reference)}: {plain(why)}", plain(item.hint or ""))
        for item in report.candidates
        if (why := item.problem or item.unpriced) is not None
    ]


def declared(report: Report) -> list[str]:
    """Return whose tokens are only declared, and by whom."""
    return [
        f"{plain(item.reference)}: its tokens are declared by {plain(item.said_by)}"
        for item in report.candidates
        if item.said_by is not None
    ]


def before_title(report: Report) -> str:
    """Return what a report leaves out."""
    names = [item.reference for item in report.inputs if item.is_left_out]
    shown = ", ".join(map(plain, names[:4])) or "nothing that was held"
    more = f" and {len(names) - 4:,} more" if len(names) > 4 else ""
    return f"Without {shown}{more}"


def before_rows(report: Report) -> list[list[str]]:
    """Return each target with and without what is left out, under `BEFORE_COLUMNS`."""
    return [
        [
            plain(before.target),
            before.verdict.value,
            after.verdict.value,
            format_count(before.unique_tokens),
            format_count(after.unique_tokens),
            _epochs(before.epochs_needed),
            _epochs(after.epochs_needed),
        ]
        for before, after in zip(report.before, report.targets, strict=True)
    ]


def before_sentence(report: Report) -> str:
    """Return which verdicts are worse without what is left out, as a sentence."""
    order = list(Verdict)
    worse = [
        f"{plain(before.target)} from {before.verdict} to {after.verdict}"
        for before, after in zip(report.before, report.targets, strict=True)
        if order.index(after.verdict) < order.index(before.verdict)
    ]
    return f"Worse: {', '.join(worse)}." if worse else "No verdict is worse."


def _is_bound(report: Report, found: Acquisition) -> bool:
    taken = set(found.cheapest or ())
    return any(item.is_upper_bound for item in report.candidates if item.reference in taken)


def _epochs(needed: float | None) -> str:
    return "none suffices" if needed is None else format_times(needed)
