import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Engine

from registry.tokenization.control_tokens import take_out_control_tokens
from registry.tokenization.description import Description
from tests.tokenization.factories import (
    encode_one,
    encoder_for,
    imported,
    make_byte_level,
    make_llama_like,
    make_unigram,
    make_wordlevel,
)


def make_gpt2_like():
    """Control tokens within the model and behind it, and a token in between that is none."""
    engine = Engine.from_buffer(make_byte_level().data)
    engine.add_special_tokens(["<|a|>"])
    engine.add_tokens([AddedToken("\n\n", special=False)])
    engine.add_special_tokens(["<|b|>"])
    engine.add_tokens([AddedToken("  ", special=False)])
    return engine


def make_whole_text_bpe():
    """Looks a whole document up before it merges anything."""
    vocabulary = {"</s>": 0, "<unk>": 1, **{letter: 2 + n for n, letter in enumerate("a</s>")}}
    engine = Engine(models.BPE(vocabulary, [], unk_token="<unk>", ignore_merges=True))
    engine.add_special_tokens(["</s>", "<unk>"])
    return engine


def make_wordpiece():
    entries = ["[PAD]", "[UNK]", "[SEP]", "a", "##a", "[", "##S", "##E", "##P", "##]"]
    vocabulary = {entry: id_ for id_, entry in enumerate(entries)}
    engine = Engine(models.WordPiece(vocabulary, unk_token="[UNK]"))
    engine.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    engine.add_special_tokens(["[PAD]", "[UNK]", "[SEP]"])
    return engine


def make_bert():
    engine = make_wordpiece()
    engine.normalizer = normalizers.BertNormalizer(lowercase=False, clean_text=False)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return engine


def make_whole_text_wordlevel():
    engine = Engine(models.WordLevel({"<unk>": 0, "</s>": 1, "a": 2}, unk_token="<unk>"))
    engine.add_special_tokens(["<unk>", "</s>"])
    return engine


ENGINES = {
    "gpt2-like": make_gpt2_like(),
    "llama-like": make_llama_like(),
    "whole-text-bpe": make_whole_text_bpe(),
    "unigram": make_unigram(),
    "wordpiece": make_wordpiece(),
    "bert": make_bert(),
    "wordlevel": make_wordlevel(),
    "whole-text-wordlevel": make_whole_text_wordlevel(),
}
TOKENIZERS = {name: imported(engine) for name, engine in ENGINES.items()}
ENCODERS = {name: encoder_for(tokenizer) for name, tokenizer in TOKENIZERS.items()}
SPECIAL = {
    name: {
        id_: token.content
        for id_, token in engine.get_added_tokens_decoder().items()
        if token.special
    }
    for name, engine in ENGINES.items()
}

CONTENTS = sorted({content for special in SPECIAL.values() for content in special.values()})
pieces = st.sampled_from(
    [
        *CONTENTS,
        *"ab01 \n</s>[]",
        "  ",
        "\n\n",
        "\u2581",
        "\U0010ffff",
        "\U0010fffe",
        "\U0010ffff0",
        "\0",
    ]
)
documents = st.lists(pieces, max_size=8).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"])
)


def control_ids(name):
    return set(SPECIAL[name]) - {ENCODERS[name].unknown_id}


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("mark", ["\U0010ffff", "\U0010fffe", "\ufdd0", "\0", ""])
def test_no_mark_in_front_of_an_id_makes_a_control_token(name, mark):
    spelt = {
        found
        for id_, content in SPECIAL[name].items()
        for text in (f"{mark}{id_}", f"a{mark}{id_}b", f"{mark}{content}", f" {mark}{id_} ")
        for found in encode_one(ENCODERS[name], text)
    }

    assert set() == spelt & control_ids(name)


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=200, deadline=None)
@given(text=documents)
def test_no_text_gives_a_control_token(name, text):
    assert set() == control_ids(name) & set(encode_one(ENCODERS[name], text))


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=200, deadline=None)
@given(text=documents)
def test_text_that_names_no_control_token_gets_the_engines_ids(name, text):
    for content in SPECIAL[name].values():
        text = text.replace(content, "a")
    expected = ENGINES[name].encode(text, add_special_tokens=False).ids
    if set(expected) & control_ids(name):
        return

    assert expected == encode_one(ENCODERS[name], text)


@pytest.mark.parametrize("name", ENGINES)
def test_the_engines_own_ids_lead_to_no_control_token(name):
    shown, ids = take_out_control_tokens(Description.of(ENGINES[name]))
    meant = {entry: ids[id_] for entry, id_ in shown.load().get_vocab().items() if entry}

    assert meant.items() <= ENGINES[name].get_vocab().items()
    assert set() == set(meant) & set(SPECIAL[name].values())


def test_tokens_behind_a_control_token_keep_their_ids():
    ids = ENGINES["gpt2-like"].get_vocab()

    assert [ids["\n\n"], ids["  "]] == encode_one(ENCODERS["gpt2-like"], "\n\n  ")


@pytest.mark.parametrize(
    ("name", "text"), [("wordlevel", "<unk>"), ("whole-text-wordlevel", "b"), ("bert", "z")]
)
def test_text_the_vocabulary_cannot_express_is_unknown(name, text):
    assert [ENCODERS[name].unknown_id] == encode_one(ENCODERS[name], text)
