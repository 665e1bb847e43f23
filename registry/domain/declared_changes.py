"""What a declaration would create and change, found by comparing it with what is stated already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pydantic import JsonValue

from registry.domain.base import Value
from registry.domain.declaration import (
    Declaration,
    DeclaredCost,
    DeclaredDataset,
    DeclaredGeneration,
    DeclaredLicence,
    DeclaredModel,
    SourceStatement,
)
from registry.domain.generation import Retraction
from registry.domain.model_target import Target
from registry.domain.names import Reference

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys and places that lead to an entry of a file."""


class ChangeKind(StrEnum):
    """What becomes of an entry of a declaration."""

    CREATE = "create"
    CHANGE = "change"
    UNCHANGED = "unchanged"
    WAIT = "wait"
    """What it speaks of is not here yet; the same file does it once it is."""


class Noun(StrEnum):
    """What an entry of a declaration is."""

    DATASET = "dataset"
    TAG = "tag"
    LANGUAGE = "language"
    SOURCE = "source"
    LICENCE = "licence"
    GENERATION = "generation"
    MODEL = "model"
    TARGET = "target"
    COST = "cost"


class FieldChange(Value):
    """A field of an entry, as it is and as it would be."""

    name: str
    before: JsonValue
    """None: nothing is stated."""

    after: JsonValue


class DeclaredChange(Value):
    """What becomes of one entry."""

    action: ChangeKind
    noun: Noun
    name: str
    """The dataset, version, tag, model, target, or what a cost is of."""

    fields: tuple[FieldChange, ...] = ()
    """What is created or changed; of what is created, all that is stated."""

    reason: str | None = None
    """What it waits for."""

    taken_back: Retraction | None = None
    """Of a statement of who wrote a version: how the same one was taken back before."""

    where: str
    """The file and line at which the entry stands."""


class Applied(Value):
    """The answer of `apply`: what was done, or with `--dry-run` what would be."""

    file: str
    dry_run: bool
    changes: tuple[DeclaredChange, ...]

    def count(self, action: ChangeKind) -> int:
        """Return the number of entries of which that becomes."""
        return sum(change.action is action for change in self.changes)


Entry: TypeAlias = (
    DeclaredDataset
    | Reference
    | str
    | SourceStatement
    | DeclaredLicence
    | DeclaredGeneration
    | DeclaredModel
    | Target
    | DeclaredCost
)


@dataclass(frozen=True, slots=True)
class Step:
    """A change with what has to be written for it."""

    change: DeclaredChange
    entry: Entry
    """A tag as the reference it is to mean, a language as itself, all else as the file has it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a catalog holds of all that a declaration speaks of."""

    state: Declaration
    """What is stated there, in the terms of a file."""

    versions: frozenset[str]
    """Those of the versions spoken of that are there."""

    runs: frozenset[str]
    sources: frozenset[str]
    """The URLs and URIs of those spoken of."""

    tokenizers: Mapping[str, str]
    """Names by fingerprint."""

    retracted: Mapping[str, Sequence[Retraction]]
    """What was taken back of the versions spoken of, oldest first."""

    actor: str
    """Who says what the file ascribes to nobody."""
