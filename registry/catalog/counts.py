"""Token counts: facts that are superseded, never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.facts import find_recipes, find_tokenizers
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.loading import AnyRow
from registry.catalog.resolving import chunked, resolve, resolve_all
from registry.catalog.tables import (
    AS_IS,
    DatasetRow,
    RecipeRow,
    RunRow,
    TokenCountRow,
    TokenizerRow,
    VersionRow,
)
from registry.domain.count import WHOLE_VERSION, CountMethod, RecordedCount, TokenCount
from registry.domain.digest import Digest
from registry.domain.names import Reference, reference_to
from registry.domain.tokenizer import CountingPolicy
from registry.errors import UnknownError

_NUMBERS = (
    "num_tokens",
    "num_special_tokens",
    "num_documents",
    "num_bytes",
    "num_unknown_tokens",
    "num_tokens_low",
    "num_tokens_high",
    "sample_fraction",
    "seed",
    "document_index",
    "details",
)
"""What a count says, beside what it is a count of."""

_PREFERENCE = {CountMethod.EXACT: 0, CountMethod.SAMPLED: 1, CountMethod.DECLARED: 2}

_CURRENT = (
    select(
        TokenCountRow.version_id,
        DatasetRow.name.label("dataset"),
        VersionRow.number,
        TokenizerRow.fingerprint.label("tokenizer_fingerprint"),
        TokenizerRow.name.label("tokenizer_name"),
        TokenCountRow.recipe_id,
        RecipeRow.fingerprint.label("recipe"),
        TokenCountRow.policy,
        TokenCountRow.scope,
        TokenCountRow.method,
        *(getattr(TokenCountRow, name) for name in _NUMBERS),
        TokenCountRow.counted_at,
        RunRow.public_id.label("run"),
    )
    .join_from(TokenCountRow, VersionRow, VersionRow.id == TokenCountRow.version_id)
    .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    .join(TokenizerRow, TokenizerRow.id == TokenCountRow.tokenizer_id)
    .join(RecipeRow, RecipeRow.id == TokenCountRow.recipe_id)
    .outerjoin(RunRow, RunRow.id == TokenCountRow.run_id)
    .where(TokenCountRow.superseded_by.is_(None))
    .order_by(TokenCountRow.id)
)


class CountStore:
    """Reads and records token counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_for(self, reference: Reference) -> list[RecordedCount]:
        """Return the current counts of a version, oldest first.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.reading() as connection:
            version_id = resolve(connection, reference)
            return load_counts(connection, [version_id])[version_id]

    def list_many(self, references: Sequence[Reference]) -> dict[str, list[RecordedCount]]:
        """Return the current counts of many versions, by canonical reference, in few queries.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with self._database.reading() as connection:
            ids = list(dict.fromkeys(resolve_all(connection, references).values()))
            counts = load_counts(connection, ids)
            names = _canonical(connection, ids)
            return {names[version_id]: counts[version_id] for version_id in ids}

    def find(
        self,
        reference: Reference,
        *,
        tokenizer_fingerprint: Digest,
        method: CountMethod | None = None,
        policy: CountingPolicy | None = None,
        recipe: Digest | None = None,
    ) -> RecordedCount | None:
        """Return the count of all documents under one tokenizer, as they stand or by a recipe.

        Where method or policy are left open, exact goes before sampled before declared, then the
        newest is taken.
        """
        fitting = [
            count
            for count in self.list_for(reference)
            if count.tokenizer_fingerprint == tokenizer_fingerprint
            and (count.scope, count.recipe) == (WHOLE_VERSION, recipe)
            and method in {None, count.method}
            and (policy is None or policy == count.policy)
        ]
        # The sort is stable and counts come oldest first, so the newest has to come first here.
        fitting.reverse()
        return min(fitting, key=lambda count: _PREFERENCE[count.method], default=None)

    def record(
        self,
        reference: Reference,
        count: TokenCount,
        *,
        run: str | None,
        actor: str,
        at: datetime,
    ) -> RecordedCount:
        """Record a count in one transaction; the same fact again records nothing.

        Other numbers for the same tokenizer, policy, recipe, scope and method supersede the old.

        Raises:
            UnknownError: The version, tokenizer, recipe or run is not there.
        """
        with self._database.writing() as connection:
            version_id = resolve(connection, reference)
            run_id = None if run is None else _run_id(connection, run)
            changes = record_count(connection, version_id, count, run_id=run_id, at=at)
            audit.append(connection, changes, actor=actor, at=at)
            recorded = load_counts(connection, [version_id])[version_id]
        return next(one for one in recorded if _key(one) == _key(count))


