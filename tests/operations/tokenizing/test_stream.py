"""Documents on the fly: those that are written, in any order, from any place on."""

import json
from collections import Counter

import numpy as np
import pytest

from registry.api import Registry
from registry.errors import InputError, TooManyRejectedError, UnknownError
from registry.normalization.recipe_files import parse_recipe
from tests.operations.factories import records, write_jsonl

# What is handed out does not depend on the engine of the catalog.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

UNIQUE = parse_recipe(
    """
    name = "unique"
    version = "1.0.0"
    [[step]]
    use = "decode"
    [[step]]
    use = "drop_exact_duplicates"
    """,
    origin="a test",
)


@pytest.fixture
def muster(make_context, tmp_path, monkeypatch):
    """A corpus of several units, each of several batches."""
    monkeypatch.setattr("registry.operations.passes.planning.LEAST_UNIT_BYTES", 1_024)
    registry = Registry(make_context(batch_bytes=1_024))
    for number in range(3):
        path = tmp_path / "data" / f"{number}.jsonl"
        write_jsonl(path, records(60, first=60 * number, text="Row {row} \u0000 of the corpus.\n"))
    registry.register([str(tmp_path / "data")], name="web/cc")
    registry.tokenizers.train(["web/cc"], vocab_size=300, name="bytes")
    return registry


def rows(batches):
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


def test_the_documents_are_those_that_normalize_writes(muster):
    answer = muster.normalize("web/cc", recipe="text-default")
    written = rows(muster.stream(answer.reference))
    handed_out = rows(muster.stream("web/cc", recipe="text-default"))

    assert 180 == len(written)
    assert written == handed_out


def test_the_ids_are_those_that_tokenize_writes(muster):
    answer = muster.tokenize("web/cc", tokenizer="bytes", recipe="text-default")
    with muster.open_tokens(answer.reference or "") as tokens:
        written = [tokens[number].tolist() for number in range(len(tokens))]
    stream = muster.stream("web/cc", tokenizer="bytes", recipe="text-default")
    handed_out = [ids for batch in stream for ids in batch["input_ids"].to_pylist()]

    assert 180 == len(written)
    assert written == handed_out


def test_parts_have_each_document_once_between_them(muster):
    whole = Counter(rows(muster.stream("web/cc")))
    parts = [rows(muster.stream("web/cc", shard=(part, 3), shuffle_seed=7)) for part in range(3)]

    assert whole == Counter(row for part in parts for row in part)
    assert all(parts)


def test_a_reader_who_gets_no_document_is_told_so(muster):
    with pytest.warns(UserWarning, match=r"web/cc@1 is cut into .* shard 99 of 100 gets no"):
        stream = muster.stream("web/cc", shard=(99, 100))

    assert [] == rows(stream)


def test_a_seed_decides_the_order_and_an_epoch_changes_it(muster):
    as_it_is = rows(muster.stream("web/cc"))
    orders = [
        rows(muster.stream("web/cc", shuffle_seed=seed, epoch=epoch))
        for seed, epoch in ((7, 0), (7, 0), (8, 0), (7, 1))
    ]

    assert orders[0] == orders[1]
    assert all(Counter(as_it_is) == Counter(order) for order in orders)
    assert 4 == len({json.dumps(order) for order in [as_it_is, *orders]})


