"""What is stated of versions, in the terms of a declaration."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from registry.catalog.loading import STANDS, AnyRow, load_statements
from registry.catalog.models import name_versions
from registry.catalog.resolving import chunked
from registry.catalog.tables import (
    GenerationGroundingRow,
    GenerationRow,
    LicenceAssertionRow,
    ModelRow,
)
from registry.domain.declaration import (
    DeclaredGeneration,
    DeclaredLicence,
    DeclaredVersion,
    SourceStatement,
)
from registry.domain.licence import Basis
from registry.domain.version import SourceFacts

_LICENCES = (
    select(LicenceAssertionRow)
    .where(LicenceAssertionRow.basis == Basis.STATED)
    .order_by(LicenceAssertionRow.id)
)
_GENERATIONS = (
    select(GenerationRow, ModelRow.name, ModelRow.revision)
    .outerjoin_from(GenerationRow, ModelRow, ModelRow.id == GenerationRow.model_id)
    .where(STANDS)
    .order_by(GenerationRow.id)
)


def load_declared_versions(
    connection: Connection, ids: Sequence[int]
) -> dict[int, DeclaredVersion]:
    """Return what is stated of versions by their ids; those of which nothing is are left out."""
    licences = _group(connection, _LICENCES, LicenceAssertionRow.version_id, ids)
    generations = _group(connection, _GENERATIONS, GenerationRow.version_id, ids)
    grounded = _load_groundings(connection, ids)
    found = {}
    for key, (languages, sources) in load_statements(connection, ids).items():
        version = DeclaredVersion.trusted(
            {
                "languages": tuple(sorted(languages)),
                "sources": _sources(sources),
                "licenses": _newest(licences[key]),
                "generations": tuple(_generation(row, grounded) for row in generations[key]),
            }
        )
        if version != DeclaredVersion():
            found[key] = version
    return found


def _group(
    connection: Connection,
    query: Select[*tuple[Any, ...]],
    column: InstrumentedAttribute[int],
    ids: Sequence[int],
) -> defaultdict[int, list[AnyRow]]:
    groups: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for chunk in chunked(ids):
        for row in connection.execute(query.where(column.in_(chunk))):
            groups[row.version_id].append(row)
    return groups


def _sources(sources: Sequence[SourceFacts]) -> tuple[SourceStatement, ...]:
    """Return what is stated of sources; where bytes were found is a fact."""
    stated = (
        SourceStatement(url=one.url, publisher=one.publisher, retrieved_at=one.retrieved_at)
        for one in sources
    )
    return tuple(dict.fromkeys(one for one in stated if one != SourceStatement()))


def _newest(rows: Sequence[AnyRow]) -> tuple[DeclaredLicence, ...]:
    """Return what each speaker said last, in the order in which it was said."""
    last = {row.asserted_by: row for row in rows}
    return tuple(
        DeclaredLicence.trusted(
            {
                "license": row.expression,
                "by": row.asserted_by,
                "evidence": row.evidence,
                "evidence_digest": row.evidence_digest,
                "confidence": row.confidence,
            }
        )
        for row in sorted(last.values(), key=lambda row: int(row.id))
    )


def _load_groundings(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    pairs: defaultdict[int, list[int]] = defaultdict(list)
    row = GenerationGroundingRow
    query = select(row.generation_id, row.parent_id).order_by(row.parent_id)
    for chunk in chunked(ids):
        for generation, parent in connection.execute(query.where(row.version_id.in_(chunk))):
            pairs[generation].append(parent)
    names = name_versions(connection, {parent for found in pairs.values() for parent in found})
    return {key: tuple(names[parent] for parent in found) for key, found in pairs.items()}


def _generation(row: AnyRow, grounded: dict[int, tuple[str, ...]]) -> DeclaredGeneration:
    return DeclaredGeneration.trusted(
        {
            "role": row.role,
            "model": None if row.model_id is None else f"{row.name}@{row.revision}",
            "prompt_digest": row.prompt_digest,
            "sampling": row.sampling,
            "grounded_in": grounded.get(row.id, ()),
        }
    )
