"""Laws that hold for every text, however hostile."""

import itertools
import re
import unicodedata
from collections import Counter

import pyarrow as pa
import pytest
from ftfy.badness import is_bad
from hypothesis import example, given
from hypothesis import strategies as st

from registry.documents import Outcome
from registry.domain.ledger import add_ledgers
from registry.normalization import columns
from registry.normalization.pipeline import Pipeline, Processed
from registry.normalization.recipe_files import AS_IS, list_recipes, load_recipe

from .factories import (
    hostile_bytes,
    hostile_texts,
    kept_texts,
    process,
    raw_batch,
    read,
    recipe_of,
    rejected_rows,
    unreadable_row,
)

TEXT_DEFAULT = load_recipe("text-default")
CODE_DEFAULT = load_recipe("code-default")
EVERYTHING = recipe_of(
    "decode",
    "unify_newlines",
    "strip_control_characters",
    "unicode_normalize",
    "repair_mojibake",
    "strip_trailing_whitespace",
    "drop_empty",
    "drop_exact_duplicates",
)

documents = st.lists(hostile_bytes, max_size=6)
# A quotation mark right before an accented letter looks like mojibake, and is repaired.
clean_texts = st.from_regex(r"[ -~]*[!-~“”é](\n[ \t]*[!-~“”é]+){0,3}\n?", fullmatch=True).filter(
    lambda text: not is_bad(text)
)


@pytest.mark.parametrize("recipe", list_recipes(), ids=lambda recipe: recipe.name)
@given(texts=documents)
@example(texts=["Â\x81£".encode()])
@example(texts=["A\0\u0303".encode()])
@example(texts=["A\u0303©".encode()])
@example(texts=["日 Ã©Ä ".encode()])
@example(texts=["x\n\x81\n\x81".encode()])
@example(texts=["\0\ufeffx".encode()])
@example(texts=[b"\xed\xa0\x80\xef\xbb\xbfx"])
def test_a_second_run_changes_nothing_and_rejects_nothing(recipe, texts):
    once = process(recipe, texts)
    twice = process(recipe, kept_texts(once))

    assert kept_texts(once) == kept_texts(twice)
    assert 0 == sum(map(len, twice.rejected))
    assert 0 == sum(entry.documents_changed for entry in twice.ledger.entries)


@pytest.mark.parametrize("recipe", list_recipes(), ids=lambda recipe: recipe.name)
@given(texts=documents)
@example(texts=["a\r\n\r\nb\n\u0301 Ã©\nc\r".encode()])
def test_a_long_document_is_normalized_in_pieces_to_the_same_text(recipe, texts):
    whole = process(recipe, texts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_LONG_BYTES", 2)
        in_pieces = process(recipe, texts)

    assert kept_texts(whole) == kept_texts(in_pieces)
    assert whole.ledger == in_pieces.ledger


@given(texts=documents, data=st.data())
def test_how_documents_are_cut_into_batches_changes_nothing(texts, data):
    cuts = data.draw(st.lists(st.integers(0, len(texts)), max_size=4).map(sorted))
    whole = process(EVERYTHING, texts)
    pipeline = Pipeline(EVERYTHING)
    bounds = [0, *cuts, len(texts)]
    parts = [
        pipeline(read(texts[start:end], first=start + 1))
        for start, end in itertools.pairwise(bounds)
    ]

    assert whole.kept.to_pylist() == [row for part in parts for row in part.kept.to_pylist()]
    assert _count(whole) == sum((_count(part) for part in parts), Counter())
    assert whole.ledger == add_ledgers([part.ledger for part in parts])


@given(texts=documents, start=st.integers(0, 6), length=st.integers(0, 6))
def test_a_slice_of_a_batch_counts_as_its_rows_alone(texts, start, length):
    piece = texts[start : start + length]
    sliced = Outcome(raw_batch(texts).slice(start, length), read([]).rejected)

    assert kept_texts(process(EVERYTHING, piece)) == kept_texts(Pipeline(EVERYTHING)(sliced))


@given(texts=documents)
def test_the_ledger_counts_what_is_there(texts):
    outcome = Outcome(raw_batch(texts), unreadable_row(raw=b"{!"))
    processed = Pipeline(EVERYTHING)(outcome)

    ledger = processed.ledger.check()
    assert len(texts) + 1 == ledger.documents_in
    assert sum(map(len, texts)) + 2 == ledger.bytes_in
    assert len(processed.kept) == ledger.documents_kept
    assert sum(len(text.encode()) for text in kept_texts(processed)) == ledger.bytes_kept
    reasons = Counter(row["reason"] for row in rejected_rows(processed))
    assert reasons == ledger.rejected


@given(texts=st.lists(clean_texts, min_size=1, max_size=5))
def test_clean_text_goes_through_text_default_without_being_copied(texts):
    batch = raw_batch(texts)
    kept = Pipeline(TEXT_DEFAULT)(Outcome(batch, read([]).rejected)).kept

    assert texts == kept.column("text").to_pylist()
    assert _address(batch) == _address(kept)


@given(texts=documents)
def test_text_default_gives_nfc_without_control_characters(texts):
    for text in kept_texts(process(TEXT_DEFAULT, texts)):
        assert unicodedata.is_normalized("NFC", text)
        assert {"\n", "\t"} >= {char for char in text if unicodedata.category(char) == "Cc"}
        assert "\ufeff" not in text
        assert re.search(r"[ \t]$|\n\n\Z", text, re.MULTILINE) is None


@given(text=hostile_texts)
def test_code_default_changes_marks_newlines_and_nulls_alone(text):
    expected = re.sub("\r\n?", "\n", re.sub("^[\0\ufeff]+", "", text)).replace("\0", "")

    assert [expected] * bool(expected.strip()) == kept_texts(process(CODE_DEFAULT, [text]))


@given(text=hostile_texts)
def test_as_is_changes_nothing_but_the_mark_at_the_beginning(text):
    assert [text.lstrip("\ufeff")] == kept_texts(process(AS_IS, [text]))


def _count(processed: Processed) -> Counter[tuple[object, ...]]:
    return Counter(tuple(row.values()) for row in rejected_rows(processed))


def _address(batch: pa.RecordBatch) -> int | None:
    buffer = batch.column("text").buffers()[2]
    return None if buffer is None else buffer.address
