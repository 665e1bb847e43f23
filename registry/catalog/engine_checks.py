"""Comparisons of engines with the reference, each outcome kept once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import JsonValue
from sqlalchemy import select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.facts import find_tokenizers
from registry.catalog.inserting import insert_rows
from registry.catalog.tables import EngineCheckRow, TokenizerRow
from registry.domain.digest import Digest, canonical_json
from registry.domain.engine import EngineCheck, EngineDifference, EngineIdentity

EngineChecks: TypeAlias = list[EngineCheck]

_CHECKS = select(EngineCheckRow, TokenizerRow.fingerprint).join_from(
    EngineCheckRow, TokenizerRow, TokenizerRow.id == EngineCheckRow.tokenizer_id
)


class EngineCheckStore:
    """Records and finds what was found of engines."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, check: EngineCheck, *, actor: str, at: datetime) -> None:
        """Keep an outcome in one transaction; one that is known already changes nothing.

        Raises:
            UnknownError: The tokenizer has not been added.
        """
        with self._database.writing() as connection:
            ids = find_tokenizers(connection, [check.tokenizer_fingerprint])
            key = _key(check, tokenizer_id=ids[check.tokenizer_fingerprint])
            known = select(EngineCheckRow.id).filter_by(**key)
            if connection.execute(known).scalar() is not None:
                return
            difference = check.difference
            document = (
                None
                if difference is None
                else canonical_json(difference.model_dump(mode="json")).decode()
            )
            row = {**key, "num_texts": check.num_texts, "difference": document}
            insert_rows(connection, EngineCheckRow, [{**row, "checked_at": at}])
            detail: dict[str, JsonValue] = {"engine": str(check.engine), "is_equal": check.is_equal}
            change = Change("engine.check", check.tokenizer_fingerprint, detail)
            audit.append(connection, [change], actor=actor, at=at)

    def find(
        self,
        tokenizer_fingerprint: Digest,
        *,
        parse_special: bool,
        engine: EngineIdentity,
        reference: EngineIdentity,
    ) -> EngineCheck | None:
        """Return what is known of an engine for a tokenizer, a difference if there ever was one."""
        wanted = _CHECKS.where(
            TokenizerRow.fingerprint == tokenizer_fingerprint,
            EngineCheckRow.parse_special == parse_special,
            EngineCheckRow.engine == engine.name,
            EngineCheckRow.engine_version == engine.version,
            EngineCheckRow.reference == reference.name,
            EngineCheckRow.reference_version == reference.version,
        ).order_by(EngineCheckRow.is_equal)
        with self._database.reading() as connection:
            row = connection.execute(wanted.limit(1)).mappings().one_or_none()
        return None if row is None else _check(row)

    def list(self, tokenizer_fingerprint: Digest) -> EngineChecks:
        """Return everything that was found for a tokenizer, oldest first."""
        wanted = _CHECKS.where(TokenizerRow.fingerprint == tokenizer_fingerprint)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(EngineCheckRow.id)).mappings()
            return [_check(row) for row in rows]


def _key(check: EngineCheck, *, tokenizer_id: int) -> dict[str, Any]:
    return {
        "tokenizer_id": tokenizer_id,
        "parse_special": check.parse_special,
        "engine": check.engine.name,
        "engine_version": check.engine.version,
        "reference": check.reference.name,
        "reference_version": check.reference.version,
        "is_equal": check.is_equal,
    }


def _check(row: Mapping[Any, Any]) -> EngineCheck:
    difference = row["difference"]
    return EngineCheck(
        tokenizer_fingerprint=row["fingerprint"],
        parse_special=row["parse_special"],
        engine=EngineIdentity(name=row["engine"], version=row["engine_version"]),
        reference=EngineIdentity(name=row["reference"], version=row["reference_version"]),
        num_texts=row["num_texts"],
        difference=None if difference is None else EngineDifference.model_validate_json(difference),
    )
