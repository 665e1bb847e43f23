"""What `muster law` prints of comparisons and fits."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from registry.domain.law_answers import LawComparison
from registry.domain.quantities import format_count
from registry.domain.target import Uncertainty, format_size

if TYPE_CHECKING:
    from registry.operations.assessing.fit_runs import FittedLaw
    from registry.reporting.quiet_table import QuietTable


def comparison_table(compared: Iterable[LawComparison], sizes: Sequence[int]) -> "QuietTable":
    """Return a row for each law, and for the ends of its interval, a column for each size."""
    from registry.reporting.tables import add_rows, new_table

    headings = [format_size(size) for size in sizes]
    rows = [
        [
            law if end == "mid" else f"  80 % {end}",
            counts if end == "mid" else "",
            *(format_count(number) for number in numbers),
        ]
        for law, counts, end, *numbers in _ends(compared)
    ]
    return add_rows(new_table(["law", "counts", *headings], right=headings), rows)


def comparison_rows(compared: Iterable[LawComparison]) -> list[list[str | int]]:
    """Return a row for each law and end: its id, what it counts, the end, tokens for each size."""
    return [list(row) for row in _ends(compared)]


def _ends(compared: Iterable[LawComparison]) -> "Iterator[tuple[str, str, str, *tuple[int, ...]]]":
    for item in compared:
        needs = list(item.required_tokens.values())
        yield (item.law, item.parameters, "mid", *(need.mid for need in needs))
        if any(need.uncertainty is Uncertainty.BOOTSTRAP_80 for need in needs):
            yield (item.law, item.parameters, "low", *(need.low for need in needs))
            yield (item.law, item.parameters, "high", *(need.high for need in needs))


def fit_facts(found: "FittedLaw") -> list[tuple[str, str | None]]:
    """Return a fit in names and values."""
    fit, formula = found.fit, found.fit.formula
    errors = [0.0] * 5
    if fit.uncertainty is not None:
        errors = [row[place] ** 0.5 for place, row in enumerate(fit.uncertainty.covariance)]
    values = (formula.a, formula.b, formula.e, formula.alpha, formula.beta)
    names = ("a = ln A", "b = ln B", "e = ln E", "alpha", "beta")
    facts: list[tuple[str, str | None]] = [("law", found.law.id)]
    for name, value, error in zip(names, values, errors, strict=True):
        facts.append((name, f"{value:.6g}" + (f" (standard error {error:.2g})" if error else "")))
    resamples = f"{fit.num_resamples:,}"
    if fit.num_failed_resamples:
        resamples += f", {fit.num_failed_resamples:,} without a fit left out"
    return [
        *facts,
        ("objective", f"{fit.objective:.6g}"),
        ("runs", f"{fit.num_runs:,}"),
        ("starts", f"{fit.num_starts:,} of 4,500"),
        ("resamples", resamples if fit.num_resamples else "none: the law has no interval"),
        ("to keep", "the same command with --toml >> muster.toml"),
    ]
