"""Full-text search over name, description and tags of datasets.

Words are folded here, not by the database: both engines index and look up the same words, and
whatever a person types is nothing but words.

A word that most datasets hold is found as fast as a rare one. Few matches are ranked here; of many,
the names alone are looked through for those that rank first, in the index that holds them in order.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, and_, func, literal, not_, select, text

from registry.catalog.tables import DatasetRow

MAX_WORDS = 2_000
"""Distinct words kept of one dataset; PostgreSQL's index row holds 1 MB."""

MAX_WORD_LENGTH = 64
"""Characters kept of one word; PostgreSQL's limit is 2 kB."""

_FEW = 1_000
"""Matches that are ranked one by one."""

_OTHER = 3
"""The rank of a dataset whose words do not all stand in its name."""

_WORD = re.compile(r"[^\W_]+")

_SQLITE = text(
    "SELECT id, name FROM dataset WHERE id IN (SELECT rowid FROM dataset_fts "
    "WHERE dataset_fts MATCH :query ORDER BY rowid DESC LIMIT :limit) ORDER BY id DESC"
)
# The expression is that of the index, or the index would not be used.
_POSTGRESQL_WHOLE = text(
    "SELECT id, name FROM dataset "
    "WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:query AS tsquery) "
    "ORDER BY id DESC LIMIT :limit"
)
# How many words have a beginning the planner does not know. Had it the choice, it might walk
# through all datasets, newest first, in search of a rare one.
_POSTGRESQL_BEGUN = text(
    "WITH found AS MATERIALIZED (SELECT id, name FROM dataset "
    "WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:query AS tsquery)) "
    "SELECT id, name FROM found ORDER BY id DESC LIMIT :limit"
)

_PARTS: ColumnElement[str] = (
    literal("/")
    + func.replace(func.replace(func.replace(DatasetRow.name, ".", "/"), "_", "/"), "-", "/")
    + literal("/")
)
"""The words of a name, each between slashes: it holds ASCII letters and digits in between."""


def fold(*texts: str) -> list[str]:
    """Return the distinct words of texts: lower case, without accents, sorted.

    Example:
        >>> fold("web/crème-brûlée", "Über Web")
        ['brulee', 'creme', 'uber', 'web']
    """
    words: set[str] = set()
    for given in texts:
        words.update(word[:MAX_WORD_LENGTH] for word in _WORD.findall(_plain(given)))
    return sorted(words)[:MAX_WORDS]


def fold_dataset(name: str, description: str, tags: Iterable[str]) -> str:
    """Return the words column of a dataset."""
    return " ".join(fold(name, description, *tags))


def find_matches(connection: Connection, query: str, *, limit: int) -> list[int]:
    """Return ids of datasets that hold every word of the query, or a word that begins with it.

    The one that the query names comes first, then those whose name holds all its words whole, then
    those whose name holds their beginnings, each by name; then the others, those that hold all
    words whole before those that hold beginnings, each newest dataset first.
    """
    words = fold(query)
    if not words:
        return []
    most = max(_FEW, limit)
    rows = _match(connection, words, begun=False, limit=most + 1)
    if len(rows) <= most:
        rows |= _match(connection, words, begun=True, limit=most + 1)
    if len(rows) > most:
        named = _find_named(connection, query, words, limit=limit)
    else:
        ranked = sorted((_rank(query, words, name), name, key) for key, name in rows.items())
        named = [key for rank, _, key in ranked if rank < _OTHER]
    return list(dict.fromkeys([*named, *rows]))[:limit]


def _match(
    connection: Connection, words: Sequence[str], *, begun: bool, limit: int
) -> dict[int, str]:
    """Return names of datasets that hold the words, or their beginnings, by id, newest first."""
    if connection.dialect.name == "sqlite":
        statement = _SQLITE
        query = " AND ".join(f'"{word}"{"*" if begun else ""}' for word in words)
    else:
        statement = _POSTGRESQL_BEGUN if begun else _POSTGRESQL_WHOLE
        query = " & ".join(f"'{word}'{':*' if begun else ''}" for word in words)
    rows = connection.execute(statement, {"query": query, "limit": limit})
    return {row.id: row.name for row in rows}


def _find_named(
    connection: Connection, query: str, words: Sequence[str], *, limit: int
) -> list[int]:
    """Return ids of datasets whose name holds the words, best first, by at most three walks.

    Each walk goes along the index of names and ends as soon as it has found enough.
    """
    name = DatasetRow.name
    begun = and_(*(_holds(word, f"/{word}") for word in words))
    whole = and_(*(_holds(word, f"/{word}/") for word in words))
    found: dict[int, None] = {}
    for condition in (name == query.strip(), whole, begun & not_(whole)):
        if len(found) < limit:
            ids = select(DatasetRow.id).where(condition).order_by(name).limit(limit)
            found |= dict.fromkeys(connection.execute(ids).scalars())
    return list(found)


def _holds(word: str, part: str) -> ColumnElement[bool]:
    # The name as it is comes first: its words cost ten times as much.
    return DatasetRow.name.contains(word) & _PARTS.contains(part)


def _rank(query: str, words: list[str], name: str) -> int:
    if query.strip() == name:
        return 0
    parts = fold(name)
    if set(words) <= set(parts):
        return 1
    if all(any(part.startswith(word) for part in parts) for word in words):
        return 2
    return _OTHER


def _plain(given: str) -> str:
    if given.isascii():
        return given.lower()
    decomposed = unicodedata.normalize("NFKD", given)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
