import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.digest import digest_of_bytes
from registry.errors import InputError
from registry.tokenization.batches import PADDING, BatchPlan, TokenBatches
from registry.tokenization.formats.megatron import MegatronWriter
from registry.tokenization.formats.megatron_reader import MegatronReader
from registry.tokenization.stored_tokens import StoredTokens
from tests.tokenization.factories import make_encoded

DIGEST = digest_of_bytes(b"a version")


def store(folder, lengths):
    """Shards of the given lengths, whose tokens are numbered from 0."""
    readers, count = [], 0
    for number, length in enumerate(lengths):
        paths = folder / f"{number}.bin", folder / f"{number}.idx"
        with MegatronWriter(*paths, np.dtype("<u2")) as writer:
            writer.write(make_encoded([range(count, count + length)]))
        readers.append(MegatronReader.open(*paths))
        count += length
    return StoredTokens(readers, dtype=np.dtype("<u2"))


@pytest.fixture
def tokens(tmp_path):
    return store(tmp_path, [60, 0, 41])


def batches(tokens, *, resume=None, **plan):
    facts = {"sequence_length": 8, "batch_size": 2} | plan
    return TokenBatches(tokens, BatchPlan(**facts), digest=DIGEST, resume=resume)


def as_lists(found):
    return [batch.tolist() for batch in found]


def predicted(found):
    """Every token that is a target, with the one before it."""
    pairs = []
    for batch in found:
        inputs, targets = batch[:, :-1], batch[:, 1:]
        real = targets != PADDING
        assert (inputs[real] != PADDING).all()
        pairs += list(zip(inputs[real].tolist(), targets[real].tolist(), strict=True))
    return pairs


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(0, 30), max_size=4),
    sequence_length=st.integers(1, 12),
    batch_size=st.integers(1, 4),
    world_size=st.integers(1, 4),
    seed=st.none() | st.integers(0, 3),
)
def test_all_ranks_together_predict_every_token_once(
    lengths, sequence_length, batch_size, world_size, seed, tmp_path_factory
):
    tokens = store(tmp_path_factory.mktemp("shards"), lengths)
    ranks = [
        list(
            batches(
                tokens,
                sequence_length=sequence_length,
                batch_size=batch_size,
                seed=seed,
                rank=rank,
                world_size=world_size,
            )
        )
        for rank in range(world_size)
    ]

    every = [pair for rank in ranks for pair in predicted(rank)]
    assert [(number, number + 1) for number in range(sum(lengths) - 1)] == sorted(every)
    assert 1 == len({len(rank) for rank in ranks})
    shape = (batch_size, sequence_length + 1)
    assert {shape} >= {batch.shape for rank in ranks for batch in rank}
    full = [batch for rank in ranks for batch in rank[:-1]]
    assert sum(int((batch == PADDING).any(axis=1).sum()) for batch in full) <= 1


def test_windows_overlap_by_one_token_and_the_last_is_padded(tmp_path):
    (batch,) = batches(store(tmp_path, [10]), sequence_length=4, batch_size=4)

    pad = PADDING
    assert [
        [0, 1, 2, 3, 4],
        [4, 5, 6, 7, 8],
        [8, 9, pad, pad, pad],
        [pad] * 5,
    ] == batch.tolist()
    assert np.int64 == batch.dtype


def test_an_epoch_is_the_same_for_its_seed_and_another_one_is_not(tokens):
    orders = [
        as_lists(batches(tokens, seed=seed, epoch=epoch))
        for seed, epoch in ((1, 0), (1, 0), (1, 1), (2, 0))
    ]

    assert orders[0] == orders[1]
    assert all(orders[0] != order for order in orders[2:])


@pytest.mark.parametrize("seed", [None, 4])
@pytest.mark.parametrize("done", [0, 1, 3, 7])
def test_a_state_goes_through_json_and_resumes_where_it_was_taken(tokens, seed, done):
    whole, first = as_lists(batches(tokens, seed=seed)), batches(tokens, seed=seed)
    for _ in range(done):
        next(first)
    state = json.loads(json.dumps(first.state()))

    rest = batches(tokens, seed=seed, resume=state)

    assert len(whole) - done == len(rest)
    assert whole[done:] == as_lists(rest)
    assert rest.state()["num_windows_done"] == 13


def test_other_ranks_take_up_where_the_old_ones_stopped(tokens):
    first = [batches(tokens, seed=1, rank=rank, world_size=2) for rank in range(2)]
    had = [next(rank) for rank in first]
    state = first[0].state()

    rest = [
        batch
        for rank in range(3)
        for batch in batches(tokens, seed=1, batch_size=1, rank=rank, world_size=3, resume=state)
    ]

    assert state == first[1].state()
    assert [(number, number + 1) for number in range(100)] == sorted(predicted([*had, *rest]))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"epoch": 1},
        {"sequence_length": 4},
        {"digest": digest_of_bytes(b"another")},
        {"num_windows_done": 99},
        {"num_windows_done": -1},
    ],
)
def test_a_state_of_other_batches_is_refused(tokens, change):
    state = batches(tokens, seed=1).state() | change

    with pytest.raises(InputError, match=next(iter(change))):
        batches(tokens, seed=1, resume=state)


def test_what_is_no_state_is_refused(tokens):
    with pytest.raises(InputError, match="no state"):
        batches(tokens, resume={"step": 3})


@pytest.mark.parametrize(
    "plan",
    [
        {"sequence_length": 0},
        {"batch_size": 0},
        {"world_size": 0},
        {"rank": 1},
        {"rank": -1},
        {"epoch": -1},
        {"seed": -1},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(tokens, plan):
    with pytest.raises(InputError, match=next(iter(plan))):
        batches(tokens, **plan)


@pytest.mark.parametrize("lengths", [[], [1]])
def test_fewer_than_two_tokens_predict_nothing(tmp_path, lengths):
    assert [] == list(batches(store(tmp_path, lengths)))
