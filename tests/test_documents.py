import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from registry.documents import RAW_DOCUMENTS, REJECTIONS, Outcome, join_outcomes


def make_outcome(texts, num_rejected):
    kept = pa.RecordBatch.from_pylist(
        [{"id": text, "text": text.encode(), "source": "a", "metadata": "{}"} for text in texts],
        schema=RAW_DOCUMENTS,
    )
    row = {"file": "a", "step": "read", "reason": "r", "raw": b"x", "num_bytes": 1}
    rejected = pa.RecordBatch.from_pylist(
        [row | {"row": number} for number in range(num_rejected)], schema=REJECTIONS
    )
    return Outcome(kept=kept, rejected=rejected)


outcomes = st.lists(
    st.builds(make_outcome, st.lists(st.text(max_size=9), max_size=4), st.integers(0, 2)),
    max_size=8,
)


@given(outcomes, st.integers(1, 3_000))
def test_joined_batches_hold_the_same_rows_in_their_order(made, num_bytes):
    joined = list(join_outcomes(iter(made), num_bytes=num_bytes))

    for part in ("kept", "rejected"):
        expected = [row for one in made for row in getattr(one, part).to_pylist()]
        assert expected == [row for one in joined for row in getattr(one, part).to_pylist()]
    assert len(joined) <= len(made)


def test_small_batches_become_one_and_large_ones_stay_as_they_are():
    small, large = make_outcome(["a"], 0), make_outcome(["b" * 10_000], 0)
    joined = list(join_outcomes(iter([small, small, small, large]), num_bytes=1_000))

    assert [4] == [len(one.kept) for one in joined]
    assert large is next(iter(join_outcomes(iter([large]), num_bytes=1_000)))
