"""Everything that was sealed, page by page, for whoever looks at all of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection, func, literal, select

from registry.catalog.engine import Database
from registry.catalog.integrity import find_contradictions
from registry.catalog.loading import load_versions
from registry.catalog.shards import load_shards_of
from registry.catalog.tables import (
    LicenceAssertionRow,
    MeasurementRow,
    RunRow,
    TokenCountRow,
    TokenizerRow,
    VersionRow,
)
from registry.domain.digest import Digest
from registry.domain.run import DERIVED_FROM
from registry.domain.version import Shard, Version

_VERSIONS = 100
"""How many are held in memory at once."""

_PAGED = {"yield_per": 500}

_KEPT = (
    (VersionRow.document_index, "document index"),
    (TokenCountRow.document_index, "document index of a count"),
    (TokenCountRow.details, "details of a count"),
    (MeasurementRow.found, "what a measurement found"),
    (RunRow.quarantine, "quarantine"),
    (TokenizerRow.file_digest, "file of a tokenizer"),
    (LicenceAssertionRow.evidence_digest, "evidence of a licence"),
)
"""The columns that name an object, beside those of shards."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A version with a row that this program cannot read."""

    version_id: int
    problem: str


class SealedStore:
    """Reads all that was sealed, in pages of one state each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_contradictions(self) -> list[str]:
        """Return facts that contradict each other, in words."""
        with self._database.reading() as connection:
            return find_contradictions(connection)

    def count_bytes(self) -> int:
        """Return the bytes of all versions; files that several share count with each."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.sum(VersionRow.num_bytes))).scalar() or 0)

    def iter_versions(self) -> Iterator[tuple[Version, list[Shard]] | Unreadable]:
        """Yield every version with its shards where they lie now, oldest first."""
        last = 0
        while True:
            query = select(VersionRow.id).where(VersionRow.id > last).order_by(VersionRow.id)
            with self._database.reading() as connection:
                ids = connection.execute(query.limit(_VERSIONS)).scalars().all()
                found = _load(connection, ids)
            if not ids:
                return
            last = ids[-1]
            yield from found

    def iter_objects(self) -> Iterator[tuple[Digest, str]]:
        """Yield the objects beside those of shards, each with what it is."""
        for column, what in _KEPT:
            query = select(column, literal(what)).where(column.is_not(None)).distinct()
            with (
                self._database.reading() as connection,
                connection.execute(query, execution_options=_PAGED) as found,
            ):
                for digest, meaning in found:
                    yield str(digest), str(meaning)

    def iter_derivations(self) -> Iterator[tuple[str, Digest, JsonValue]]:
        """Yield the public id of each run that says what its derivation is made of, and both."""
        query = select(RunRow.public_id, RunRow.derivation, RunRow.parameters).order_by(RunRow.id)
        with (
            self._database.reading() as connection,
            connection.execute(query, execution_options=_PAGED) as found,
        ):
            for run, derivation, parameters in found:
                if isinstance(parameters, dict) and DERIVED_FROM in parameters:
                    yield run, derivation, parameters[DERIVED_FROM]


def _load(
    connection: Connection, ids: Sequence[int]
) -> list[tuple[Version, list[Shard]] | Unreadable]:
    try:
        versions, shards = load_versions(connection, ids), load_shards_of(connection, ids)
    except ValidationError as error:
        if len(ids) > 1:
            return [found for one in ids for found in _load(connection, [one])]
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        return [Unreadable(ids[0], f"{where} {wrong['input']!r}: {wrong['msg']}")]
    return [(versions[one], shards[one]) for one in ids]
