"""Documents of which is known what belongs together, and small models."""

import json
import random

import numpy as np
import pyarrow as pa
from safetensors.numpy import save
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

ANIMALS = ("cat", "dog", "mouse", "bird", "fish", "cow", "sheep", "goat")
MONEY = ("bank", "money", "coin", "loan", "debt", "credit", "tax", "fee")
TOPICS = (
    (ANIMALS, "feed the {} and pet the {} near the {}"),
    (MONEY, "pay the {} or owe the {} with a {}"),
)


def column(texts) -> pa.Array:
    return pa.array(list(texts), pa.large_string())


def topical_texts(number=200, *, seed=0) -> list[str]:
    """Documents that are about animals (even) or money (odd)."""
    draw = random.Random(seed)
    texts = []
    for row in range(number):
        words, sentence = TOPICS[row % 2]
        texts.append(". ".join(sentence.format(*draw.sample(words, 3)) for _ in range(3)))
    return texts


def make_tokenizer(words=("hello", "world", "naïve", "猫", "a", "b"), *, unknown="[UNK]"):
    vocabulary = {word: number for number, word in enumerate([unknown, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def write_model(folder, *, tokenizer=None, config=None, modules=None, **tensors):
    """Write the folder of a model; without tensors it has random vectors of 4 entries."""
    tokenizer = tokenizer or make_tokenizer()
    size = max(tokenizer.get_vocab().values()) + 1
    draw = np.random.default_rng(0)
    tensors = tensors or {"embeddings": draw.standard_normal((size, 4)).astype(np.float32)}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(save(tensors))
    tokenizer.save(str(folder / "tokenizer.json"))
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if modules is not None:
        (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    return folder
