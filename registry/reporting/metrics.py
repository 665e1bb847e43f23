"""Metrics in words: their names are for programs."""

from collections.abc import Iterable
from typing import Final

from registry.domain.version import Metric

_WORDS: Final = {
    "contributions.num_contributors": "people who gave it",
    "exact_duplicates.num_documents": "exact duplicates",
    "other_encodings.num_files": "files not in UTF-8",
    "other_encodings.num_replaced": "characters lost",
}


def say_metric(name: str) -> str:
    """Return what a metric measures, in words.

    Example:
        >>> say_metric("exact_duplicates.num_documents")
        'exact duplicates'
        >>> say_metric("contributions.CC-BY-4.0.num_documents")
        'contributions, CC-BY-4.0: documents'
        >>> say_metric("diversity.compression_ratio")
        'diversity: compression ratio'
    """
    if name in _WORDS:
        return _WORDS[name]
    of, _, what = name.rpartition(".")
    family, _, rest = of.partition(".")
    said = ", ".join(filter(None, (family.replace("_", " "), rest)))
    return f"{said}: {what.removeprefix('num_').replace('_', ' ')}" if said else name


def metric_facts(metrics: Iterable[Metric]) -> list[tuple[str, str | None]]:
    """Return metrics in words, with their values; encodings have lines of their own."""
    return [
        (say_metric(one.name), say_number(one.value))
        for one in metrics
        if not one.name.startswith("other_encodings.")
    ]


def say_number(value: float) -> str:
    """Return a whole number in full, and of any other six digits."""
    return f"{value:,.0f}" if value.is_integer() else f"{value:,.6g}"
