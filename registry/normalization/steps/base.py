"""The one base class of every step."""

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

import pyarrow as pa

from registry.normalization.parameters import Parameters
from registry.normalization.verdict import Verdict

P = TypeVar("P", bound=Parameters)


class Step(ABC, Generic[P]):
    """One step of a recipe: a batch of documents in, a verdict on each out.

    The verdict on a document depends on the parameters, on that document and, in a step with a
    state, on the documents before it; never on how documents are cut into batches.
    """

    name: ClassVar[str]
    """How recipes call it; also the name of its module."""

    version: ClassVar[int]
    """Rises whenever the same documents and parameters would get another verdict."""

    parameters_model: ClassVar[type[Parameters]]

    keeps_state: ClassVar[bool] = False
    """Whether the verdict on a document depends on those before it."""

    def __init__(self, parameters: P) -> None:
        self.parameters = parameters

    @abstractmethod
    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; the first step of a recipe is given `RAW_DOCUMENTS`."""

    def take_state(self) -> bytes:
        """Return what was learned since the last call; nothing, for a step without a state."""
        return b""

    def restore_state(self, state: bytes) -> None:
        """Learn again what `take_state` returned; states are restored in the order taken."""
        if state:
            msg = f"step {self.name} keeps no state"
            raise ValueError(msg)
