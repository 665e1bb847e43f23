import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model2vec import StaticModel
from tokenizers import Tokenizer, models, pre_tokenizers

from registry.domain.embedding import EmbeddingKind
from registry.embedding.sentence_model import find_files, read_model
from registry.errors import UnreadableError
from tests.embedding.factories import column, make_tokenizer, write_model

TEXTS = ["hello world", "", "unheard", "Naïve 猫 a b a", "a " * 900, "\x00 b"]


def load(folder):
    files = {name: path.read_bytes() for name, path in find_files(folder).items()}
    return read_model(folder.name, files)


def vectors(size=7, width=8, dtype=np.float32, seed=0):
    numbers = np.random.default_rng(seed).standard_normal((size, width)) * 20
    return numbers.astype(dtype)


def save_by_model2vec(folder, matrix, *, tokenizer=None, **options):
    StaticModel(matrix, tokenizer or make_tokenizer(), **options).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("max_length", [None, 3, 512])
def test_vectors_are_those_of_model2vec_bit_for_bit(tmp_path, dtype, normalize, max_length):
    folder = save_by_model2vec(
        tmp_path / "m", vectors(dtype=dtype), normalize=normalize, max_length=max_length
    )
    expected = StaticModel.from_pretrained(folder).encode(TEXTS)

    assert expected.astype(np.float32).tobytes() == load(folder).encode(column(TEXTS)).tobytes()


@pytest.mark.parametrize("has_mapping", [False, True])
def test_weights_and_mapping_are_used_as_by_model2vec(tmp_path, has_mapping):
    mapping = np.array([2, 0, 1, 2, 0, 1, 1]) if has_mapping else None
    folder = save_by_model2vec(
        tmp_path / "m",
        vectors(3 if has_mapping else 7),
        weights=np.linspace(0.1, 2, 7, dtype=np.float32),
        token_mapping=mapping,
    )
    expected = StaticModel.from_pretrained(folder).encode(TEXTS)

    assert expected.tobytes() == load(folder).encode(column(TEXTS)).tobytes()


@given(texts=st.lists(st.text(max_size=30), min_size=1, max_size=8))
@settings(max_examples=25)
def test_any_text_is_encoded_as_by_model2vec(tmp_path_factory, texts):
    alphabet = {chr(code): code - 31 for code in range(32, 127)}
    tokenizer = Tokenizer(models.BPE({"[UNK]": 0, **alphabet}, [], unk_token="[UNK]"))
    folder = tmp_path_factory.mktemp("bpe")
    save_by_model2vec(folder, vectors(len(alphabet) + 1), tokenizer=tokenizer, normalize=True)
    expected = StaticModel.from_pretrained(folder).encode(texts)

    assert expected.tobytes() == load(folder).encode(column(texts)).tobytes()


def test_a_unigram_tokenizer_leaves_out_its_unknown(tmp_path):
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0), ("b", -2.0)], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder = save_by_model2vec(tmp_path / "m", vectors(3), tokenizer=tokenizer)
    expected = StaticModel.from_pretrained(folder).encode(["a zz b", "zz"])

    assert expected.tobytes() == load(folder).encode(column(["a zz b", "zz"])).tobytes()


@pytest.mark.parametrize("folder_name", ["", "0_StaticEmbedding"])
def test_a_folder_of_sentence_transformers_is_read_as_it_says(tmp_path, folder_name):
    """Whole documents, unknown tokens included, and the module `Normalize` where it is listed."""
    matrix = vectors()
    write_model(tmp_path / folder_name, **{"embedding.weight": matrix})
    modules = [{"type": "sentence_transformers.models.StaticEmbedding"}]
    modules += [{"type": "sentence_transformers.models.Normalize"}]
    (tmp_path / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    model = load(tmp_path)
    ids = [[1, 2], [0], [5] * 900]
    means = np.array([matrix[row].mean(axis=0) for row in ids])
    expected = means / np.linalg.norm(means, axis=1, keepdims=True)

    assert EmbeddingKind.SENTENCE_TRANSFORMERS == model.identity.kind
    assert model.encode(column(["hello world", "unheard", "a " * 900])) == pytest.approx(
        expected, abs=1e-5
    )


def test_the_fingerprint_covers_what_changes_a_vector_and_nothing_else(tmp_path):
    padded = make_tokenizer()
    padded.enable_padding(length=9)
    padded.enable_truncation(4)
    same = [
        load(write_model(tmp_path / "a", config={"normalize": True})),
        load(write_model(tmp_path / "b", config={"normalize": True, "tokenizer_name": "x"})),
        load(write_model(tmp_path / "c", tokenizer=padded, config={"normalize": True})),
    ]
    others = [
        load(write_model(tmp_path / "d", config={"normalize": False})),
        load(write_model(tmp_path / "e", config={"normalize": True, "max_length": 9})),
        load(write_model(tmp_path / "f", embeddings=vectors(), config={"normalize": True})),
        load(
            write_model(
                tmp_path / "g",
                tokenizer=make_tokenizer(("hello", "world", "x", "y", "z", "w")),
                config={"normalize": True},
            )
        ),
    ]

    assert 1 == len({model.identity.fingerprint for model in same})
    assert 5 == len({model.identity.fingerprint for model in (same[0], *others)})


def test_a_folder_without_a_model_says_so(tmp_path):
    with pytest.raises(UnreadableError, match=r"has no model.safetensors"):
        find_files(tmp_path)


HALF_OF_GOOGLE = b'{"embeddings":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]}}'


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            {
                "model.safetensors": len(HALF_OF_GOOGLE).to_bytes(8, "little")
                + HALF_OF_GOOGLE
                + b"ab"
            },
            "of NumPy's types: 'BF16'",
        ),
        ({"model.safetensors": b"nonsense"}, "cannot be read as safetensors"),
        ({"tokenizer.json": b"{}"}, "is no tokenizer"),
        ({"tokenizer.json": b"\xff"}, "is no tokenizer"),
        ({"config.json": b"{"}, "is no JSON"),
        ({"config.json": b"[]"}, "is no JSON object"),
    ],
)
def test_a_broken_file_is_named(tmp_path, broken, message):
    paths = find_files(write_model(tmp_path / "m"))
    files = {name: path.read_bytes() for name, path in paths.items()} | broken

    with pytest.raises(UnreadableError, match=message):
        read_model("m", files)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"other": vectors()}, "holds no matrix embeddings or embedding.weight, but other"),
        ({"embeddings": vectors(6)}, "has 6 rows of vectors, and its tokenizer ids up to 6"),
        ({"embeddings": vectors(), "weights": vectors(5)[:, 0]}, "has 5 weights"),
        ({"embeddings": vectors(), "mapping": np.full(7, 9)}, "maps a token to row 9 of 7"),
        ({"embeddings": vectors()[0]}, "holds no matrix"),
    ],
)
def test_a_model_in_which_a_token_has_no_vector_is_refused(tmp_path, tensors, message):
    with pytest.raises(UnreadableError, match=message):
        load(write_model(tmp_path / "m", **tensors))
