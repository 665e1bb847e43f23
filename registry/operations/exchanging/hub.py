"""Register a dataset of the Hub: its files where they lie, at one commit, and what its card states.

A commit never changes, so its files need not be copied. What the card states stays a claim of the
card: its counts are declared, its licence is an assertion that yields to any made here.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from pydantic import JsonValue

from registry.domain.answers import Registration, Skipped
from registry.domain.card import Card
from registry.domain.collecting import CollectionPlan
from registry.domain.exchange import MetadataFormat, StatedDescription
from registry.domain.hub_source import CONVERTED, HubSource, hub_uri
from registry.domain.names import DatasetName, Reference
from registry.domain.quantities import format_bytes, format_number
from registry.domain.reading import Reading
from registry.errors import InputError, UnreadableError
from registry.exchange.card_reading import read_card, split_card
from registry.operations.collecting.register import FileRegistration, Origin
from registry.operations.context import Context
from registry.operations.exchanging.import_metadata import import_description
from registry.sources.file import SourceFile
from registry.sources.hub import HubCommit
from registry.sources.hub_files import (
    CARD,
    Subset,
    choose_files,
    converted_subsets,
    is_partial,
    read_subsets,
)

_MOST_NAMES: Final = 3


def register_hub(
    context: Context,
    source: HubSource,
    *,
    name: DatasetName,
    reading: Reading | None = None,
    card: Card | None = None,
    ingest: bool = False,
    from_start: bool = False,
) -> Registration:
    """Seal a version of a dataset from the Hub, and record what its card states of it.

    Only files that are new since the version before, or have other content, are read. If sealing
    was done and recording was not, the same command does the second.

    Args:
        context: The open registry.
        source: What is read.
        name: The dataset; it is made when it is new.
        reading: What the caller knows about how the files are read.
        card: What the caller states, which goes before what the Hub's card does.
        ingest: Also copy the files into the object store.
        from_start: Read all files again.

    Raises:
        InputError: The repository, a subset or a file is not there or not usable.
        NotAllowedError: It is private or gated.
        ConflictError: Bytes came that are not those of the commit, or somebody else sealed first.
        StorageError: The Hub cannot be reached, or the disk is full.
    """
    found = _Found(source)
    publisher, _, _ = source.repository.partition("/")
    known = Card(url=found.commit.page, publisher=publisher)
    registration = FileRegistration(
        context, name, (card or Card()).over(known), reading or Reading()
    )
    answer = registration.run(found.files, found.origin, ingest=ingest, from_start=from_start)
    skipped = (*found.skipped, *answer.skipped)
    if found.stated is None:
        return answer.model_copy(update={"skipped": skipped})
    imported = import_description(
        context,
        found.card,
        found.stated,
        wanted=MetadataFormat.CARD,
        reference=Reference.parse(answer.reference),
    )
    return answer.model_copy(update={"skipped": skipped, "licence": imported.licence})


def plan_hub(
    context: Context,
    source: HubSource,
    *,
    name: DatasetName,
    reading: Reading | None = None,
    from_start: bool = False,
) -> CollectionPlan:
    """Say what `register_hub` would read; of the files nothing is read.

    The arguments and errors are those of `register_hub`.
    """
    found = _Found(source)
    registration = FileRegistration(context, name, Card(), reading or Reading())
    known = {} if from_start else registration.find_known(found.files, found.origin, keep=False)
    new = [file for file in found.files if file.name not in known]
    dataset = context.catalog.datasets.find(name)
    return CollectionPlan(
        reference=str(name),
        kind=source.kind,
        uri=source.place,
        since=f"{name}@{dataset.head}" if known and dataset else None,
        position=None,
        num_rows=None if new else 0,
        num_bytes=sum(file.num_bytes for file in new),
        is_read_otherwise=False,
        details=tuple(found.describe()),
        num_files=len(new),
    )


class _Found:
    """What a source means on the Hub now."""

    def __init__(self, source: HubSource) -> None:
        self._source = source
        self.commit = HubCommit(source.repository, source.revision)
        self._stated_by = self.commit
        if source.revision == CONVERTED:
            # The converted branch holds data alone.
            self._stated_by = HubCommit(source.repository, "main")
        elif source.path is None and not self._has_data():
            self.commit = self._find_converted()

    @cached_property
    def files(self) -> tuple[SourceFile, ...]:
        """The files that are read."""
        paths = self._paths
        return tuple(map(self.commit.open, paths))

    @cached_property
    def card(self) -> bytes:
        """The card; nothing where there is none."""
        has_card = CARD in self._stated_by.paths
        return self._stated_by.read(CARD) if has_card else b""

    @cached_property
    def stated(self) -> StatedDescription | None:
        """What the card states; None: there is none, or it cannot be read."""
        if not self.card:
            return None
        by = f"the card of {self._source.repository}"
        evidence = f"{self._stated_by.page}/blob/{self._stated_by.commit}/{CARD}"
        try:
            stated = read_card(self._text, origin=by)
        except UnreadableError:
            return None
        licences = tuple(
            one.model_copy(update={"by": by, "evidence": one.evidence or evidence})
            for one in stated.licences
        )
        named = {"name": self._source.repository, "by": by, "licences": licences}
        return stated.model_copy(update=named)

    @property
    def origin(self) -> Origin:
        """Where the files come from, as it is recorded."""
        commit, source = self.commit.commit, self._source
        return Origin(
            source.kind,
            (source.place,),
            uri=hub_uri(source.repository, commit, source.path or ""),
            reached={
                "source": source.facts(),
                "commit": commit,
                "card_commit": self._stated_by.commit,
            },
        )

    @property
    def skipped(self) -> Iterator[Skipped]:
        """What is left out though nobody asked for it."""
        if self.card and self.stated is None:
            yield Skipped(path=CARD, reason="its front matter is no YAML mapping")
        partial = sum(map(is_partial, self._paths)) if self._is_converted else 0
        if partial:
            what = f"the Hub converted only the beginning of {format_number(partial, 'file')}"
            yield Skipped(path=self.commit.uri, reason=what)
        source = self._source
        if source.path is None and source.subset is None and not self._is_converted:
            others = sorted(set(self.commit.paths) - set(self._paths) - {CARD, ".gitattributes"})
            if others:
                yield Skipped(path=format_number(len(others), "file"), reason=_say_names(others))

    def describe(self) -> Iterator[tuple[str, str]]:
        """Yield what is known before the files are read."""
        yield "commit", self.commit.commit
        if self._is_converted:
            yield "branch", f"{CONVERTED}, as the Hub converted it"
        access = self.commit.access
        if access.gated or access.is_private:
            yield "access", f"gated ({access.gated})" if access.gated else "private"
        yield "files", f"{len(self._paths):,} of {len(self.commit.paths):,}"
        if self.stated is not None:
            yield from _describe(self.stated)
        for one in self.skipped:
            yield "left out", f"{one.path}: {one.reason}"

    @property
    def _is_converted(self) -> bool:
        return self._stated_by is not self.commit or self._source.revision == CONVERTED

    @property
    def _text(self) -> str:
        return self.card.decode("utf-8", "replace")

    @cached_property
    def _fields(self) -> dict[str, JsonValue]:
        try:
            return split_card(self._text, origin=CARD)[0]
        except UnreadableError:
            return {}

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        if self._is_converted:
            return self._list_files(converted_subsets(self.commit.paths))
        return self._list_files(read_subsets(self._fields))

    def _has_data(self) -> bool:
        anything = HubSource(repository=self._source.repository)
        return bool(read_subsets(self._fields) or choose_files(self.commit.paths, (), anything))

    def _list_files(self, subsets: Sequence[Subset]) -> tuple[str, ...]:
        return choose_files(self.commit.paths, subsets, self._source)

    def _find_converted(self) -> HubCommit:
        source = self._source
        try:
            return HubCommit(source.repository, CONVERTED)
        except InputError as error:
            raise InputError(
                f"no file of {source.repository} is in a format that muster reads, and the Hub "
                "made no Parquet of them",
                hint=f"it holds {_say_names(self.commit.paths)}",
            ) from error


def _describe(stated: StatedDescription) -> Iterator[tuple[str, str]]:
    if stated.licences:
        yield "licence", f"{', '.join(one.expression for one in stated.licences)}, as its card says"
    if stated.languages:
        yield "languages", ", ".join(stated.languages[:10])
    for claim in stated.claims:
        _, _, subset = claim.name.removeprefix("declared.").partition(".")
        of = f" in {subset}" if subset else ""
        if claim.name.startswith("declared.num_documents"):
            yield "declared", f"{claim.value:,} documents{of}"
        elif claim.name.startswith("declared.num_bytes") and isinstance(claim.value, int):
            yield "declared", f"{format_bytes(claim.value)}{of}"


def _say_names(paths: Sequence[str]) -> str:
    more = len(paths) - _MOST_NAMES
    shown = ", ".join(paths[:_MOST_NAMES])
    return f"{shown} and {more:,} more" if more > 0 else shown
