"""`Registry.reports`: the readiness reports that are kept."""

from registry import operations
from registry.domain.names import Reference
from registry.domain.report import Report, ReportSummary
from registry.domain.report_answers import Figure, ReportDiff
from registry.operations.context import Context


class Reports:
    """Reports by id, the beginning of their digest; `Registry.report` makes them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def get(self, report_id: str) -> Report:
        """Return a report as it was made."""
        return operations.reports.get_report(self._context, report_id)

    def get_newest(self, *references: str) -> Report:
        """Return the newest report that is kept of some versions."""
        return operations.reports.get_newest(
            self._context, [Reference.parse(text) for text in references]
        )

    def rerun(self, report_id: str) -> ReportDiff:
        """Make a report anew on what it is pinned to; see `operations.reports.rerun`."""
        return operations.reports.rerun(self._context, report_id)

    def diff(self, first: str, second: str) -> ReportDiff:
        """Compare two reports, and say what moved a verdict."""
        return operations.reports.diff(self._context, first, second)

    def explain(self, report: Report, figure: str) -> tuple[Figure, ...]:
        """Return how a number of a report came about, for each target."""
        return operations.explain.explain(self._context, report, figure)

    def html(self, report: Report) -> str:
        """Return a report as one HTML file that refers to nothing outside itself."""
        return operations.report_page.report_html(self._context, report)

    def list(self, *, limit: int = 50) -> list[ReportSummary]:
        """Return the newest reports, newest first."""
        return operations.reports.list_reports(self._context, limit=limit)
