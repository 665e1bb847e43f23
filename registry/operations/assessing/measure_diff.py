"""What was measured otherwise between two reports, and by which method."""

from collections.abc import Iterator

from registry.domain.near_duplicates import NearDuplicates, SignatureMethod
from registry.domain.quantities import format_count
from registry.domain.report import Report


def diff_measures(first: Report, second: Report) -> Iterator[str]:
    """Yield what changed of near duplicates, overlap with evaluation data, and diversity."""
    yield from _diff_near_duplicates(first.near_duplicates, second.near_duplicates)
    before, after = (_overlap_methods(report) for report in (first, second))
    if before != after:
        yield f"overlap with evaluation data is found by {after}, in place of {before}"
    old = {item.reference: item for item in first.diversity}
    for item in second.diversity:
        if old.get(item.reference, item) != item:
            yield f"the diversity of {item.reference} was measured anew"
        elif item.reference not in old:
            yield f"the diversity of {item.reference} was measured"


def _diff_near_duplicates(
    before: NearDuplicates | str, after: NearDuplicates | str
) -> Iterator[str]:
    if before == after:
        return
    found = "are not measured any more"
    if not isinstance(after, str):
        found = f"take {format_count(after.num_tokens)} tokens, by {_shingles(after.method)}"
        if not isinstance(before, str) and before.method != after.method:
            found += f", in place of {_shingles(before.method)}"
        if after.unmeasured:
            found += f"; not measured of {', '.join(after.unmeasured)}"
    yield f"near duplicates {found}"


def _shingles(by: SignatureMethod) -> str:
    return f"shingles of {by.words}, {by.bands} bands of {by.rows}"


def _overlap_methods(report: Report) -> str:
    """Return by what n-grams of a report's versions were compared with evaluation data."""
    found = report.contamination
    said = [] if found is None else [str(method) for method in found.methods]
    return " and ".join(["equal text", *said])
