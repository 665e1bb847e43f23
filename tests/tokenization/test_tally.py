from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.tokenization.tally import Tally
from tests.tokenization.factories import (
    as_texts,
    encoder_for,
    imported,
    make_batch,
    make_byte_level,
    make_llama_like,
    make_wordlevel,
)

_SMALL = make_byte_level()
_ENCODER = encoder_for(_SMALL)


def _tally(*batches, tokenizer=_SMALL):
    encoder = encoder_for(tokenizer)
    tally = Tally(tokenizer.tokenizer, encoder)
    for documents in batches:
        batch = make_batch(documents)
        tally.add(batch, encoder.encode(batch.column("text")))
    return tally


def _facts(tally):
    return (
        tally.num_documents,
        tally.num_tokens,
        tally.num_unknown_tokens,
        tally.num_bytes,
        tally.vocabulary_use(top=1000),
    )


def test_totals_are_those_of_the_documents():
    tally = _tally(["the dog", ""], ["été"])

    expected = _ENCODER.encode(as_texts(["the dog", "", "été"]))
    assert (3, len(expected.ids), 7 + 5) == (
        tally.num_documents,
        tally.num_tokens,
        tally.num_bytes,
    )
    assert len(np.unique(expected.ids)) == tally.vocabulary_use().num_used


texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=6)


@given(texts, texts)
def test_merged_tallies_are_the_tally_of_all(one, two):
    expected = _tally(one, two)

    merged = _tally(one)
    merged.merge(_tally(two))

    # Each tally numbers its documents from 1, so the second one's examples name the same rows.
    assert _facts(expected) == _facts(merged)


@given(texts)
def test_characters_are_counted_as_python_counts_them(documents):
    use = _tally(documents).vocabulary_use(top=10_000)

    counts = Counter("".join(documents))
    expected = {
        text: n for text, n in counts.items() if len(_ENCODER.encode(as_texts([text])).ids) > 1
    }
    assert expected == {symbol.character: symbol.count for symbol in use.unanticipated}
    assert len(expected) == use.num_unanticipated
    if documents and "".join(documents):
        assert sum(expected.values()) / sum(counts.values()) == pytest.approx(
            use.unanticipated_fraction
        )


def test_a_symbol_names_what_it_is_what_it_costs_and_where_it_stands():
    use = _tally(["plain", "a \u200b b", "\u200b 🙂"]).vocabulary_use()

    first, second = use.unanticipated
    assert ("\u200b", "U+200B", "ZERO WIDTH SPACE", 2, 3, "a.jsonl#2") == (
        first.character,
        first.code_point,
        first.name,
        first.count,
        first.tokens_each,
        first.example,
    )
    assert ("U+1F642", 1, 4, "a.jsonl#3") == (
        second.code_point,
        second.count,
        second.tokens_each,
        second.example,
    )


def test_a_control_character_is_named_by_its_category():
    (symbol,) = _tally(["\x80"]).vocabulary_use().unanticipated

    assert "Cc" == symbol.name


def test_only_the_most_frequent_are_listed_and_all_are_counted():
    use = _tally(["éèê é"]).vocabulary_use(top=1)

    assert ["é"] == [symbol.character for symbol in use.unanticipated]
    assert 3 == use.num_unanticipated


def test_the_blank_that_an_engine_puts_in_front_is_not_held_against_a_character():
    use = _tally(["the th é"], tokenizer=imported(make_llama_like())).vocabulary_use()

    # t, h and e are entries; é takes the two bytes that fall back for it.
    assert [("é", 2)] == [(symbol.character, symbol.tokens_each) for symbol in use.unanticipated]


def test_a_character_that_becomes_unknown_costs_0_and_blanks_are_expected():
    tally = _tally(["a b a\n"], tokenizer=imported(make_wordlevel()))

    assert 1 == tally.num_unknown_tokens
    assert [("b", 0)] == [
        (symbol.character, symbol.tokens_each) for symbol in tally.vocabulary_use().unanticipated
    ]


def test_a_slice_of_a_batch_is_tallied_by_itself():
    batch = make_batch(["é", "the 🙂", "è"])[1:2]
    tally = Tally(_SMALL.tokenizer, _ENCODER)
    tally.add(batch, _ENCODER.encode(batch.column("text")))

    assert [("🙂", "a.jsonl#2")] == [
        (symbol.character, symbol.example) for symbol in tally.vocabulary_use().unanticipated
    ]


def test_nothing_counted_uses_nothing():
    use = _tally([]).vocabulary_use()

    assert (0, 0.0, 0, 0.0) == (
        use.num_used,
        use.fraction_used,
        use.num_unanticipated,
        use.unanticipated_fraction,
    )


def test_bert_counts_emoji_and_rare_scripts_as_unknown(bert):
    tally = _tally(["🙂 the ᚠ 🙂"], tokenizer=bert)

    assert 3 == tally.num_unknown_tokens
    assert [("🙂", 2, 0), ("ᚠ", 1, 0)] == [
        (symbol.character, symbol.count, symbol.tokens_each)
        for symbol in tally.vocabulary_use().unanticipated
    ]


@given(texts, texts)
def test_a_state_added_to_an_empty_tally_is_the_tally(one, two):
    expected = _tally(one, two)

    actual = Tally(_SMALL.tokenizer, _ENCODER)
    actual.add_state(expected.state())

    assert _facts(expected) == _facts(actual)
    assert expected.state() == actual.state()
