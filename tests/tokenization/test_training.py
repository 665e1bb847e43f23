import os
import subprocess
import sys

import pytest

from registry.domain.digest import digest_of_bytes
from registry.errors import InputError
from registry.tokenization.loading import import_engine_json
from registry.tokenization.training import train_bpe
from tests.tokenization.factories import as_texts, make_texts

_SCRIPT = """
from registry.domain.digest import digest_of_bytes
from registry.tokenization.training import train_bpe
from tests.tokenization.factories import make_texts
print(digest_of_bytes(train_bpe([make_texts()], vocab_size=500)))
"""


def test_training_twice_gives_equal_bytes(texts):
    first = train_bpe([texts], vocab_size=500)

    assert first == train_bpe([texts], vocab_size=500)


def test_batches_make_no_difference(texts):
    one_by_one = [texts[i : i + 1] for i in range(len(texts))]

    assert train_bpe([texts], vocab_size=500) == train_bpe(one_by_one, vocab_size=500)


@pytest.mark.parametrize("threads", ["1", "4"])
def test_another_process_with_other_threads_gives_equal_bytes(threads):
    expected = digest_of_bytes(train_bpe([make_texts()], vocab_size=500))
    environment = {
        **os.environ,
        "RAYON_NUM_THREADS": threads,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }

    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], env=environment, capture_output=True, text=True, check=True
    )

    assert expected == done.stdout.strip()


def test_a_vocabulary_holds_special_tokens_first_and_then_every_byte(texts):
    data = train_bpe([texts], vocab_size=300, special_tokens=("<eos>", "<bos>"))

    tokenizer = import_engine_json(data, name="x").tokenizer

    assert (300, 299) == (tokenizer.vocab_size, tokenizer.highest_id)
    assert ("<eos>", 0, "<bos>", 1) == (
        tokenizer.eos_token,
        tokenizer.eos_id,
        tokenizer.bos_token,
        tokenizer.bos_id,
    )


def test_too_little_text_for_the_vocabulary_gives_a_smaller_one():
    tokenizer = import_engine_json(
        train_bpe([as_texts(["aa aa aa"])], vocab_size=5000), name="x"
    ).tokenizer

    assert 257 < tokenizer.vocab_size < 270
    assert tokenizer.vocab_size == tokenizer.highest_id + 1


def test_a_vocabulary_of_bytes_alone_has_no_merges(texts):
    assert (
        257 == import_engine_json(train_bpe([texts], vocab_size=257), name="x").tokenizer.vocab_size
    )


def test_a_vocabulary_that_cannot_hold_the_bytes_is_refused(texts):
    with pytest.raises(InputError, match="256") as caught:
        train_bpe([texts], vocab_size=256)

    assert "257" in caught.value.hint


@pytest.mark.parametrize("batches", [[], [as_texts([])], [as_texts(["", ""])]])
def test_no_text_is_refused(batches):
    with pytest.raises(InputError, match="no text"):
        train_bpe(batches, vocab_size=300)


@pytest.mark.parametrize("special_tokens", [("a", "a"), ("",)])
def test_special_tokens_that_cannot_be_told_apart_are_refused(texts, special_tokens):
    with pytest.raises(InputError, match="special tokens"):
        train_bpe([texts], vocab_size=300, special_tokens=special_tokens)


def test_an_error_while_reading_stops_the_training(texts):
    def batches():
        yield texts
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        train_bpe(batches(), vocab_size=300)
