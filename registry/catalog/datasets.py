"""Datasets: the named series of versions, what is said of them, and how they are found."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, func, select

from registry.catalog import audit
from registry.catalog.engine import Database
from registry.catalog.holding import Held, find_holding
from registry.catalog.loading import IS_CURRENT, AnyRow, load_version
from registry.catalog.parents import join_parents, read_ids
from registry.catalog.resolving import is_bare, resolve, unknown_dataset
from registry.catalog.restating import state
from registry.catalog.search import find_matches
from registry.catalog.series import Series, load_series, save_series, save_tags
from registry.catalog.tables import (
    DatasetRow,
    LicenceAssertionRow,
    TagRow,
    VersionLanguageRow,
    VersionRow,
)
from registry.domain.card import Card
from registry.domain.licence import UNKNOWN
from registry.domain.names import DatasetName, Reference, parse_tag, reference_to
from registry.domain.version import Dataset, DatasetKind, DatasetSummary, Lifecycle
from registry.errors import InputError, UnknownError

Summaries: TypeAlias = list[DatasetSummary]

# Languages and tags hold no comma.
_SEPARATOR = ","
_LANGUAGES = (
    select(func.aggregate_strings(VersionLanguageRow.language, _SEPARATOR))
    .where(VersionLanguageRow.version_id == VersionRow.id)
    .correlate(VersionRow)
    .scalar_subquery()
)
_TAGS = (
    select(func.aggregate_strings(TagRow.name, _SEPARATOR))
    .where(TagRow.dataset_id == DatasetRow.id)
    .correlate(DatasetRow)
    .scalar_subquery()
)
_SUMMARIES = (
    select(
        DatasetRow.id,
        DatasetRow.name,
        DatasetRow.kind,
        VersionRow.content,
        VersionRow.state,
        LicenceAssertionRow.expression,
        LicenceAssertionRow.basis,
        VersionRow.id.label("version_id"),
        join_parents(VersionRow).label("parents"),
        _LANGUAGES.label("languages"),
        _TAGS.label("tags"),
        DatasetRow.head,
        VersionRow.num_documents,
        VersionRow.num_bytes,
        VersionRow.num_shards,
        DatasetRow.description,
        DatasetRow.lifecycle,
        VersionRow.sealed_at,
    )
    .outerjoin_from(
        DatasetRow,
        VersionRow,
        (VersionRow.dataset_id == DatasetRow.id) & (VersionRow.number == DatasetRow.head),
    )
    .outerjoin(LicenceAssertionRow, (LicenceAssertionRow.version_id == VersionRow.id) & IS_CURRENT)
)


class DatasetStore:
    """Reads, finds and describes datasets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: DatasetName) -> Dataset:
        """Return a dataset.

        Raises:
            UnknownError: There is no such dataset; the nearest names are offered.
        """
        with self._database.reading() as connection:
            return _load(connection, name)

    def find(self, name: DatasetName) -> Dataset | None:
        """Return a dataset, or None when there is none of that name."""
        with self._database.reading() as connection:
            found = load_series(connection, [str(name)]).get(str(name))
            return None if found is None else _dataset(connection, found)

    def list(
        self,
        *,
        kind: DatasetKind | None = None,
        tag: str | None = None,
        space: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Summaries:
        """Return datasets with their newest version, by name, in one query.

        Args:
            kind: Only those of this kind.
            tag: Only those with a version of this tag.
            space: Only those of this space.
            limit: At most so many.
            after: Only those behind this name: the last one of the page before.
        """
        query = _SUMMARIES.order_by(DatasetRow.name).limit(limit)
        if kind is not None:
            query = query.where(DatasetRow.kind == kind)
        if tag is not None:
            tagged = select(TagRow.dataset_id).where(TagRow.name == tag)
            query = query.where(DatasetRow.id.in_(tagged))
        if space is not None:
            query = query.where(DatasetRow.space == space)
        if after is not None:
            query = query.where(DatasetRow.name > after)
        with self._database.reading() as connection:
            return _summarise(connection, connection.execute(query).all())

    def search(self, query: str, *, limit: int = 20) -> Summaries:
        """Return datasets whose name, description and tags hold all words of a query, best first.

        A word is found by its beginning, in any case, with or without accents. Whatever is typed
        is taken as words; without any, nothing is found. Names that hold the words come first, by
        name, then the others, newest first; the order is the same however many match.
        """
        with self._database.reading() as connection:
            ids = find_matches(connection, query, limit=limit)
            rows = connection.execute(_SUMMARIES.where(DatasetRow.id.in_(ids))).all()
            return _summarise(connection, sorted(rows, key=lambda row: ids.index(row.id)))

    def describe(
        self,
        reference: Reference,
        card: Card,
        *,
        lifecycle: Lifecycle | None = None,
        actor: str,
        at: datetime,
    ) -> Dataset:
        """State what a card says of a version and its dataset, in one transaction.

        Licence, languages, source and tags are of the version, all else of the dataset. What is
        not stated stays as it is; repeating it does nothing. How a version was made
        (`derived_from`, `rule`) is sealed with it and not looked at here.

        Raises:
            UnknownError: There is no such dataset or version.
        """
        with self._changing(reference.dataset, actor=actor, at=at) as (connection, series):
            version_id = resolve(connection, reference)
            if card.description is not None:
                series.description = card.description
            if card.owner is not None:
                series.owner = card.owner
            series.kind = card.kind or series.kind
            series.lifecycle = lifecycle or series.lifecycle
            series.tags |= dict.fromkeys(card.tags, version_id)
            changes = state(connection, version_id, card, actor=actor, at=at)
            audit.append(connection, changes, actor=actor, at=at)
        return self.get(reference.dataset)

    def tag(self, reference: Reference, tag: str, *, actor: str, at: datetime) -> Dataset:
        """Let a tag mean a version, in one transaction; it moves if it meant another.

        Raises:
            UnknownError: There is no such version.
            InvalidNameError: The text cannot be a tag.
        """
        parse_tag(tag)
        with self._changing(reference.dataset, actor=actor, at=at) as (connection, series):
            series.tags[tag] = resolve(connection, reference)
        return self.get(reference.dataset)

    def untag(self, reference: Reference, tag: str, *, actor: str, at: datetime) -> Dataset:
        """Remove a tag, in one transaction.

        Args:
            reference: The dataset alone, or the version that the tag is meant to point to.
            tag: The tag.
            actor: Who does it.
            at: When.

        Raises:
            UnknownError: The dataset or version is not there, or has no such tag.
            InputError: The tag points to another version; nothing was removed.
        """
        name = reference.dataset
        with self._changing(name, actor=actor, at=at) as (connection, series):
            if tag not in series.tags:
                raise UnknownError(what="tag", value=f"{name}@{tag}", known=series.tags)
            pointed = series.tags.pop(tag)
            if not is_bare(reference) and resolve(connection, reference) != pointed:
                actual = load_version(connection, pointed).reference
                raise InputError(
                    f"{name}@{tag} means {actual}, not {reference}",
                    hint=f"muster tag {actual} {tag} --delete",
                )
        return self.get(name)

    @contextmanager
    def _changing(
        self, name: DatasetName, *, actor: str, at: datetime
    ) -> Iterator[tuple[Connection, Series]]:
        """Lend a dataset within one transaction, then write and audit what was changed in it."""
        with self._database.writing() as connection:
            series = load_series(connection, [str(name)]).get(str(name))
            if series is None:
                raise unknown_dataset(connection, str(name))
            yield connection, series
            changes = save_series(connection, [series]) + save_tags(connection, [series])
            audit.append(connection, changes, actor=actor, at=at)


def _load(connection: Connection, name: DatasetName) -> Dataset:
    found = load_series(connection, [str(name)]).get(str(name))
    if found is None:
        raise unknown_dataset(connection, str(name))
    return _dataset(connection, found)


def _dataset(connection: Connection, series: Series) -> Dataset:
    numbers = select(TagRow.name, VersionRow.number).join_from(
        TagRow, VersionRow, VersionRow.id == TagRow.version_id
    )
    tags = connection.execute(numbers.where(TagRow.dataset_id == series.id))
    return Dataset(
        name=DatasetName.parse(series.name),
        kind=series.kind,
        description=series.description,
        lifecycle=series.lifecycle,
        owner=series.owner,
        head=series.head,
        tags={row.name: row.number for row in sorted(tags)},
        created_at=series.created_at,
    )


def _summarise(connection: Connection, rows: Sequence[AnyRow]) -> Summaries:
    """Return datasets, each with the licence that its newest version goes by now."""
    held = {
        row.version_id: Held(row.expression, row.basis, read_ids(row.parents))
        for row in rows
        if row.version_id is not None
    }
    licences = find_holding(connection, held)
    return [_summary(row, licences.get(row.version_id, UNKNOWN)) for row in rows]


def _summary(row: AnyRow, licence: str) -> DatasetSummary:
    return DatasetSummary(
        reference=reference_to(row.name, row.head) if row.head else row.name,
        kind=row.kind,
        content=row.content,
        state=row.state,
        licence=licence,
        languages=_split(row.languages),
        tags=_split(row.tags),
        num_versions=row.head,
        num_documents=row.num_documents or 0,
        num_bytes=row.num_bytes or 0,
        num_shards=row.num_shards or 0,
        description=row.description,
        lifecycle=row.lifecycle,
        sealed_at=row.sealed_at,
    )


def _split(joined: str | None) -> tuple[str, ...]:
    return tuple(sorted(joined.split(_SEPARATOR))) if joined else ()
