import json

import pytest
from tokenizers import AddedToken
from tokenizers import Tokenizer as Engine

from registry.domain.digest import digest_of_bytes
from registry.domain.tokenizer import TokenizerEngine, TokenizerKind
from registry.errors import InputError, UnknownError, UnreadableError
from registry.tokenization.loading import import_tokenizer
from tests.tokenization.factories import (
    edited,
    encode_one,
    encoder_for,
    imported,
    make_byte_level,
    make_llama_like,
    make_unigram,
    make_wordlevel,
)

_SMALL = make_byte_level()
_VOCABULARY = json.loads(_SMALL.data)["model"]["vocab"]
_MERGES = json.loads(_SMALL.data)["model"]["merges"]


def _write_json(folder, name="tokenizer.json"):
    path = folder / name
    path.write_bytes(_SMALL.data)
    return path


def _write_pair(folder, *, vocabulary_name="vocab.json", merges_name="merges.txt"):
    vocabulary, merges = folder / vocabulary_name, folder / merges_name
    vocabulary.write_text(json.dumps(_VOCABULARY), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in _MERGES)]
    merges.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return vocabulary, merges


def test_a_tokenizer_json_is_known_by_its_content_not_its_name(tmp_path):
    result = import_tokenizer([_write_json(tmp_path, "anything.txt")], name="mine")

    assert "mine" == result.tokenizer.name
    assert (TokenizerKind.BPE, TokenizerEngine.TOKENIZERS) == (
        result.tokenizer.kind,
        result.tokenizer.engine,
    )
    assert digest_of_bytes(result.data) == result.tokenizer.file_digest


def test_importing_the_stored_bytes_again_gives_the_same_bytes(tmp_path):
    path = _write_json(tmp_path)
    stored = import_tokenizer([path], name="x")
    path.write_bytes(stored.data)

    assert stored == import_tokenizer([path], name="x")


@pytest.mark.parametrize("names", [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")])
@pytest.mark.parametrize("is_swapped", [False, True])
def test_gpt2s_two_files_are_taken_in_either_order(tmp_path, names, is_swapped):
    pair = _write_pair(tmp_path, vocabulary_name=names[0], merges_name=names[1])

    result = import_tokenizer(pair[::-1] if is_swapped else pair, name="x")

    assert _SMALL.tokenizer.fingerprint == result.tokenizer.fingerprint
    assert "<|endoftext|>" == result.tokenizer.eos_token


def test_a_directory_gives_its_tokenizer_json_before_anything_else(tmp_path):
    _write_pair(tmp_path)
    _write_json(tmp_path).write_bytes(edited(_SMALL.data, normalizer={"type": "NFC"}))

    result = import_tokenizer([tmp_path], name="x")

    assert "NFC" in result.data.decode()


def test_a_directory_with_gpt2s_two_files_is_enough(tmp_path):
    _write_pair(tmp_path)

    assert (
        _SMALL.tokenizer.fingerprint == import_tokenizer([tmp_path], name="x").tokenizer.fingerprint
    )


def test_a_directory_of_several_rank_files_asks_for_one(tmp_path):
    (tmp_path / "a.tiktoken").touch()
    (tmp_path / "b.tiktoken").touch()

    with pytest.raises(InputError, match=r"a\.tiktoken, b\.tiktoken"):
        import_tokenizer([tmp_path], name="x")


def test_an_empty_directory_says_what_was_expected(tmp_path):
    with pytest.raises(InputError, match=r"expected a tokenizer\.json"):
        import_tokenizer([tmp_path], name="x")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"some words\nof prose that is no tokenizer\n",
        b"\xff\xfe\x00junk",
        b"[1, 2]",
        b"\n\n\n",
    ],
    ids=["empty", "prose", "binary", "array", "blank"],
)
def test_what_is_no_tokenizer_says_what_was_expected(tmp_path, data):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(data)

    with pytest.raises(UnreadableError, match=r"expected a tokenizer\.json"):
        import_tokenizer([path], name="x")


@pytest.mark.parametrize(
    "data",
    [
        b'{"model": {"type": "BPE"',
        b'{"model": {"type": "Magic"}}',
        b'{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}',
    ],
    ids=["cut", "unknown-model", "broken-merge"],
)
def test_a_broken_tokenizer_json_is_unreadable(tmp_path, data):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(data)

    with pytest.raises(UnreadableError, match="cannot read it") as caught:
        import_tokenizer([path], name="x")

    assert "tokenizers" in caught.value.hint


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    with pytest.raises(UnreadableError, match="No such file"):
        import_tokenizer([tmp_path / "none.json"], name="x")


def test_half_a_pair_asks_for_the_other_half(tmp_path):
    vocabulary, merges = _write_pair(tmp_path)

    with pytest.raises(InputError, match="half of a tokenizer") as caught:
        import_tokenizer([vocabulary], name="x")
    assert "merges.txt" in caught.value.hint
    with pytest.raises(InputError, match="half of a tokenizer") as caught:
        import_tokenizer([merges], name="x")
    assert "vocab.json" in caught.value.hint


def test_two_files_that_are_no_pair_are_refused(tmp_path):
    one, two = _write_json(tmp_path, "a.json"), _write_json(tmp_path, "b.json")

    with pytest.raises(InputError, match="do not belong together"):
        import_tokenizer([one, two], name="x")


