import pyarrow as pa
import pytest

from registry.documents import MAX_RAW_BYTES, REJECTIONS, Outcome
from registry.domain.ledger import LedgerEntry, Rejected
from registry.errors import RecipeError
from registry.normalization.pipeline import Pipeline
from registry.normalization.recipe_files import load_recipe

from .factories import (
    kept_texts,
    process,
    raw_batch,
    read,
    recipe_of,
    rejected_rows,
    unreadable_row,
)

UNIQUE = recipe_of("decode", "drop_exact_duplicates")


def test_the_reader_stands_at_place_0_of_the_ledger():
    outcome = Outcome(raw_batch(["abc"]), unreadable_row(reason="not-json", raw=b"{x"))
    processed = Pipeline(UNIQUE)(outcome)

    assert (
        LedgerEntry(
            position=0,
            step="read",
            documents_in=2,
            bytes_in=5,
            documents_kept=1,
            bytes_kept_in=3,
            bytes_kept=3,
            rejected=(Rejected(reason="not-json", num_documents=1, num_bytes=2),),
        )
        == processed.ledger.entries[0]
    )


def test_each_step_has_its_entry_in_order():
    processed = process(load_recipe("text-default"), ["a \r\n", "\0 ", b"\xff"])
    told = [
        (entry.step, entry.documents_in, entry.documents_kept, entry.documents_changed)
        for entry in processed.ledger.entries
    ]

    assert [
        ("read", 3, 3, 0),
        ("decode", 3, 2, 0),
        ("unify_newlines", 2, 2, 1),
        ("strip_control_characters", 2, 2, 1),
        ("unicode_normalize", 2, 2, 0),
        ("repair_mojibake", 2, 2, 0),
        ("strip_trailing_whitespace", 2, 2, 2),
        ("drop_empty", 2, 1, 0),
    ] == told


def test_rejections_say_where_which_step_and_why():
    outcome = Outcome(raw_batch([b"\xff", "\n"]), unreadable_row())
    processed = Pipeline(load_recipe("code-default"))(outcome)

    assert [
        unreadable_row().to_pylist()[0],
        {
            "file": "a.jsonl",
            "row": 1,
            "offset": None,
            "step": "decode",
            "reason": "invalid-utf8",
            "raw": b"\xff",
            "num_bytes": 1,
        },
        {
            "file": "a.jsonl",
            "row": 2,
            "offset": None,
            "step": "drop_empty",
            "reason": "empty",
            "raw": b"\n",
            "num_bytes": 1,
        },
    ] == rejected_rows(processed)
    assert [1, 1, 0, 0, 1] == [len(batch) for batch in processed.rejected]


def test_the_ledger_counts_all_bytes_of_a_document_too_long_for_quarantine():
    too_long = b"\xff" * (MAX_RAW_BYTES + 1)
    processed = process(UNIQUE, [too_long])

    (row,) = rejected_rows(processed)

    assert (MAX_RAW_BYTES, MAX_RAW_BYTES + 1) == (len(row["raw"]), row["num_bytes"])
    assert MAX_RAW_BYTES + 1 == processed.ledger.bytes_in


def test_the_ledger_counts_all_bytes_of_a_row_that_the_reader_cut():
    row = unreadable_row(raw=b"{" * 7).drop_columns("num_bytes")
    cut = row.append_column(REJECTIONS.field("num_bytes"), pa.array([600_000_000], pa.int64()))
    ledger = Pipeline(UNIQUE)(Outcome(raw_batch(["abc"]), cut)).ledger

    assert 600_000_003 == ledger.bytes_in
    assert 600_000_000 == ledger.entries[0].rejected[0].num_bytes


def test_an_empty_batch_gives_empty_batches_and_a_ledger_of_zeros():
    processed = process(load_recipe("text-default"), [])

    assert 0 == sum(len(batch) for batch in (processed.kept, *processed.rejected))
    assert (processed.ledger.documents_in, processed.ledger.bytes_kept) == (0, 0)


def test_restored_state_continues_as_if_never_interrupted():
    batches = [["a", "b"], ["b", "c"], ["a", "c", "d"]]
    interrupted = Pipeline(UNIQUE)
    states = []
    for batch in batches[:2]:
        interrupted(read(batch))
        states.append(interrupted.take_state())
    resumed = Pipeline(UNIQUE)
    for state in states:
        resumed.restore_state(state)

    assert ["d"] == kept_texts(resumed(read(batches[2])))


def test_state_holds_only_what_was_learned_since_the_last_take():
    pipeline = Pipeline(UNIQUE)
    pipeline(read(["a"]))
    pipeline.take_state()
    pipeline(read(["a"]))

    assert b"" == pipeline.take_state()


def test_restored_state_is_not_taken_again():
    first, second = Pipeline(UNIQUE), Pipeline(UNIQUE)
    first(read(["a"]))
    second.restore_state(first.take_state())

    assert b"" == second.take_state()


def test_a_recipe_made_for_another_version_of_a_step_is_refused():
    recipe = recipe_of("decode", "drop_empty")
    older = recipe.steps[1].model_copy(update={"version": 0})

    with pytest.raises(RecipeError, match=r"step 2 \(drop_empty\) is version 0"):
        Pipeline(recipe.model_copy(update={"steps": (recipe.steps[0], older)}))


def test_columns_other_than_text_are_kept_with_their_rows():
    kept = process(load_recipe("text-default"), [b"\xff", "b"]).kept

    assert [
        {"id": "id-2", "text": "b", "source": "a.jsonl#2", "metadata": "{}"}
    ] == kept.to_pylist()