@pytest.mark.parametrize(
    ("recipe", "seed"),
    [("text-default", None), ("text-default", 3), (UNIQUE, None)],
    ids=["in order", "shuffled", "stateful"],
)
def test_a_stream_goes_on_from_any_place(muster, recipe, seed):
    def stream(resume=None):
        return muster.stream(
            "web/cc", recipe=recipe, tokenizer="bytes", shuffle_seed=seed, resume=resume
        )

    whole = list(stream())
    assert len(whole) > 6
    for place in (0, 1, len(whole) // 2, len(whole) - 1, len(whole)):
        first = stream()
        before = [next(first) for _ in range(place)]
        # As it would come back from a checkpoint.
        state = json.loads(json.dumps(first.state()))
        assert rows(whole) == rows([*before, *stream(state)])


def test_a_state_of_another_stream_is_refused(muster):
    state = muster.stream("web/cc", shuffle_seed=1).state()
    with pytest.raises(InputError, match="shuffle_seed 1, not 2"):
        muster.stream("web/cc", shuffle_seed=2, resume=state)
    with pytest.raises(InputError, match="part 0/1, not 1/2"):
        muster.stream("web/cc", shuffle_seed=1, shard=(1, 2), resume=state)
    state = muster.stream("web/cc", tokenizer="bytes").state()
    with pytest.raises(InputError, match="state is of another stream: policy"):
        muster.stream("web/cc", tokenizer="bytes", eos=False, resume=state)
    with pytest.raises(InputError, match="what state"):
        muster.stream("web/cc", resume={"place": 3})


@pytest.fixture
def damaged(make_context, tmp_path):
    """400 documents, of which 20 hold half a surrogate pair: no text."""
    registry = Registry(make_context(batch_bytes=1_024))
    lines = [
        f'{{"text": "Row {row} {"" if row % 20 else chr(92) + "ud83d"} goes on"}}\n'
        for row in range(400)
    ]
    (tmp_path / "half.jsonl").write_text("".join(lines))
    registry.register([str(tmp_path / "half.jsonl")], name="web/half")
    return registry


def test_a_stream_fails_as_soon_as_more_is_damaged_than_a_pass_would_allow(damaged):
    stream = damaged.stream("web/half")
    with pytest.raises(
        TooManyRejectedError, match=r"1\d of 400 rows .*at most 1 %.*lone"
    ) as raised:
        list(stream)

    assert "muster normalize web/half@1" in raised.value.hint
    assert 'max_rejected="5%"' in raised.value.hint
    # The batch that was refused was not handed out, so a wider limit goes on with it.
    before = sum(stream.rejected.values())
    rest = damaged.stream("web/half", resume=stream.state(), max_rejected="5%")
    list(rest)

    assert before <= 10
    assert {"lone-surrogate": 20} == rest.rejected


def test_the_damage_behind_a_state_counts_on(damaged):
    whole = damaged.stream("web/half", max_rejected=0.05)
    kept = rows(whole)
    first = damaged.stream("web/half", max_rejected=0.05)
    before = [next(first) for _ in range(9)]
    state = json.loads(json.dumps(first.state()))
    rest = damaged.stream("web/half", resume=state, max_rejected=0.05)

    assert (380, kept) == (len(kept), rows([*before, *rest]))
    assert 0 < first.rejected["lone-surrogate"] < 20
    assert {"lone-surrogate": 20} == whole.rejected == rest.rejected


def test_a_recipe_that_remembers_documents_takes_all_in_order(muster):
    for options in ({"shuffle_seed": 1}, {"shard": (0, 2)}):
        with pytest.raises(InputError, match="unique remembers earlier documents"):
            muster.stream("web/cc", recipe=UNIQUE, **options)


def test_wrong_words_are_the_callers_error(muster):
    with pytest.raises(InputError, match="shard 2 of 2"):
        muster.stream("web/cc", shard=(2, 2))
    with pytest.raises(UnknownError, match="nothing"):
        muster.stream("web/cc", tokenizer="nothing")


def test_a_data_loader_of_pytorch_with_two_workers_has_each_document_once(muster):
    torch = pytest.importorskip("torch")
    home = muster._context.home

    class Documents(torch.utils.data.IterableDataset):
        def __iter__(self):
            worker = torch.utils.data.get_worker_info()
            from registry.api import open_registry  # noqa: PLC0415

            with open_registry(home) as opened:
                for batch in opened.stream("web/cc", shard=(worker.id, worker.num_workers)):
                    yield from batch["text"].to_pylist()

    loader = torch.utils.data.DataLoader(Documents(), batch_size=None, num_workers=2)
    assert Counter(loader) == Counter(row[1] for row in rows(muster.stream("web/cc")))


def test_lengths_and_ids_fit(muster):
    (batch, *_) = muster.stream("web/cc", tokenizer="bytes")
    lengths = np.diff(batch["input_ids"].offsets.to_numpy())
    assert len(batch) == len(lengths)
    assert (lengths > 1).all()
