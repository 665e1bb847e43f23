"""Readiness reports, each kept once by the digest of everything but the moment it was made."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.inserting import insert_rows
from registry.catalog.tables import ReportRow
from registry.domain.digest import PREFIX, canonical_json
from registry.domain.report import ID_DIGITS, Report, ReportSummary, TargetVerdict
from registry.errors import InputError, UnknownError

ReportSummaries: TypeAlias = list[ReportSummary]

_SHORTEST_ID = 4
_PAGE = 20
_VERDICTS = TypeAdapter(tuple[TargetVerdict, ...])
_KEPT = select(ReportRow.digest, ReportRow.document, ReportRow.created_at)


class ReportStore:
    """Keeps and finds reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, report: Report, *, actor: str, at: datetime) -> Report:
        """Keep a report in one transaction; return it with its id, and with its first moment.

        The same report again changes nothing.
        """
        digest = report.digest
        known = _KEPT.where(ReportRow.digest == digest)
        with self._database.writing() as connection:
            found = connection.execute(known).one_or_none()
            if found is not None:
                return _report(found.digest, found.document, found.created_at)
            insert_rows(
                connection,
                ReportRow,
                [
                    {
                        "digest": digest,
                        "muster_version": report.muster_version,
                        "tokenizer": report.tokenizer.name,
                        "law": report.law,
                        "num_versions": len(report.used),
                        "unique_tokens": report.unique_tokens,
                        "verdicts": _verdicts(report),
                        "document": report.model_dump_json(exclude={"id", "created_at"}),
                        "actor": actor,
                        "created_at": at,
                    }
                ],
            )
            change = Change("report.keep", short_id(digest), {"digest": digest})
            audit.append(connection, [change], actor=actor, at=at)
            return report.model_copy(update={"id": short_id(digest), "created_at": at})

    def get(self, report_id: str) -> Report:
        """Return a report by the beginning of its digest.

        Raises:
            UnknownError: There is none.
            InputError: The beginning fits several.
        """
        digits = report_id.removeprefix(PREFIX)
        fits = ReportRow.digest.startswith(PREFIX + digits, autoescape=True)
        with self._database.reading() as connection:
            found = []
            if len(digits) >= _SHORTEST_ID:
                found = list(connection.execute(_KEPT.where(fits).limit(2)))
            if not found:
                newest = select(ReportRow.digest).order_by(ReportRow.id.desc()).limit(100)
                known = [short_id(digest) for digest in connection.execute(newest).scalars()]
                raise UnknownError(
                    what="report", value=report_id, known=known, hint="muster report list"
                )
        if len(found) > 1:
            raise InputError(f"{report_id} fits several reports", hint="give more digits")
        (row,) = found
        return _report(row.digest, row.document, row.created_at)

    def find_newest(self, references: Sequence[str]) -> Report | None:
        """Return the newest report on all of some versions, by canonical reference; None: none."""
        query = _KEPT.order_by(ReportRow.id.desc())
        for reference in references:
            query = query.where(ReportRow.document.contains(f'"{reference}"', autoescape=True))
        with self._database.reading() as connection:
            for row in connection.execute(query).yield_per(_PAGE):
                report = _report(row.digest, row.document, row.created_at)
                # What was left out is named in a document too.
                held = {*report.request.references, *(one.reference for one in report.used)}
                if held.issuperset(references):
                    return report
        return None

    def list(self, *, limit: int = 50) -> ReportSummaries:
        """Return the newest reports, newest first."""
        query = (
            select(
                ReportRow.digest,
                ReportRow.created_at,
                ReportRow.muster_version,
                ReportRow.tokenizer,
                ReportRow.law,
                ReportRow.num_versions,
                ReportRow.unique_tokens,
                ReportRow.verdicts,
            )
            .order_by(ReportRow.id.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [
                ReportSummary(
                    id=short_id(row.digest),
                    created_at=row.created_at,
                    muster_version=row.muster_version,
                    tokenizer=row.tokenizer,
                    law=row.law,
                    num_versions=row.num_versions,
                    unique_tokens=row.unique_tokens,
                    verdicts=_VERDICTS.validate_json(row.verdicts),
                )
                for row in connection.execute(query)
            ]

    def list_inputs(self) -> dict[str, frozenset[str]]:
        """Return the versions that each report stands on, by its id, oldest report first."""
        query = select(ReportRow.digest, ReportRow.document).order_by(ReportRow.id)
        with self._database.reading() as connection:
            return {
                short_id(digest): frozenset(
                    one["reference"] for one in json.loads(document)["inputs"]
                )
                for digest, document in connection.execute(query)
            }


def find_report(connection: Connection, name: str) -> int:
    """Return the key of the report of an id, which is kept."""
    fits = ReportRow.digest.startswith(PREFIX + name, autoescape=True)
    return int(connection.execute(select(ReportRow.id).where(fits)).scalar_one())


def short_id(digest: str) -> str:
    """Return the id of a report: the beginning of its digest."""
    return digest.removeprefix(PREFIX)[:ID_DIGITS]


def _report(digest: str, document: str, created_at: datetime) -> Report:
    fields = json.loads(document) | {"id": short_id(digest), "created_at": created_at}
    return Report.model_validate(fields)


def _verdicts(report: Report) -> str:
    return canonical_json(
        [
            target.model_dump(mode="json", include=set(TargetVerdict.model_fields))
            for target in report.targets
        ]
    ).decode()