def test_a_merge_of_entries_that_are_not_there_names_its_line(tmp_path):
    pair = _write_pair(tmp_path)
    pair[1].write_text("#version: 0.2\nt h\nnever heard\n", encoding="utf-8")

    with pytest.raises(UnreadableError, match="line 3, 'never heard'"):
        import_tokenizer(pair, name="x")


def test_a_vocabulary_with_end_of_word_marks_is_not_taken_for_gpt2s(tmp_path):
    pair = _write_pair(tmp_path)
    pair[0].write_text(json.dumps({**_VOCABULARY, "a</w>": 1000}), encoding="utf-8")

    with pytest.raises(UnreadableError, match="end-of-word"):
        import_tokenizer(pair, name="x")


@pytest.mark.parametrize("vocabulary", ['{"a": "b"}', '{"a": -1}', "{", "{}"])
def test_a_vocabulary_without_ids_is_unreadable(tmp_path, vocabulary):
    pair = _write_pair(tmp_path)
    pair[0].write_text(vocabulary, encoding="utf-8")

    with pytest.raises(UnreadableError, match=r"vocab\.json"):
        import_tokenizer(pair, name="x")


def test_an_entry_named_model_does_not_hide_a_vocabulary(tmp_path):
    pair = _write_pair(tmp_path)
    pair[0].write_text(json.dumps({**_VOCABULARY, "model": 1000}), encoding="utf-8")

    assert 1000 == import_tokenizer(pair, name="x").tokenizer.highest_id


def test_eos_and_bos_are_taken_as_given(tmp_path):
    tokenizer = import_tokenizer([_write_json(tmp_path)], name="x", eos="a", bos="b").tokenizer

    assert ("a", _VOCABULARY["a"], "b", _VOCABULARY["b"]) == (
        tokenizer.eos_token,
        tokenizer.eos_id,
        tokenizer.bos_token,
        tokenizer.bos_id,
    )


@pytest.mark.parametrize("option", ["eos", "bos"])
def test_an_eos_or_bos_outside_of_the_vocabulary_offers_the_nearest(tmp_path, option):
    with pytest.raises(UnknownError) as caught:
        import_tokenizer([_write_json(tmp_path)], name="x", **{option: "<|endoftext>"})

    assert ("<|endoftext|>",) == caught.value.nearest


@pytest.mark.parametrize(
    ("tokens", "eos", "bos"),
    [
        (["<|begin_of_text|>", "<|end_of_text|>"], "<|end_of_text|>", "<|begin_of_text|>"),
        (["<bos>", "<eos>"], "<eos>", "<bos>"),
        (["<s>", "</s>"], "</s>", "<s>"),
        (["[CLS]", "[SEP]"], None, None),
    ],
    ids=str,
)
def test_well_known_eos_and_bos_are_found_among_special_tokens(tokens, eos, bos):
    engine = make_wordlevel()
    document = edited(engine.to_str().encode(), added_tokens=[], model__vocab={"<unk>": 0, "a": 2})
    engine = Engine.from_buffer(document)
    engine.add_special_tokens(tokens)

    tokenizer = imported(engine).tokenizer

    assert (eos, bos) == (tokenizer.eos_token, tokenizer.bos_token)


def test_a_well_known_name_that_is_no_special_token_is_not_guessed():
    engine = make_wordlevel()
    engine.add_tokens(["<bos>"])

    assert imported(engine).tokenizer.bos_token is None


def test_added_tokens_above_the_vocabulary_raise_the_highest_id():
    engine = Engine.from_buffer(_SMALL.data)
    engine.add_tokens([AddedToken("<one>"), AddedToken("<two>")])

    tokenizer = imported(engine).tokenizer

    assert _SMALL.tokenizer.highest_id + 2 == tokenizer.highest_id
    assert [tokenizer.highest_id] == encode_one(encoder_for(imported(engine)), "<two>")


def test_ids_with_holes_give_the_true_highest_id():
    vocabulary = {**_VOCABULARY, "zz": 70_000}

    result = imported(Engine.from_buffer(edited(_SMALL.data, model__vocab=vocabulary)))

    assert 70_000 == result.tokenizer.highest_id
    assert len(vocabulary) == result.tokenizer.vocab_size


@pytest.mark.parametrize(
    ("engine", "kind", "unknown"),
    [
        (make_llama_like(), TokenizerKind.BPE, "<unk>"),
        (make_unigram(), TokenizerKind.UNIGRAM, "<unk>"),
        (make_wordlevel(), TokenizerKind.WORDLEVEL, "<unk>"),
        (Engine.from_buffer(_SMALL.data), TokenizerKind.BPE, None),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_kind_and_unknown_token_are_the_models(engine, kind, unknown):
    tokenizer = imported(engine).tokenizer

    assert (kind, unknown) == (tokenizer.kind, tokenizer.unknown_token)


@pytest.mark.parametrize("option", [{"pattern": "gpt2"}, {"lowercase": True}])
def test_an_option_of_another_form_is_refused(tmp_path, option):
    with pytest.raises(InputError, match=f"--{next(iter(option))}"):
        import_tokenizer([_write_json(tmp_path)], name="x", **option)
