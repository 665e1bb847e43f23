"""nanoGPT's `train.bin` and `val.bin`: 16-bit ids back to back, no header, no index.

The reader maps a file as `uint16` and draws windows anywhere in it; EOS stands behind each
document. `meta.json` says what nanoGPT's pickled `meta.pkl` would: the size of the vocabulary.

Source: `data/openwebtext/prepare.py` and `train.py` of github.com/karpathy/nanoGPT.
"""

from pathlib import Path

from pydantic import JsonValue

from registry.domain.digest import canonical_json
from registry.domain.tokens import OutputFormat
from registry.errors import InputError
from registry.tokenization.formats.base import Dtype, Layout, Rows, TokenFormat, unsigned_dtype
from registry.tokenization.formats.boundaries import Boundary
from registry.tokenization.formats.sharding import ShardedWriter

_LARGEST_ID = 2**16 - 1


def dtype_for(highest_id: int) -> Dtype:
    """Return `uint16`, the one dtype that nanoGPT reads.

    Raises:
        InputError: An id needs more than 16 bits.
    """
    if highest_id > _LARGEST_ID:
        raise InputError(
            f"nanoGPT reads 16-bit ids, and the highest id of this tokenizer is {highest_id:,}",
            hint="--output-format llmc or datatrove has 32 bits",
        )
    return unsigned_dtype(highest_id, 2)


def open_writer(layout: Layout) -> ShardedWriter:
    """Open the writer of a split; `meta.json` is written at once."""
    tokenizer = layout.tokenizer
    meta: dict[str, JsonValue] = {
        "dtype": layout.dtype.name,
        "eos_id": layout.policy.eos_id,
        "tokenizer": tokenizer.name,
        "tokenizer_fingerprint": tokenizer.fingerprint,
        "vocab_size": max(tokenizer.vocab_size, tokenizer.highest_id + 1),
    }
    (layout.folder / "meta.json").write_bytes(canonical_json(meta))
    path = layout.folder / f"{layout.split}.bin"
    return ShardedWriter(lambda _: RawFile(path), dtype=layout.dtype, limit=None)


class RawFile:
    """Ids back to back."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, rows: Rows) -> None:
        """See `ShardFile.write`."""
        self._file.write(rows.ids.data)

    def close(self) -> None:
        """See `ShardFile.close`."""
        self._file.close()


FORMAT = TokenFormat(
    name=OutputFormat.NANOGPT,
    open=open_writer,
    dtype_for=dtype_for,
    boundary=Boundary.EOS_BEHIND_ONLY,
    packings=(),
    most_shard_tokens=lambda _: 0,
)
