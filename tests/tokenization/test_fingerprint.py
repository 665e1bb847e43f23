import json

import pytest
from tokenizers import AddedToken, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Engine

from registry.errors import InputError
from registry.tokenization.loading import import_engine_json, import_tokenizer
from tests.tokenization.factories import (
    edited,
    imported,
    make_byte_level,
    make_llama_like,
    make_unigram,
    make_wordlevel,
)

_SMALL = make_byte_level()
_GPT2 = "sha256:7b7d05cab6711d667e2734ff824c1cd420b7bf586301aa6acc2737b015b240a5"


def _fingerprint(data: bytes) -> str:
    return import_engine_json(data, name="x").tokenizer.fingerprint


def _engine() -> Engine:
    return Engine.from_buffer(_SMALL.data)


@pytest.mark.parametrize(
    "changes",
    [
        {"decoder": None},
        {"post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False}},
        {"truncation": {"max_length": 5, "strategy": "LongestFirst", "stride": 0}},
        {"pre_tokenizer__trim_offsets": False},
        {"model__dropout": 0.0},
        {"model__continuing_subword_prefix": ""},
        {"model__end_of_word_suffix": ""},
        {"model__fuse_unk": True},
        # Files of older releases lack these.
        {"model__ignore_merges": ...},
        {"model__byte_fallback": ...},
        {"model__dropout": ...},
        {"pre_tokenizer__use_regex": ...},
    ],
    ids=str,
)
def test_what_changes_no_id_changes_no_fingerprint(changes):
    assert _SMALL.tokenizer.fingerprint == _fingerprint(edited(_SMALL.data, **changes))


def test_merges_in_the_older_form_give_the_same_fingerprint():
    merges = [" ".join(pair) for pair in json.loads(_SMALL.data)["model"]["merges"]]

    assert _SMALL.tokenizer.fingerprint == _fingerprint(edited(_SMALL.data, model__merges=merges))


@pytest.mark.parametrize(
    "changes",
    [
        {"normalizer": {"type": "NFC"}},
        {"pre_tokenizer": None},
        {"pre_tokenizer__add_prefix_space": True},
        {"pre_tokenizer__use_regex": False},
        {"model__ignore_merges": True},
        {"model__byte_fallback": True},
        {"model__merges": json.loads(_SMALL.data)["model"]["merges"][:-1]},
        {"model__merges": json.loads(_SMALL.data)["model"]["merges"][::-1]},
        {"added_tokens": []},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_changes_ids_changes_the_fingerprint(changes):
    assert _SMALL.tokenizer.fingerprint != _fingerprint(edited(_SMALL.data, **changes))


@pytest.mark.parametrize("flag", ["lstrip", "rstrip", "single_word", "special"])
def test_each_flag_of_an_added_token_counts(flag):
    token = json.loads(_SMALL.data)["added_tokens"][0]
    other = edited(_SMALL.data, added_tokens=[token | {flag: not token[flag]}])

    assert _SMALL.tokenizer.fingerprint != _fingerprint(other)


def test_normalized_is_idle_without_a_normalizer_and_counts_with_one():
    token = json.loads(_SMALL.data)["added_tokens"][0]
    flipped = [token | {"normalized": not token["normalized"]}]
    folding = {"normalizer": {"type": "Lowercase"}}

    assert _SMALL.tokenizer.fingerprint == _fingerprint(edited(_SMALL.data, added_tokens=flipped))
    assert _fingerprint(edited(_SMALL.data, **folding)) != _fingerprint(
        edited(_SMALL.data, added_tokens=flipped, **folding)
    )


def test_normalized_counts_where_two_added_tokens_differ_in_it():
    one, two = _engine(), _engine()
    one.add_tokens([AddedToken("ab", normalized=True), AddedToken("abc", normalized=True)])
    two.add_tokens([AddedToken("ab", normalized=False), AddedToken("abc", normalized=True)])

    assert one.encode("abc").ids != two.encode("abc").ids
    assert imported(one).tokenizer.fingerprint != imported(two).tokenizer.fingerprint


def test_a_sequence_is_its_members_however_nested():
    flat, nested = _engine(), _engine()
    nfc, strip = normalizers.NFC(), normalizers.Strip()
    flat.normalizer = normalizers.Sequence([nfc, strip])
    nested.normalizer = normalizers.Sequence([normalizers.Sequence([nfc]), strip])
    nested.pre_tokenizer = pre_tokenizers.Sequence([nested.pre_tokenizer])

    assert imported(flat).tokenizer.fingerprint == imported(nested).tokenizer.fingerprint


def test_a_control_token_counts_the_same_in_the_vocabulary_or_only_added():
    size = _SMALL.tokenizer.vocab_size
    inside = json.loads(_SMALL.data)
    token = inside["added_tokens"][0] | {"content": "<pad>", "id": size}
    inside["added_tokens"].append(token)
    outside = edited(json.dumps(inside).encode())
    inside["model"]["vocab"]["<pad>"] = size

    assert _fingerprint(outside) == _fingerprint(json.dumps(inside).encode())


def test_the_scores_of_a_unigram_model_count():
    engine = make_unigram()
    vocabulary = json.loads(engine.to_str())["model"]["vocab"]
    vocabulary[3][1] = -4.0
    other = edited(engine.to_str().encode(), model__vocab=vocabulary)

    assert imported(engine).tokenizer.fingerprint != _fingerprint(other)


def test_dropout_is_refused_since_ids_would_be_random():
    with pytest.raises(InputError, match="dropout"):
        _fingerprint(edited(_SMALL.data, model__dropout=0.1))


def test_fingerprints_stay_what_they_are():
    """A changed fingerprint orphans every recorded count; it needs a migration."""
    assert {
        "wordlevel": "sha256:4cb4dda86ec24cf907dadc13b9e9ea8e999a143b5147fdf7fdea06cdbdef61db",
        "llama-like": "sha256:424816374102f000bf8da426c67d7da800f925904aaaff2e601592f351eabd26",
        "unigram": "sha256:f2b61a011476c6a9ea270c378e6c238d5ccec6efaa5263cc299db81934326ba3",
    } == {
        "wordlevel": imported(make_wordlevel()).tokenizer.fingerprint,
        "llama-like": imported(make_llama_like()).tokenizer.fingerprint,
        "unigram": imported(make_unigram()).tokenizer.fingerprint,
    }


def test_gpt2_in_its_three_forms_has_one_fingerprint(shared_data):
    folder = shared_data / "tokenizers/gpt2"
    forms = [
        ["tokenizer.json"],
        ["encoder.json", "vocab.bpe"],
        ["gpt2.tiktoken"],
    ]
    tokenizers = [
        import_tokenizer([folder / name for name in form], name="gpt2").tokenizer for form in forms
    ]

    assert {_GPT2} == {tokenizer.fingerprint for tokenizer in tokenizers}
    assert {("<|endoftext|>", 50_256, 50_257, 50_256)} == {
        (t.eos_token, t.eos_id, t.vocab_size, t.highest_id) for t in tokenizers
    }


def test_bert_in_its_two_forms_has_one_fingerprint(shared_data, bert):
    folder = shared_data / "tokenizers/bert-base-uncased"
    other = import_tokenizer([folder / "tokenizer.json"], name="x")

    assert bert.tokenizer.fingerprint == other.tokenizer.fingerprint
