"""Print lists of datasets."""

from collections.abc import Sequence

from cli import output
from cli.options import ListFormat
from registry.domain.quantities import format_bytes
from registry.domain.version import DatasetSummary

_COLUMNS = ("reference", "kind", "content", "documents", "size", "licence", "languages", "tags")


def print_datasets(found: Sequence[DatasetSummary], *, how: ListFormat, quiet: bool) -> None:
    """Print datasets with their newest versions."""
    if quiet:
        for summary in found:
            output.write(summary.reference)
        return
    for_people = how in {ListFormat.TABLE, ListFormat.MARKDOWN}
    rows = [
        (
            summary.reference,
            summary.kind.value,
            summary.content.value,
            summary.num_documents,
            format_bytes(summary.num_bytes) if for_people else summary.num_bytes,
            summary.licence,
            " ".join(summary.languages),
            " ".join(summary.tags),
        )
        for summary in found
    ]
    output.print_list(found, _COLUMNS, rows, how=how)
