import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Engine
from tokenizers.processors import TemplateProcessing

from registry.errors import InputError
from registry.tokenization import encoder as encoder_module
from tests.tokenization.factories import (
    as_texts,
    encode_one,
    encoder_for,
    imported,
    make_byte_level,
    make_llama_like,
    make_unigram,
    make_wordlevel,
)

_SMALL = make_byte_level()
_SMALL_ENCODER = encoder_for(_SMALL)
_SMALL_ENGINE = Engine.from_buffer(_SMALL.data)

any_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(any_text)
def test_decoding_byte_level_ids_gives_the_text_back(text):
    assert text == _SMALL_ENGINE.decode(encode_one(_SMALL_ENCODER, text), skip_special_tokens=False)


@given(st.lists(any_text, max_size=8))
def test_a_document_gets_the_same_ids_whatever_stands_beside_it(documents):
    together = _SMALL_ENCODER.encode(as_texts(documents))

    alone = [encode_one(_SMALL_ENCODER, text) for text in documents]

    assert [len(ids) for ids in alone] == together.lengths.tolist()
    assert [id_ for ids in alone for id_ in ids] == together.ids.tolist()


def test_no_document_gives_no_ids():
    encoded = _SMALL_ENCODER.encode(as_texts([]))

    assert (0, 0) == (len(encoded.ids), len(encoded.lengths))
    assert (np.uint32, np.int64) == (encoded.ids.dtype, encoded.lengths.dtype)


def test_a_slice_of_a_longer_array_is_encoded_by_itself():
    texts = as_texts(["one", "two", "three"])

    assert encode_one(_SMALL_ENCODER, "two") == _SMALL_ENCODER.encode(texts[1:2]).ids.tolist()


def test_groups_of_documents_make_no_difference(monkeypatch):
    texts = as_texts(["the fox ", "", "x" * 50, "the dog"])
    expected = _SMALL_ENCODER.encode(texts)

    monkeypatch.setattr(encoder_module, "_GROUP_CHARACTERS", 4)
    actual = _SMALL_ENCODER.encode(texts)

    assert expected.ids.tolist() == actual.ids.tolist()
    assert expected.lengths.tolist() == actual.lengths.tolist()


def test_truncation_padding_and_templates_in_the_file_do_nothing():
    engine = Engine.from_buffer(_SMALL.data)
    engine.enable_truncation(2)
    engine.enable_padding(length=10)
    engine.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
    )

    cut = encoder_for(imported(engine))

    assert encode_one(_SMALL_ENCODER, "the quick brown fox") == encode_one(
        cut, "the quick brown fox"
    )


@pytest.mark.parametrize(
    ("engine", "token"),
    [
        (_SMALL_ENGINE, "<|endoftext|>"),
        (make_llama_like(), "</s>"),
        (make_unigram(), "</s>"),
        (make_wordlevel(), "</s>"),
    ],
    ids=["byte-level", "llama-like", "unigram", "wordlevel"],
)
@pytest.mark.parametrize("text", ["{}", "a{}a", " {} ", "{}{}"])
def test_a_literal_special_token_stays_text_unless_asked(engine, token, text):
    tokenizer = imported(engine)
    control = engine.token_to_id(token)
    document = text.format(token, token)

    as_text = encode_one(encoder_for(tokenizer), document)
    as_control = encode_one(encoder_for(tokenizer, parse_special=True), document)

    assert control not in as_text
    assert document.count(token) == as_control.count(control)


@pytest.mark.parametrize("name", ["gpt2", "bert", "llama2", "neox"])
def test_no_special_token_of_a_published_tokenizer_can_be_spelt(name, request):
    tokenizer = request.getfixturevalue(name)
    engine = Engine.from_buffer(tokenizer.data)
    special = {id_ for id_, token in engine.get_added_tokens_decoder().items() if token.special}
    unknown = {engine.token_to_id(tokenizer.tokenizer.unknown_token or "")}
    encoder = encoder_for(tokenizer)

    for id_ in sorted(special):
        token = engine.id_to_token(id_)
        for text in (token, f"x{token}y", f" {token} ", token * 2):
            assert set() == set(encode_one(encoder, text)) & (special - unknown), text


@pytest.mark.parametrize("name", ["gpt2", "bert", "llama2", "neox"])
def test_published_tokenizers_give_the_engines_ids(name, request, shared_data):
    tokenizer = request.getfixturevalue(name)
    engine = Engine.from_buffer(tokenizer.data)
    lines = (shared_data / "text/tinyshakespeare.txt").read_text()[:200_000].split("\n\n")
    expected = [id_ for e in engine.encode_batch(lines, add_special_tokens=False) for id_ in e.ids]

    assert expected == encoder_for(tokenizer).encode(as_texts(lines)).ids.tolist()


def test_tiny_shakespeare_is_338025_gpt2_tokens(gpt2, shared_data):
    text = (shared_data / "text/tinyshakespeare.txt").read_text()

    assert [338_025] == encoder_for(gpt2).encode(as_texts([text])).lengths.tolist()


def test_text_that_no_engine_can_hold_in_one_piece_is_refused(monkeypatch):
    monkeypatch.setattr(encoder_module, "MAX_UNBROKEN_CHARACTERS", 1000)

    with pytest.raises(InputError, match="1,001 characters"):
        _SMALL_ENCODER.encode(as_texts(["fine", "x" * 1001]))


def test_unknown_id_is_that_of_the_models_unknown_token():
    assert (None, 0, 0) == (
        _SMALL_ENCODER.unknown_id,
        encoder_for(imported(make_unigram())).unknown_id,
        encoder_for(imported(make_wordlevel())).unknown_id,
    )


_FORK = """
import os, warnings
warnings.simplefilter("ignore")
from tests.tokenization.factories import as_texts, encoder_for, make_byte_level
encoder = encoder_for(make_byte_level())
texts = as_texts(["the quick brown fox"] * 64)
encoder.encode(texts)
child = os.fork()
if child == 0:
    os._exit(0 if len(encoder.encode(texts).ids) else 1)
assert os.waitpid(child, 0)[1] == 0
assert "TOKENIZERS_PARALLELISM" not in os.environ
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_after_encoding_neither_warns_nor_hangs():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("TOKENIZERS_PARALLELISM", None)

    done = subprocess.run(
        [sys.executable, "-c", _FORK],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_too_long_are_the_documents_that_cannot_be_cut_short_enough(monkeypatch):
    monkeypatch.setattr(encoder_module, "MAX_UNBROKEN_CHARACTERS", 100_000)
    texts = as_texts(["fine", "x" * 100_001, "word " * 30_000, "é" * 100_000])

    assert [False, True, False, False] == _SMALL_ENCODER.find_too_long(texts).tolist()
    assert [False, True, True, False] == (
        encoder_for(imported(make_unigram())).find_too_long(texts).tolist()
    )
