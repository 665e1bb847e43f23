"""Open a version's token shards for training: memory maps, windows, batches."""

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from registry.domain.names import Reference
from registry.domain.tokens import TokenManifest
from registry.operations.context import Context
from registry.operations.tokenizing.token_shards import OpenTokens, open_token_shards
from registry.tokenization.batches import BatchPlan, TokenBatches


def open_tokens(context: Context, reference: Reference) -> "TokenReader":
    """Open the token shards of a version.

    Of the bytes only sizes and headers are looked at; `verify` reads them all. Shards of a store
    that is no local folder are copied to the folder for temporary files, until the reader is
    closed.

    Raises:
        InputError: The version holds documents.
        UnknownError: An object is gone.
        UnreadableError: A shard is not what it was said to be.
        StorageError: There is no space for a copy.
    """
    with ExitStack() as stack:
        opened = open_token_shards(context, reference, stack)
        return TokenReader(opened, stack.pop_all())


class TokenReader:
    """The tokens of a version behind memory maps. It outlives the registry that opened it.

    Use it as a context manager, or close it.
    """

    def __init__(self, opened: OpenTokens, stack: ExitStack) -> None:
        self._opened = opened
        self._stack = stack

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"TokenReader({self.reference!r})"

    def __len__(self) -> int:
        """Return the number of documents."""
        return self._opened.tokens.num_documents

    def __getitem__(self, number: int) -> npt.NDArray[np.integer]:
        """Return the ids of a document with its special tokens, by its number from 0."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        (rows,) = self._opened.tokens.iter_documents(number, number + 1, max_tokens=1)
        return rows.ids

    @property
    def reference(self) -> str:
        """The canonical reference of the version."""
        return self._opened.version.reference

    @property
    def manifest(self) -> TokenManifest:
        """Tokenizer, policy, recipe, counts."""
        return self._opened.manifest

    @property
    def num_tokens(self) -> int:
        """Tokens of all documents, special tokens included."""
        return self._opened.tokens.num_tokens

    def read(self, start: int, stop: int) -> npt.NDArray[np.integer]:
        """Return a piece of the stream of all documents, back to back."""
        num_tokens = self.num_tokens
        return self._opened.tokens.read(min(max(0, start), num_tokens), min(stop, num_tokens))

    def batches(
        self,
        *,
        sequence_length: int,
        batch_size: int,
        seed: int | None = None,
        epoch: int = 0,
        rank: int = 0,
        world_size: int = 1,
        resume: Mapping[str, object] | None = None,
    ) -> TokenBatches:
        """Return one rank's batches of an epoch; see `registry.tokenization.batches`.

        Args:
            sequence_length: Tokens that are predicted in a row; a row holds one more.
            batch_size: Rows of a batch.
            seed: Shuffles the windows, in another order each epoch; None: as they stand.
            epoch: Which pass over the tokens, from 0.
            rank: Which of the ranks, from 0.
            world_size: How many ranks there are.
            resume: What `state` returned. Length, seed and epoch must be those that it was made by.

        Raises:
            InputError: A number makes no sense, or the state is of other batches.
        """
        plan = BatchPlan(
            sequence_length=sequence_length,
            batch_size=batch_size,
            seed=seed,
            epoch=epoch,
            rank=rank,
            world_size=world_size,
        )
        version = self._opened.version
        return TokenBatches(self._opened.tokens, plan, digest=version.digest, resume=resume)

    def close(self) -> None:
        """Remove what was copied here; arrays that were handed out stay."""
        self._stack.close()
