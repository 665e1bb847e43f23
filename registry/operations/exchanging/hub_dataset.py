"""What is found of a dataset on the Hub before any of its files is read."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from pydantic import JsonValue

from registry.domain.answers import Skipped
from registry.domain.exchange import Claim, StatedDescription
from registry.domain.hub_source import CONVERTED, HubSource, hub_uri
from registry.domain.quantities import format_bytes, format_number
from registry.errors import InputError, UnreadableError
from registry.exchange.card_reading import read_card, split_card
from registry.operations.collecting.register import Origin
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

_MAIN: Final = HubSource.model_fields["revision"].default
_MOST_NAMES: Final = 3
_MOST_LINES: Final = 10


class HubDataset:
    """What a source means on the Hub now: files at one commit, and the card that describes them.

    Args:
        source: What is asked for.

    Raises:
        InputError: The repository, revision, subset or path is not there, or holds no data.
        NotAllowedError: It is private or gated.
        StorageError: The Hub cannot be reached.
    """

    def __init__(self, source: HubSource) -> None:
        self._source = source
        self.commit = HubCommit(source.repository, source.revision)
        self._stated_by = self.commit
        if source.revision == CONVERTED:
            # The converted branch holds data alone.
            self._stated_by = HubCommit(source.repository, _MAIN)
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
            place=source.model_copy(update={"revision": _MAIN}).place,
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
            yield from _describe(self.stated, subset=self._source.subset)
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
        nothing = f"no file of {source.uri} is in a format that muster reads"
        hint = f"it holds {_say_names(self.commit.paths)}"
        if source.revision != _MAIN:
            raise InputError(f"{nothing}; the Hub makes Parquet of {_MAIN} alone", hint=hint)
        try:
            return HubCommit(source.repository, CONVERTED)
        except InputError as error:
            raise InputError(
                f"{nothing}, and the Hub made no Parquet of them", hint=hint
            ) from error


def _describe(stated: StatedDescription, *, subset: str | None) -> Iterator[tuple[str, str]]:
    if stated.licences:
        yield "licence", f"{', '.join(one.expression for one in stated.licences)}, as its card says"
    if stated.languages:
        yield "languages", ", ".join(stated.languages[:_MOST_LINES])
    declared = [
        f"{shown}{of}"
        for claim in stated.claims
        if (shown := _say_claim(claim)) and (of := _of_subset(claim, subset)) is not None
    ]
    for one in declared[:_MOST_LINES]:
        yield "declared", one
    if len(declared) > _MOST_LINES:
        yield "declared", f"{len(declared) - _MOST_LINES:,} numbers more"


def _say_claim(claim: Claim) -> str | None:
    """Return a declared number in words; None: it is another claim."""
    if not isinstance(claim.value, int):
        return None
    if claim.name.startswith("declared.num_documents"):
        return f"{claim.value:,} documents"
    return format_bytes(claim.value) if claim.name.startswith("declared.num_bytes") else None


def _of_subset(claim: Claim, wanted: str | None) -> str | None:
    """Return of which subset a claim is, in words; None: of one that is not wanted."""
    stated = ".".join(claim.name.split(".")[2:])
    if wanted is not None and stated not in {"", wanted}:
        return None
    return f" in {stated}" if stated else ""


def _say_names(paths: Sequence[str]) -> str:
    more = len(paths) - _MOST_NAMES
    shown = ", ".join(paths[:_MOST_NAMES])
    return f"{shown} and {more:,} more" if more > 0 else shown
