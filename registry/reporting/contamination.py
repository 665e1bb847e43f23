"""What overlaps with evaluation data, for the terminal."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from registry.domain.contamination import (
    OverlapFound,
    OverlapMeasurement,
    OverlapMethod,
    OverlappingDocument,
)
from registry.domain.quantities import format_number
from registry.reporting.tables import Cell, add_rows, new_table
from registry.reporting.text import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

LIST_COLUMNS = (
    "version",
    "id",
    "source",
    "evaluation",
    "item_id",
    "item",
    "num_ngrams",
    "is_equal",
)
OVERLAP_COLUMNS = (
    "version",
    "against",
    "",
    "documents",
    "overlap",
    "equal",
    "distinct",
    "items found",
)
EXAMPLE_COLUMNS = ("document", "item", "n-grams")


def render_overlaps(answers: Sequence[OverlapMeasurement]) -> "RenderableType":
    """Return what was found, and by what, with some documents and the items they overlap with."""
    from rich.console import Group

    return Group(*_blocks(answers))


def overlap_rows(answers: Sequence[OverlapMeasurement]) -> list[list[str]]:
    """Return a row for each version and evaluation data under `OVERLAP_COLUMNS`."""
    return [
        [
            # What one version shares with several stands together.
            answer.reference if place == 0 else "",
            found.evaluation,
            answer.status,
            f"{answer.num_documents:,}",
            f"{found.num_documents:,}",
            f"{found.num_equal_documents:,}",
            f"{found.num_distinct_documents:,}",
            f"{found.num_found_items:,} of {found.num_items:,}",
        ]
        for answer in answers
        for place, found in enumerate(answer.against)
    ]


def overlapping_row(
    answer: OverlapMeasurement, found: OverlapFound, one: OverlappingDocument
) -> list[Cell]:
    """Return a document that overlaps under `LIST_COLUMNS`."""
    return [
        answer.reference,
        one.id,
        one.source,
        found.evaluation,
        one.item_id,
        one.item,
        one.num_ngrams,
        one.is_equal,
    ]


def say_overlap(method: OverlapMethod) -> str:
    """Return by what documents were found, as a sentence."""
    return f"by equal text, and by {method}"


def _blocks(answers: Sequence[OverlapMeasurement]) -> "Iterator[RenderableType]":
    from rich.text import Text

    table = new_table(OVERLAP_COLUMNS, right=OVERLAP_COLUMNS[3:])
    yield add_rows(table, overlap_rows(answers))
    yield Text(say_overlap(answers[0].method))
    short = {one.evaluation: one for answer in answers for one in answer.against}
    for name, found in short.items():
        if found.num_short_items:
            items = format_number(found.num_short_items, "item")
            yield Text(f"found by equal text alone, being shorter: {items} of {name}")
    examples = [one for answer in answers for found in answer.against for one in found.examples]
    if examples:
        yield Text()
        rows = map(_example, examples)
        yield add_rows(new_table(EXAMPLE_COLUMNS, right=EXAMPLE_COLUMNS[2:]), rows)


def _example(one: OverlappingDocument) -> list[str]:
    ngrams = "equal" if one.is_equal else f"{one.num_ngrams:,}"
    return [plain(one.source), plain(one.item), ngrams]
