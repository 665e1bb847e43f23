"""Print lists of datasets."""

from collections.abc import Sequence

from cli import output
from cli.options import ListFormat
from registry.domain.answers import EncodingUse
from registry.domain.quantities import format_bytes, format_number
from registry.domain.reading import EncodingBasis
from registry.domain.version import DatasetSummary, VersionState

_COLUMNS = ("reference", "kind", "content", "documents", "size", "licence", "languages", "tags")
_STATE = "state"
"""A column of its own where programs read the list; people see it at the reference."""

_HEADINGS = tuple("stated licence" if one == "licence" else one for one in _COLUMNS)
"""For people: what is stated of a version is not all that applies to it."""


def print_datasets(found: Sequence[DatasetSummary], *, how: ListFormat, quiet: bool) -> None:
    """Print datasets with their newest versions."""
    if quiet:
        for summary in found:
            output.write(summary.reference)
        return
    for_people = how in {ListFormat.TABLE, ListFormat.MARKDOWN}
    rows = [_row(summary, for_people=for_people) for summary in found]
    output.print_list(found, _HEADINGS if for_people else (*_COLUMNS, _STATE), rows, how=how)


def _row(summary: DatasetSummary, *, for_people: bool) -> tuple[str | int, ...]:
    is_withdrawn = summary.state is VersionState.WITHDRAWN
    row = (
        summary.reference + (f" ({summary.state})" if for_people and is_withdrawn else ""),
        summary.kind.value,
        summary.content.value if summary.content else "none yet",
        summary.num_documents,
        format_bytes(summary.num_bytes) if for_people else summary.num_bytes,
        summary.licence,
        " ".join(summary.languages),
        " ".join(summary.tags),
    )
    return row if for_people else (*row, summary.state.value if summary.state else "")


def say_encoding(found: EncodingUse) -> str:
    """Return in which encoding files are, for people."""
    if found.basis is EncodingBasis.UNTOLD:
        return f"{format_number(found.num_files, 'file')}: encoding could not be told"
    sure = "" if found.least_confidence is None else f", confidence {found.least_confidence:.2f}"
    lost = format_number(found.num_replaced, "character")
    return f"{found.name} ({found.basis}{sure}): {format_number(found.num_files, 'file')}" + (
        f", {lost} read as U+FFFD" if found.num_replaced else ""
    )
