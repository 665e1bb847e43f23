"""Tokenizers, each kept once by the fingerprint of all that changes ids."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.inserting import insert_rows
from registry.catalog.tables import RunRow, TokenizerRow
from registry.domain.digest import PREFIX
from registry.domain.tokenizer import Tokenizer
from registry.errors import InputError, UnknownError

Tokenizers: TypeAlias = list[Tokenizer]

_FIELDS = tuple(Tokenizer.model_fields)
_TOKENIZERS = select(*(getattr(TokenizerRow, name) for name in _FIELDS))
_SHORTEST_PREFIX = 6
"""Digits of a fingerprint below which text is taken for a name only."""


class TokenizerStore:
    """Adds and finds tokenizers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, tokenizer: Tokenizer, *, run: str | None = None, actor: str, at: datetime
    ) -> tuple[Tokenizer, str]:
        """Add a tokenizer in one transaction; repeating it does nothing.

        Returns:
            The tokenizer and `created`; or the one with the same fingerprint that was there,
            whatever its name, and `unchanged`.

        Raises:
            InputError: Another tokenizer has the name: a name never comes to mean other ids.
            UnknownError: There is no such run.
        """
        with self._database.writing() as connection:
            same = TokenizerRow.fingerprint == tokenizer.fingerprint
            found = connection.execute(_TOKENIZERS.where(same)).mappings().one_or_none()
            if found is not None:
                return _tokenizer(found), "unchanged"
            named = _TOKENIZERS.where(TokenizerRow.name == tokenizer.name)
            other = connection.execute(named).mappings().first()
            if other is not None:
                raise InputError(
                    f"the name {tokenizer.name} is taken by another tokenizer, "
                    f"{other['fingerprint'][:19]}",
                    hint="give this one another name with --name",
                )
            row: dict[str, Any] = {name: getattr(tokenizer, name) for name in _FIELDS}
            if run is not None:
                query = select(RunRow.id).where(RunRow.public_id == run)
                row["run_id"] = connection.execute(query).scalar()
                if row["run_id"] is None:
                    raise UnknownError(what="run", value=run, hint="muster run list")
            insert_rows(connection, TokenizerRow, [{**row, "created_at": at}])
            change = Change("tokenizer.add", tokenizer.name, {"fingerprint": tokenizer.fingerprint})
            audit.append(connection, [change], actor=actor, at=at)
        return tokenizer, "created"

    def get(self, name: str) -> Tokenizer:
        """Return the tokenizer of a name, or the one of a fingerprint's beginning.

        Raises:
            UnknownError: There is none; the nearest names are offered.
            InputError: The beginning fits several fingerprints.
        """
        with self._database.reading() as connection:
            newest = _TOKENIZERS.order_by(TokenizerRow.id.desc())
            named = newest.where(TokenizerRow.name == name).limit(1)
            found = connection.execute(named).mappings().all()
            if not found and len(name.removeprefix(PREFIX)) >= _SHORTEST_PREFIX:
                start = PREFIX + name.removeprefix(PREFIX)
                fits = TokenizerRow.fingerprint.startswith(start, autoescape=True)
                found = connection.execute(newest.where(fits).limit(2)).mappings().all()
            if not found:
                names = connection.execute(select(TokenizerRow.name).distinct()).scalars()
                hint = "muster tokenizer add FILE"
                raise UnknownError(what="tokenizer", value=name, known=names, hint=hint)
        if len(found) > 1:
            raise InputError(f"{name} fits several tokenizers", hint="give more digits")
        return _tokenizer(found[0])

    def list(self) -> Tokenizers:
        """Return all tokenizers by name, of one name the newest first."""
        by_name = _TOKENIZERS.order_by(TokenizerRow.name, TokenizerRow.id.desc())
        with self._database.reading() as connection:
            return [_tokenizer(row) for row in connection.execute(by_name).mappings()]


def find_tokenizer(connection: Connection, name: str) -> int:
    """Return the id of the newest tokenizer of a name.

    Raises:
        UnknownError: There is none.
    """
    query = select(TokenizerRow.id).where(TokenizerRow.name == name)
    found = connection.scalars(query.order_by(TokenizerRow.id.desc()).limit(1)).one_or_none()
    if found is None:
        raise UnknownError(what="tokenizer", value=name, hint="muster tokenizer list")
    return found


def _tokenizer(row: Mapping[Any, Any]) -> Tokenizer:
    return Tokenizer(**{name: row[name] for name in _FIELDS})
