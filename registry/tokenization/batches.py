"""Batches of windows over a stream of tokens: every token once an epoch, over all ranks together.

A window is a sequence and the token behind it. Window i begins at token i * N, for sequences of N
tokens, so the last token of a window is the first of the next one: every token but the first of the
stream is predicted exactly once an epoch, and none at a seam is lost. The last window may be
shorter. What is missing in it, and whole windows that are missing in the last batch, is `PADDING`,
so that all batches have one shape and every rank has equally many.

Windows are dealt out in turn: with R ranks, window k of an epoch's order is in row k // R of rank
k % R, B rows to a batch.

Example:
    Ten tokens 0 to 9 and sequences of 4 make the windows 0-4, 4-8 and 8-9, the last one with three
    times padding behind it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue, ValidationError

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.errors import InputError
from registry.tokenization.stored_tokens import StoredTokens, shuffled

PADDING = -1
"""What stands where there is no token; no id is negative."""


class BatchState(Value):
    """Where an epoch stands: a small value that becomes JSON and resumes it."""

    digest: Digest
    """The version of token shards."""

    sequence_length: int
    seed: int | None
    epoch: int
    num_windows_done: int
    """Windows of the epoch's order that all ranks together have had."""


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What the batches of one rank depend on, besides the tokens."""

    sequence_length: int
    batch_size: int
    seed: int | None = None
    """Which order of the windows; None: as they stand."""

    epoch: int = 0
    rank: int = 0
    world_size: int = 1

    def check(self) -> Self:
        """Return the plan if it makes sense.

        Raises:
            InputError: It does not.
        """
        for name in ("sequence_length", "batch_size", "world_size"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} {getattr(self, name)}: it must be 1 at least")
        for name in ("seed", "epoch", "rank"):
            if (getattr(self, name) or 0) < 0:
                raise InputError(f"{name} {getattr(self, name)}: it must not be negative")
        if self.rank >= self.world_size:
            raise InputError(f"rank {self.rank} of {self.world_size}: ranks are counted from 0")
        return self


class TokenBatches(Iterator[npt.NDArray[np.int64]]):
    """The batches of one epoch for one rank: arrays of (batch size, sequence length + 1).

    With a seed the order of the windows is held, 8 bytes a window; nothing else grows with the
    tokens.
    """

    def __init__(
        self,
        tokens: StoredTokens,
        plan: BatchPlan,
        *,
        digest: Digest,
        resume: Mapping[str, object] | None = None,
    ) -> None:
        """Make the batches.

        Raises:
            InputError: The plan makes no sense, or the state is of other batches.
        """
        self._tokens = tokens
        self._plan = plan.check()
        self._digest = digest
        self._num_windows = count_windows(tokens.num_tokens, plan.sequence_length)
        self._order = (
            None if plan.seed is None else shuffled(self._num_windows, plan.seed, plan.epoch)
        )
        self._done = 0 if resume is None else self._read_state(resume)

    def __len__(self) -> int:
        """Return how many batches are left."""
        left, at_once = self._num_windows - self._done, self._windows_at_once
        return (left + at_once - 1) // at_once

    def __next__(self) -> npt.NDArray[np.int64]:
        if self._done >= self._num_windows:
            raise StopIteration
        plan = self._plan
        batch = np.full((plan.batch_size, plan.sequence_length + 1), PADDING, np.int64)
        first = self._done + plan.rank
        last = min(self._done + self._windows_at_once, self._num_windows)
        for row, place in enumerate(range(first, last, plan.world_size)):
            window = place if self._order is None else int(self._order[place])
            start = window * plan.sequence_length
            ids = self._tokens.read(
                start, min(start + plan.sequence_length + 1, self._tokens.num_tokens)
            )
            batch[row, : len(ids)] = ids
        self._done = last
        return batch

    def state(self) -> dict[str, JsonValue]:
        """Return where the epoch stands behind the batch that was handed out last."""
        return self._state(self._done).model_dump(mode="json")

    @property
    def _windows_at_once(self) -> int:
        return self._plan.batch_size * self._plan.world_size

    def _state(self, num_windows_done: int) -> BatchState:
        plan = self._plan
        return BatchState(
            digest=self._digest,
            sequence_length=plan.sequence_length,
            seed=plan.seed,
            epoch=plan.epoch,
            num_windows_done=num_windows_done,
        )

    def _read_state(self, resume: Mapping[str, object]) -> int:
        try:
            state = BatchState.model_validate(resume)
        except ValidationError as error:
            raise InputError(f"no state of batches: {error}") from error
        here = self._state(min(max(0, state.num_windows_done), self._num_windows))
        for name in BatchState.model_fields:
            there, wanted = getattr(state, name), getattr(here, name)
            if there != wanted:
                raise InputError(
                    f"the state has {name} {there}, and here it is {wanted}",
                    hint="resume with what the state was made by; batch and world size may differ",
                )
        return state.num_windows_done


def count_windows(num_tokens: int, sequence_length: int) -> int:
    """Return how many windows a stream has: one token alone predicts nothing."""
    return (max(0, num_tokens - 1) + sequence_length - 1) // sequence_length