def record_count(
    connection: Connection, version_id: int, count: TokenCount, *, run_id: int | None, at: datetime
) -> list[Change]:
    """Record a count of a version; return what the audit log says of it: nothing if known."""
    current = load_counts(connection, [version_id])[version_id]
    old = next((one for one in current if _key(one) == _key(count)), None)
    if old is not None and _numbers(old) == _numbers(count):
        return []
    row = count_row(
        count,
        version_id=version_id,
        tokenizers=find_tokenizers(connection, [count.tokenizer_fingerprint]),
        recipes=find_recipes(connection, [count.recipe]),
        run_id=run_id,
        at=at,
    )
    row["id"] = next(reserve_ids(connection, TokenCountRow, 1))
    if old is not None:
        _supersede(connection, row)
    insert_rows(connection, TokenCountRow, [row])
    name = _canonical(connection, [version_id])[version_id]
    detail = {**count.model_dump(mode="json"), "supersedes": old is not None}
    return [Change("count.record", name, detail)]


def count_row(
    count: TokenCount,
    *,
    version_id: int,
    tokenizers: Mapping[Digest, int],
    recipes: Mapping[Digest | None, int],
    run_id: int | None,
    at: datetime,
) -> dict[str, Any]:
    """Return the row of a count."""
    return {
        "version_id": version_id,
        "tokenizer_id": tokenizers[count.tokenizer_fingerprint],
        "recipe_id": recipes[count.recipe],
        "policy": count.policy.key,
        "scope": count.scope,
        "method": count.method,
        "run_id": run_id,
        "counted_at": at,
        **{name: getattr(count, name) for name in _NUMBERS},
    }


def load_counts(connection: Connection, ids: Sequence[int]) -> dict[int, list[RecordedCount]]:
    """Return the current counts of versions by their ids, oldest first: a query for every 500."""
    counts: dict[int, list[RecordedCount]] = {version_id: [] for version_id in ids}
    for chunk in chunked(counts):
        for row in connection.execute(_CURRENT.where(TokenCountRow.version_id.in_(chunk))):
            counts[row.version_id].append(_recorded(row))
    return counts


def _supersede(connection: Connection, row: Mapping[str, Any]) -> None:
    key = ("version_id", "tokenizer_id", "recipe_id", "policy", "scope", "method")
    same = [getattr(TokenCountRow, name) == row[name] for name in key]
    current = TokenCountRow.superseded_by.is_(None)
    statement = update(TokenCountRow).where(current, *same)
    connection.execute(statement.values(superseded_by=row["id"]))


def _recorded(row: AnyRow) -> RecordedCount:
    return RecordedCount(
        reference=reference_to(row.dataset, row.number),
        tokenizer_fingerprint=row.tokenizer_fingerprint,
        tokenizer_name=row.tokenizer_name,
        policy=CountingPolicy.model_validate_json(row.policy),
        recipe=None if row.recipe_id == AS_IS else row.recipe,
        scope=row.scope,
        method=row.method,
        counted_at=row.counted_at,
        run=row.run,
        **{name: getattr(row, name) for name in _NUMBERS},
    )


def _key(count: TokenCount) -> tuple[object, ...]:
    policy = count.policy.key
    return (count.tokenizer_fingerprint, policy, count.recipe, count.scope, count.method)


def _numbers(count: TokenCount) -> tuple[object, ...]:
    return tuple(getattr(count, name) for name in _NUMBERS)


def _canonical(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    query = select(VersionRow.id, DatasetRow.name, VersionRow.number).join_from(
        VersionRow, DatasetRow, DatasetRow.id == VersionRow.dataset_id
    )
    names: dict[int, str] = {}
    for chunk in chunked(ids):
        for version_id, name, number in connection.execute(query.where(VersionRow.id.in_(chunk))):
            names[version_id] = reference_to(name, number)
    return names


def _run_id(connection: Connection, public_id: str) -> int:
    found = connection.execute(select(RunRow.id).where(RunRow.public_id == public_id)).scalar()
    if found is None:
        raise UnknownError(what="run", value=public_id, hint="muster run list")
    return found
