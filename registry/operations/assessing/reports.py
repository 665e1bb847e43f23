"""Reports that are kept: look at one, make it anew, compare two."""

from collections.abc import Sequence

from registry.domain.names import Reference
from registry.domain.report import Report, ReportSummary
from registry.domain.report_answers import ReportDiff
from registry.errors import InputError
from registry.operations.assessing.make_report import make_report
from registry.operations.assessing.report_diff import diff_reports
from registry.operations.context import Context


def list_reports(context: Context, *, limit: int = 50) -> list[ReportSummary]:
    """Return the newest reports, newest first."""
    return context.catalog.reports.list(limit=limit)


def get_report(context: Context, report_id: str) -> Report:
    """Return a report as it was made.

    Raises:
        UnknownError: There is none.
    """
    return context.catalog.reports.get(report_id)


def get_newest(context: Context, references: Sequence[Reference]) -> Report:
    """Return the newest report that is kept of some versions.

    Raises:
        InputError: None is kept.
        UnknownError: There is no such version.
    """
    exact = [context.catalog.versions.get(reference).reference for reference in references]
    found = context.catalog.reports.find_newest(exact)
    if found is None:
        names = " ".join(exact)
        raise InputError(
            f"no report on {names} is kept", hint=f"muster report {names} --params 1.3B"
        )
    return found


def rerun(context: Context, report_id: str) -> ReportDiff:
    """Make a report anew on the versions, tokenizer, law and policy it stands on.

    Where the answer is another one it is kept as a report of its own, in one transaction. It can
    be: a better count came, a licence was stated, a version was withdrawn, a law of the project or
    muster itself is another one.

    Returns:
        What changed; `is_same` where nothing did.

    Raises:
        UnknownError: There is no such report, or its law or tokenizer is gone.
    """
    before = context.catalog.reports.get(report_id)
    after = make_report(context, before.request, pinned=before)
    kept = context.catalog.reports.keep(after, actor=context.actor, at=context.clock())
    return diff_reports(before, kept)


def diff(context: Context, first: str, second: str) -> ReportDiff:
    """Compare two reports that are kept; see `diff_reports`.

    Raises:
        UnknownError: There is no such report.
    """
    return diff_reports(context.catalog.reports.get(first), context.catalog.reports.get(second))
