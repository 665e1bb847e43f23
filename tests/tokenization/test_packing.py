import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.tokens import Packing
from registry.tokenization.packing import new_packer, pack_best_fit
from tests.tokenization.formats.factories import make_rows

_DOCUMENTS = st.lists(st.integers(1, 30), max_size=30)
_BATCHES = st.lists(_DOCUMENTS, max_size=4)
_LENGTHS = st.integers(1, 12)


def number_tokens(batches):
    """Documents of the given lengths in which every token of all of them is another number."""
    count, made = 0, []
    for lengths in batches:
        documents = []
        for length in lengths:
            documents.append(list(range(count, count + length)))
            count += length
        made.append(documents)
    return made, count


def pack(batches, packing, sequence_length):
    packer = new_packer(packing, sequence_length=sequence_length)
    sequences, numbers = [], []
    parts = [packer.add(make_rows(documents)) for documents in batches]
    tail = packer.finish()
    for rows in parts:
        ends = np.cumsum(rows.lengths)
        assert int(rows.lengths.sum()) == len(rows.ids)
        sequences += [rows.ids[e - n : e].tolist() for n, e in zip(rows.lengths, ends, strict=True)]
        numbers += rows.numbers.tolist()
    assert list(range(len(sequences))) == numbers
    return sequences, tail.ids.tolist()


@given(_BATCHES, _LENGTHS)
def test_concatenating_keeps_every_token_in_order(batches, length):
    documents, count = number_tokens(batches)

    sequences, tail = pack(documents, Packing.CONCATENATE, length)

    assert list(range(count)) == [id_ for sequence in sequences for id_ in sequence] + tail
    assert all(len(sequence) == length for sequence in sequences)
    assert len(tail) == count % length


@given(_BATCHES, _LENGTHS)
def test_best_fit_keeps_every_token_once_and_every_document_that_fits_whole(batches, length):
    documents, count = number_tokens(batches)

    sequences, tail = pack(documents, Packing.BEST_FIT, length)

    assert [] == tail
    assert list(range(count)) == sorted(id_ for sequence in sequences for id_ in sequence)
    assert all(len(sequence) <= length for sequence in sequences)
    place = {id_: number for number, sequence in enumerate(sequences) for id_ in sequence}
    for document in (document for batch in documents for document in batch):
        if len(document) <= length:
            assert 1 == len({place[id_] for id_ in document})


@given(_DOCUMENTS, _LENGTHS)
def test_best_fit_puts_each_piece_where_the_least_room_is_left(lengths, length):
    """The same as an algorithm that looks at every sequence there is."""
    pieces = sorted(
        (
            (min(length, total - start), document, start)
            for document, total in enumerate(lengths)
            for start in range(0, total, length)
        ),
        key=lambda piece: -piece[0],
    )
    rooms = []
    for size, *_ in pieces:
        fitting = [room for room in rooms if room >= size]
        if fitting:
            rooms.remove(min(fitting))
            rooms.append(min(fitting) - size)
        else:
            rooms.append(length - size)

    packed = pack_best_fit(np.array(lengths, np.int64), sequence_length=length)

    left = [length - sum(stop - start for _, start, stop in sequence) for sequence in packed]
    assert sorted(rooms) == sorted(left)


@given(_DOCUMENTS, _LENGTHS)
def test_best_fit_wastes_less_than_half(lengths, length):
    """No two sequences could be one: any-fit packing fills more than half of all but one."""
    packed = pack_best_fit(np.array(lengths, np.int64), sequence_length=length)

    sizes = sorted(sum(stop - start for _, start, stop in sequence) for sequence in packed)
    if len(sizes) > 1:
        assert sizes[0] + sizes[1] > length


def test_sequences_come_in_the_order_of_their_first_document():
    packed = pack_best_fit(np.array([3, 9, 2, 4]), sequence_length=6)

    assert [[(0, 0, 3), (1, 6, 9)], [(1, 0, 6)], [(2, 0, 2), (3, 0, 4)]] == packed


@pytest.mark.parametrize("packing", list(Packing))
def test_no_documents_are_no_sequences(packing):
    assert ([], []) == pack([[], []], packing, 4)
