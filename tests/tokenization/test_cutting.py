"""Pieces must give the ids of the whole, for every tokenizer that is cut at all."""

import dataclasses
import random

import pytest
from tokenizers import AddedToken
from tokenizers import Tokenizer as Engine

from registry.tokenization.byte_level import build_byte_level
from registry.tokenization.cutting import find_cut_rule
from registry.tokenization.description import Description
from registry.tokenization.encoder import TokenizersEncoder
from registry.tokenization.tiktoken_ranks import CL100K_PATTERN, O200K_PATTERN
from tests.tokenization.factories import (
    as_texts,
    make_byte_level,
    make_llama_like,
    make_unigram,
    make_wordlevel,
)

_PARTS = (
    *(" ", "  ", "   x", "\n", "\r\n", "\n\n", "\t", "\xa0", "\u2009", "\x85", "\x1f", "\0"),
    *("a", "B", "the", "1", "23", "'s", "'S5", "_", "_ ", ".", "!!/", "</s>", "<|endoftext|>"),
    *(
        "é",
        "e\u0301",
        "\u0301",
        "中文",
        "가",
        "א",
        "ß",
        "İ",
        "٣",
        "\uff41",
        "▁",
        "🙂",
        "\u200d",
        "\ufffd",
    ),
)


def _documents(number: int) -> list[str]:
    draw = random.Random(number)
    return ["".join(draw.choices(_PARTS, k=draw.randint(1, 30))) for _ in range(1500)]


def _with_pattern(pattern: str | None) -> Engine:
    small = Description.of(Engine.from_buffer(make_byte_level().data)).model
    assert isinstance(small.vocab, dict)
    return build_byte_level(
        vocabulary=small.vocab,
        merges=small.merges,
        special_tokens=["<|endoftext|>"],
        pattern=pattern,
    )


def _assert_cutting_changes_nothing(engine: Engine, *, parse_special: bool) -> None:
    encoder = TokenizersEncoder(Description.of(engine), parse_special=parse_special)
    documents = _documents(7)
    rule = dataclasses.replace(encoder._rule, piece_characters=3)
    encoder._rule = None
    whole = encoder.encode(as_texts(documents))
    encoder._rule = rule
    pieces = encoder.encode(as_texts(documents))

    assert sum(len(list(rule.cut(text))) > 1 for text in documents) > 500
    assert whole.lengths.tolist() == pieces.lengths.tolist()
    assert whole.ids.tolist() == pieces.ids.tolist()


@pytest.mark.parametrize("parse_special", [False, True])
@pytest.mark.parametrize("pattern", [None, CL100K_PATTERN, O200K_PATTERN])
def test_pieces_of_byte_level_bpe_give_the_ids_of_the_whole(pattern, parse_special):
    _assert_cutting_changes_nothing(_with_pattern(pattern), parse_special=parse_special)


def test_pieces_of_bpe_over_words_give_the_ids_of_the_whole():
    _assert_cutting_changes_nothing(make_llama_like(), parse_special=False)


@pytest.mark.parametrize("name", ["gpt2", "neox", "llama2", "bert"])
def test_pieces_of_published_tokenizers_give_the_ids_of_the_whole(name, request):
    engine = Engine.from_buffer(request.getfixturevalue(name).data)

    _assert_cutting_changes_nothing(engine, parse_special=False)


@pytest.mark.parametrize(
    "engine", [make_unigram(), make_wordlevel(), _with_pattern(r"\S+|\s+")], ids=repr
)
def test_a_tokenizer_without_a_proof_is_not_cut(engine):
    assert find_cut_rule(Description.of(engine), parse_special=False) is None


@pytest.mark.parametrize(
    "token",
    [
        AddedToken("two words"),
        AddedToken("id7"),
        AddedToken("x", rstrip=True),
        AddedToken("x", single_word=True),
    ],
    ids=str,
)
def test_an_added_token_that_looks_across_a_cut_forbids_it(token):
    engine = _with_pattern(None)
    engine.add_tokens([token])

    assert find_cut_rule(Description.of(engine), parse_special=False) is None


def test_special_tokens_forbid_a_cut_only_where_they_are_read():
    engine = _with_pattern(None)
    engine.add_special_tokens([AddedToken("<two words>", special=True)])
    description = Description.of(engine)

    assert find_cut_rule(description, parse_special=False) is not None
    assert find_cut_rule(description, parse_special=True) is None


def test_a_bpe_with_entries_over_two_words_is_not_cut():
    engine = make_llama_like(more_merges=[("the", "\u2581")])

    assert find_cut_rule(Description.of(engine), parse_special=False) is None


def test_a_long_document_is_cut_into_pieces_of_bounded_length():
    rule = find_cut_rule(Description.of(_with_pattern(None)), parse_special=False)
    text = "word 1 " * 100_000

    pieces = list(rule.cut(text))

    assert text == "".join(pieces)
    assert max(map(len, pieces)) < rule.piece_characters + 8
