"""What is stated of a version after it was sealed: appended to what was said before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection

from registry.catalog.audit import Change
from registry.catalog.facts import ensure_sources, source_fingerprint
from registry.catalog.inserting import insert_rows
from registry.catalog.licensing import assertion_row, current_licences, record_statement
from registry.catalog.loading import load_version
from registry.catalog.tables import VersionLanguageRow, VersionSourceRow
from registry.domain.card import Card
from registry.domain.declaration import SourceStatement
from registry.domain.digest import Digest
from registry.domain.version import SourceFacts, Version


@dataclass(slots=True)
class Statements:
    """The languages and sources of a version, to which one transaction adds."""

    languages: set[str]
    sources: list[SourceFacts]
    """In order: the next one's position is their number."""

    def add_languages(self, languages: Iterable[str]) -> list[str]:
        """Take over languages; return those that are new."""
        new = [one for one in dict.fromkeys(languages) if one not in self.languages]
        self.languages.update(new)
        return new

    def add_sources(self, sources: Iterable[SourceFacts]) -> dict[int, SourceFacts]:
        """Take over sources; return those that say more than a known one, by their position."""
        new: dict[int, SourceFacts] = {}
        for source in sources:
            if not any(_covers(known, source) for known in self.sources):
                new[len(self.sources)] = source
                self.sources.append(source)
        return new


def language_rows(version_id: int, languages: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of a version's languages."""
    return [{"version_id": version_id, "language": language} for language in languages]


def source_rows(
    version_id: int, keys: Mapping[int, Digest], ids: Mapping[Digest, int]
) -> list[dict[str, Any]]:
    """Return the rows of a version's sources, given their fingerprints by position."""
    return [
        {"version_id": version_id, "position": position, "source_id": ids[key]}
        for position, key in keys.items()
    ]


def describe_additions(
    languages: Sequence[str], sources: Mapping[int, SourceFacts]
) -> dict[str, JsonValue]:
    """Return what the audit log says of added languages and sources; empty: nothing was added."""
    detail: dict[str, JsonValue] = {}
    if languages:
        detail["languages"] = list(languages)
    if sources:
        detail["sources"] = [source.model_dump(mode="json") for source in sources.values()]
    return detail


def state(
    connection: Connection, version_id: int, card: Card, *, actor: str, at: datetime
) -> list[Change]:
    """Write what a card states of a version: licence, languages, source; return what is new."""
    version = load_version(connection, version_id)
    changes: list[Change] = []
    before = current_licences(connection, [version_id])[version_id]
    licence = before.restated(card.licence, card.licence_url)
    if licence != before:
        row = assertion_row(version_id, licence, by=actor, at=at)
        changes += record_statement(connection, row, version.reference)
    sources = _sources(card, version.sources)
    return changes + _add(connection, version_id, version, card.language, sources)


def add_language(connection: Connection, version_id: int, language: str) -> list[Change]:
    """Write that a version's text is in a language; return what is new."""
    return _add(connection, version_id, load_version(connection, version_id), [language], [])


def add_source(connection: Connection, version_id: int, stated: SourceStatement) -> list[Change]:
    """Write where a version came from, as somebody states it; return what is new."""
    version = load_version(connection, version_id)
    newest = _newest(version.sources, stated.url)
    source = newest.model_copy(update=dict(stated))
    return _add(connection, version_id, version, [], [source])


def _add(
    connection: Connection,
    version_id: int,
    version: Version,
    languages: Iterable[str],
    sources: Iterable[SourceFacts],
) -> list[Change]:
    """Write the languages and sources that a version does not state yet; return what is new."""
    statements = Statements(set(version.languages), list(version.sources))
    spoken = statements.add_languages(languages)
    new = statements.add_sources(sources)
    insert_rows(connection, VersionLanguageRow, language_rows(version_id, spoken))
    if new:
        ids = ensure_sources(connection, {source_fingerprint(one): one for one in new.values()})
        keys = {position: source_fingerprint(one) for position, one in new.items()}
        insert_rows(connection, VersionSourceRow, source_rows(version_id, keys, ids))
    detail = describe_additions(spoken, new)
    return [Change("version.restate", version.reference, detail)] if detail else []


def _sources(card: Card, known: Sequence[SourceFacts]) -> list[SourceFacts]:
    """Return the source that a card states: the newest known one, with what the card adds."""
    said = {
        "url": card.url,
        "publisher": card.publisher,
        "retrieved_at": card.retrieved_at,
    }
    stated = {name: value for name, value in said.items() if value is not None}
    return [_newest(known, card.url).model_copy(update=stated)] if stated else []


def _newest(known: Sequence[SourceFacts], url: str | None) -> SourceFacts:
    return known[-1] if known else SourceFacts(kind="card", uri=url or "card:")


def _covers(known: SourceFacts, source: SourceFacts) -> bool:
    """Return whether a known source says all that another one says."""
    return (known.kind, known.uri) == (source.kind, source.uri) and all(
        getattr(source, name) in (None, getattr(known, name))
        for name in ("url", "publisher", "retrieved_at", "reached")
    )
