"""Inputs that are valid by default; a test varies one thing."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import AddedToken, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Engine

from registry.documents import DOCUMENTS
from registry.tokenization.encoder import Encoded, Encoder
from registry.tokenization.loading import Imported, import_engine_json, load_encoder
from registry.tokenization.training import train_bpe

_TEXTS = (
    "The quick brown fox jumps over the lazy dog, and the dog does not care.",
    "def encode(text):\n    return [ids[piece] for piece in text.split()]\n",
    "the theory of the thing is that the other things are there as well",
)


def as_texts(documents: Sequence[str]) -> pa.Array:
    return pa.array(documents, pa.large_string())


def make_texts() -> pa.Array:
    return as_texts(_TEXTS * 4)


def make_byte_level(*, vocab_size: int = 600, name: str = "small") -> Imported:
    return import_engine_json(train_bpe([make_texts()], vocab_size=vocab_size), name=name)


def make_encoded(documents: Sequence[Sequence[int]]) -> Encoded:
    flat = [id_ for document in documents for id_ in document]
    return Encoded(
        ids=np.array(flat, np.uint32), lengths=np.array(list(map(len, documents)), np.int64)
    )


def make_batch(documents: Sequence[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "id": [str(number) for number in range(len(documents))],
            "text": list(documents),
            "source": [f"a.jsonl#{number + 1}" for number in range(len(documents))],
            "metadata": ["{}"] * len(documents),
        },
        schema=DOCUMENTS,
    )


def make_llama_like(*, more_merges: Sequence[tuple[str, str]] = ()) -> Engine:
    """BPE over whole documents with marks for blanks and bytes for what it does not know."""
    letters = ["<unk>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    letters += ["\u2581", "t", "h", "e", "<", "/", "s", ">"]
    merges = [("t", "h"), ("th", "e"), ("\u2581", "the"), ("<", "/"), ("</", "s"), ("</s", ">")]
    merges += more_merges
    pieces = dict.fromkeys([*letters, *(left + right for left, right in merges)])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    engine = Engine(
        models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    engine.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    )
    engine.add_special_tokens(["<unk>", "</s>"])
    return engine


def make_unigram() -> Engine:
    """A unigram model whose control token is an entry with the best score of all."""
    pieces = [("<unk>", 0.0), ("</s>", 0.0), ("\u2581", -2.0)]
    pieces += [(letter, -3.0) for letter in "abcs</>"]
    engine = Engine(models.Unigram(pieces, unk_id=0))
    engine.pre_tokenizer = pre_tokenizers.Metaspace()
    engine.add_special_tokens(["<unk>", "</s>"])
    return engine


def make_wordlevel() -> Engine:
    engine = Engine(models.WordLevel({"<unk>": 0, "</s>": 1, "a": 2}, unk_token="<unk>"))
    engine.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    engine.add_special_tokens([AddedToken("</s>", special=True)])
    return engine


def imported(engine: Engine, *, name: str = "made") -> Imported:
    return import_engine_json(engine.to_str().encode(), name=name)


def encoder_for(tokenizer: Imported, *, parse_special: bool = False) -> Encoder:
    return load_encoder(tokenizer.tokenizer, tokenizer.data, parse_special=parse_special)


def encode_one(encoder: Encoder, text: str) -> list[int]:
    return encoder.encode(as_texts([text])).ids.tolist()


def edited(data: bytes, **changes: Any) -> bytes:
    """A `tokenizer.json` with members set; `None` stands for null, `...` takes the member out.

    A name such as `model__dropout` means the member of a member.
    """
    document = json.loads(data)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = document
        for parent in parents:
            place = place[parent]
        if value is ...:
            place.pop(last, None)
        else:
            place[last] = value
    return json.dumps(document).encode()
