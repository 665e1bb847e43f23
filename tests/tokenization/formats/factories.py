"""Layouts and rows that are valid by default; a test varies one thing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from registry.domain.digest import digest_of_bytes
from registry.domain.tokenizer import CountingPolicy, Tokenizer, TokenizerEngine, TokenizerKind
from registry.domain.tokens import OutputFormat
from registry.tokenization.formats import FORMATS
from registry.tokenization.formats.base import Layout, Origin, Rows


def make_tokenizer(*, highest_id: int = 299, name: str = "tiny", eos_id: int | None = 0):
    digest = digest_of_bytes(name.encode())
    return Tokenizer(
        name=name,
        fingerprint=digest,
        kind=TokenizerKind.BPE,
        engine=TokenizerEngine.TOKENIZERS,
        file_digest=digest,
        vocab_size=highest_id + 1,
        highest_id=highest_id,
        eos_token=None if eos_id is None else "</s>",
        eos_id=eos_id,
    )


def make_rows(documents: Sequence[Sequence[int]], *, first: int = 0, dtype="<i4") -> Rows:
    flat = [id_ for document in documents for id_ in document]
    return Rows(
        ids=np.array(flat, dtype),
        lengths=np.array(list(map(len, documents)), np.int64),
        numbers=np.arange(first, first + len(documents)),
    )


def make_layout(folder: Path, output_format: OutputFormat, **changes) -> Layout:
    tokenizer = changes.pop("tokenizer", make_tokenizer())
    dtype = FORMATS[output_format].dtype_for(tokenizer.highest_id)
    facts = {
        "folder": folder,
        "split": "train",
        "dtype": dtype,
        "tokenizer": tokenizer,
        "policy": CountingPolicy(eos_id=tokenizer.eos_id),
        "origin": Origin("a/b.tiny@1", ("x.bin", "y.bin"), np.array([0, 3])),
    }
    return Layout(**(facts | changes))


def write_rows(folder: Path, output_format: OutputFormat, *batches, **changes) -> Layout:
    """Write documents, batch by batch, in a format."""
    layout = make_layout(folder, output_format, **changes)
    writer = FORMATS[output_format].open(layout)
    first = 0
    for documents in batches:
        writer.write(make_rows(documents, first=first))
        first += len(documents)
    writer.close()
    return layout
