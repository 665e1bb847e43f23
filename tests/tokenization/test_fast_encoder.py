import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Engine

from registry.errors import EngineMismatchError, EngineRefusedError
from registry.tokenization import fast_encoder
from registry.tokenization.description import Description
from registry.tokenization.encoder import Encoded, TokenizersEncoder
from registry.tokenization.fast_encoder import GigatokenEngine, GuardedEncoder, compare
from registry.tokenization.parity import adversarial_texts
from tests.tokenization.factories import (
    as_texts,
    make_byte_level,
    make_llama_like,
    make_unigram,
    make_wordlevel,
)

_FLAGS = ("lstrip", "rstrip", "single_word", "normalized", "special")


def make_engine(*tokens: AddedToken, normalizer=None) -> Engine:
    engine = Engine.from_buffer(make_byte_level().data)
    if normalizer is not None:
        engine.normalizer = normalizer
    engine.add_tokens(list(tokens))
    return engine


def guard(engine: Engine, *, parse_special: bool = False) -> GuardedEncoder:
    description = Description.of(engine)
    return GuardedEncoder(description, TokenizersEncoder(description, parse_special=parse_special))


_GUARD = guard(make_engine(AddedToken("<|fim|>"), AddedToken("  ")))

any_text = st.text(st.characters(exclude_categories=["Cs"]))
"""Half of the texts of the next test hold what the tokenizer looks for."""


@given(st.lists(any_text | st.sampled_from(["a  b", "<|fim|>", "x<|fim|> y", "e\u0301"])))
def test_ids_are_those_of_the_reference(documents):
    encoded = _GUARD.encode(as_texts(documents))
    expected = _GUARD.reference.encode(as_texts(documents))

    assert expected.ids.tolist() == encoded.ids.tolist()
    assert expected.lengths.tolist() == encoded.lengths.tolist()


@pytest.mark.parametrize("content", ["<|x|>", " the", "\n\n", "éa", "[x].\\E"])
@pytest.mark.parametrize("flag", _FLAGS)
def test_added_tokens_of_every_kind_get_the_ids_of_the_reference(flag, content):
    engine = make_engine(AddedToken(content, **{flag: True}))
    encoder = guard(engine, parse_special=flag == "special")
    texts = adversarial_texts(Description.of(engine))

    assert compare(encoder.reference, texts, encoder.encode_unchecked(as_texts(texts))) is None


@pytest.mark.parametrize(
    "engine",
    [
        make_engine(normalizer=normalizers.NFC()),
        make_engine(AddedToken("é", normalized=True), normalizer=normalizers.NFC()),
        make_llama_like(),
    ],
    ids=["nfc", "nfc-added", "llama-like"],
)
def test_normalizers_get_the_ids_of_the_reference(engine):
    encoder = guard(engine)
    texts = [*adversarial_texts(Description.of(engine)), "e\u0301", "\u212a", "\u0898\u0321"]

    assert compare(encoder.reference, texts, encoder.encode_unchecked(as_texts(texts))) is None


@pytest.mark.parametrize("name", ["gpt2", "neox", "llama2"])
@pytest.mark.parametrize("parse_special", [False, True])
def test_published_tokenizers_get_the_ids_of_the_reference(name, parse_special, request):
    engine = Engine.from_buffer(request.getfixturevalue(name).data)
    encoder = guard(engine, parse_special=parse_special)
    texts = adversarial_texts(Description.of(engine))

    assert compare(encoder.reference, texts, encoder.encode_unchecked(as_texts(texts))) is None


def test_the_texts_tell_an_engine_that_does_not_look_for_added_tokens():
    engine = make_engine(AddedToken("<|fim|>"))
    description = Description.of(engine)
    reference = guard(engine, parse_special=True).reference
    blind = GigatokenEngine(description.model_copy(update={"added_tokens": ()}))
    texts = adversarial_texts(description)

    difference = compare(reference, texts, blind.encode(as_texts(texts)))

    assert difference is not None


def test_the_texts_tell_an_engine_of_another_version_of_unicode(request):
    description = Description.of(Engine.from_buffer(request.getfixturevalue("neox").data))
    reference = TokenizersEncoder(description, parse_special=False)
    alone = GigatokenEngine(reference.description.model_copy(update={"added_tokens": ()}))
    texts = [text for text in adversarial_texts(description) if "  " not in text]

    difference = compare(reference, texts, alone.encode(as_texts(texts)))

    assert difference is not None


@pytest.mark.parametrize(
    "engine",
    [
        make_wordlevel(),
        make_unigram(),
        make_engine(AddedToken("THE", normalized=True), normalizer=normalizers.Lowercase()),
    ],
    ids=["wordlevel", "unigram", "a token that the normalizer brings forth"],
)
def test_a_tokenizer_that_cannot_be_guarded_is_refused(engine):
    with pytest.raises(EngineRefusedError):
        guard(engine)


@pytest.mark.parametrize("length", [5, 5_000])
def test_other_ids_are_found_in_short_documents_and_in_long_ones(length, monkeypatch):
    encoder = guard(make_engine())
    right = GigatokenEngine.encode

    def one_off(engine, texts):
        encoded = right(engine, texts)
        return Encoded(ids=encoded.ids ^ np.uint32(1), lengths=encoded.lengths)

    monkeypatch.setattr(GigatokenEngine, "encode", one_off)

    with pytest.raises(EngineMismatchError, match="gives other ids") as caught:
        encoder.encode(as_texts(["x" * length]))
    assert caught.value.ids != caught.value.reference_ids


def test_a_document_outside_ascii_is_always_among_those_compared():
    texts = as_texts(["a"] * 40 + ["é"] + ["a"] * 59)

    assert 40 in fast_encoder._rows_to_compare(texts)


def test_a_slice_and_no_documents_are_encoded():
    texts = as_texts(["one", "two", "three"])

    assert _GUARD.encode(texts[1:2]).ids.tolist() == _GUARD.encode(as_texts(["two"])).ids.tolist()
    assert 0 == len(_GUARD.encode(as_texts([])).lengths)
    assert [0, 0] == _GUARD.encode(pa.array(["", ""], pa.large_string())).lengths.tolist()


def test_a_mismatch_crosses_from_one_process_to_another():
    error = EngineMismatchError(
        engine="fast 1", text="x", ids=(1,), reference_ids=(2,), num_compared=3
    )

    copy = pickle.loads(pickle.dumps(error))

    assert (str(error), error.hint, error.ids) == (str(copy), copy.hint, copy.ids)


def test_a_prefix_space_and_other_pre_tokenizers_get_the_ids_of_the_reference_or_are_refused():
    engine = make_engine()
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    try:
        encoder = guard(engine)
    except EngineRefusedError:
        return
    texts = adversarial_texts(Description.of(engine))

    assert compare(encoder.reference, texts, encoder.encode_unchecked(as_texts(texts))) is None
