"""Full-text search over name, description and tags of datasets.

Words are folded here, not by the database: both engines index and look up the same words, and
whatever a person types is nothing but words.
"""

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import Connection, text

MAX_WORDS = 2_000
"""Distinct words kept of one dataset; PostgreSQL's index row holds 1 MB."""

MAX_WORD_LENGTH = 64
"""Characters kept of one word; PostgreSQL's limit is 2 kB."""

_WORD = re.compile(r"[^\W_]+")

_MATCHES = {
    "sqlite": text(
        "SELECT id, name FROM dataset "
        "WHERE id IN (SELECT rowid FROM dataset_fts WHERE dataset_fts MATCH :query)"
    ),
    # The expression is that of the index, or the index would not be used.
    "postgresql": text(
        "SELECT id, name FROM dataset "
        "WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:query AS tsquery)"
    ),
}


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

    Those that the query names come first, then those whose name holds all its words whole, then
    those whose name holds their beginnings, then the others; within each by name.
    """
    words = fold(query)
    if not words:
        return []
    dialect = connection.dialect.name
    if dialect == "sqlite":
        expression = " AND ".join(f'"{word}"*' for word in words)
    else:
        expression = " & ".join(f"'{word}':*" for word in words)
    rows = connection.execute(_MATCHES[dialect], {"query": expression}).all()
    ranked = sorted(rows, key=lambda row: (_rank(query, words, row.name), row.name))
    return [row.id for row in ranked[:limit]]


def _rank(query: str, words: list[str], name: str) -> int:
    if query.strip() == name:
        return 0
    parts = fold(name)
    if set(words) <= set(parts):
        return 1
    if all(any(part.startswith(word) for part in parts) for word in words):
        return 2
    return 3


def _plain(given: str) -> str:
    if given.isascii():
        return given.lower()
    decomposed = unicodedata.normalize("NFKD", given)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
