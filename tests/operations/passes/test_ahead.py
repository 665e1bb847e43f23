import threading
from itertools import count

import pytest

from registry.operations.passes.ahead import read_ahead


def test_reading_ahead_yields_the_same_items_in_order():
    assert list(range(100)) == list(read_ahead(iter(range(100))))


def test_an_error_is_raised_at_its_place_in_the_order():
    def items():
        yield 1
        raise OSError("lost")

    ahead = read_ahead(items())

    assert next(ahead) == 1
    with pytest.raises(OSError, match="lost"):
        next(ahead)


def test_at_most_the_depth_and_one_item_are_made_ahead():
    made = []

    def items():
        for number in count():
            made.append(number)
            yield number

    ahead = read_ahead(items(), depth=2)
    for _ in range(3):
        next(ahead)

    ahead.close()
    assert len(made) <= 3 + 2 + 2


def test_stopping_early_ends_the_thread():
    ahead = read_ahead(iter(range(1000)))
    next(ahead)
    ahead.close()

    assert not [thread for thread in threading.enumerate() if thread.name == "read-ahead"]
