"""Runs: who did what to which versions, with which code and environment."""

from enum import StrEnum

from pydantic import AwareDatetime, JsonValue

from registry.domain.base import Value
from registry.domain.digest import Digest

DERIVED_FROM = "derived_from"
"""The parameter that holds all that a run's derivation is the fingerprint of."""


class RunState(StrEnum):
    """Where a run stands. It is closed once."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


class Operation(StrEnum):
    """The verb that a run carries out."""

    REGISTER = "register"
    NORMALIZE = "normalize"
    TOKENIZE = "tokenize"
    EMBED = "embed"
    MIX = "mix"
    """Weights over versions; no document is read."""

    MEASURE_DIVERSITY = "measure-diversity"
    MEASURE_NEAR_DUPLICATES = "measure-near-duplicates"
    MEASURE_CONTAMINATION = "measure-contamination"
    TRAIN_TOKENIZER = "train-tokenizer"
    DERIVE = "derive"
    """Documents that people made from registered versions: outside of muster, as stated at
    registration; or by putting back rows that a step had rejected."""


class RunDraft(Value):
    """A run that is about to be opened, or to be recorded in one stroke with what it made."""

    operation: Operation
    derivation: Digest
    """The digest of operation, code, parameters and inputs; equal derivations give equal bytes."""

    parameters: dict[str, JsonValue] = {}
    environment: dict[str, str] = {}
    """Versions of muster, Python and the libraries that touch the bytes, and the platform."""

    actor: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    """When it ended elsewhere, before it was recorded here; None: with the recording."""


class Run(Value):
    """One execution of an operation."""

    id: str
    """The public id, a UUIDv7."""

    operation: Operation
    state: RunState
    derivation: Digest
    """The digest of operation, code, parameters and inputs; equal derivations give equal bytes."""

    parameters: dict[str, JsonValue]
    environment: dict[str, str]
    """Versions of muster, Python and the libraries that touch the bytes, and the platform."""

    actor: str
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    error: str | None = None
    quarantine: Digest | None = None
    """The object that holds the rejected rows; see `registry.documents.REJECTIONS`."""
