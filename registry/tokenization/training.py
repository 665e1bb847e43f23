"""Train a byte-level BPE on documents."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from tokenizers import AddedToken, decoders, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as Engine

from registry.errors import InputError
from registry.tokenization.byte_level import BYTE_SYMBOLS


def train_bpe(
    texts: Iterable[pa.Array],
    *,
    vocab_size: int,
    special_tokens: Sequence[str] = ("<|endoftext|>",),
    min_frequency: int = 2,
) -> bytes:
    """Learn a byte-level BPE and return its `tokenizer.json`.

    The same texts give the same bytes, in whatever batches and on however many threads: pairs
    are counted before the first merge, and ties are settled by the ids of the pair. Fewer entries
    come out than were asked for when no pair stands `min_frequency` times any more.

    Args:
        texts: Batches of documents, `large_string` without nulls.
        vocab_size: Entries at most: special tokens, the 256 bytes, and one for each merge.
        special_tokens: Get the ids from 0 on, in this order.
        min_frequency: How often a pair must stand in the texts to be merged.

    Raises:
        InputError: The vocabulary cannot hold the bytes and the special tokens, a special token
            is empty or named twice, or there is no text.
    """
    _check(vocab_size=vocab_size, special_tokens=special_tokens)
    engine = Engine(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    engine.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=[
            AddedToken(token, normalized=False, special=True) for token in special_tokens
        ],
        initial_alphabet=list(BYTE_SYMBOLS),
        show_progress=False,
    )
    batches = _Batches(texts)
    engine.train_from_iterator(iter(batches), trainer)
    if not batches.has_text:
        raise InputError("there is no text to train a tokenizer on")
    return str(engine.to_str()).encode("utf-8")


class _Batches:
    """Hands batches over as lists, and remembers whether there was any text in them."""

    def __init__(self, texts: Iterable[pa.Array]) -> None:
        self._texts = texts
        self.has_text = False

    def __iter__(self) -> Iterator[list[str]]:
        for batch in self._texts:
            documents = batch.to_pylist()
            self.has_text = self.has_text or any(documents)
            yield documents


def _check(*, vocab_size: int, special_tokens: Sequence[str]) -> None:
    if len(set(special_tokens)) < len(special_tokens) or "" in special_tokens:
        raise InputError(f"special tokens are empty or named twice: {', '.join(special_tokens)}")
    smallest = len(BYTE_SYMBOLS) + len(special_tokens)
    if vocab_size < smallest:
        raise InputError(
            f"a vocabulary of {vocab_size:,} cannot hold 256 bytes and "
            f"{len(special_tokens)} special tokens",
            hint=f"--vocab-size {smallest} at least; 8,000 to 128,000 are usual",
        )
