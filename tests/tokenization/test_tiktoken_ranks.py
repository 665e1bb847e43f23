import base64
import itertools
import json

import pytest

from registry.errors import InputError, UnreadableError
from registry.tokenization.loading import import_tokenizer
from registry.tokenization.tiktoken_ranks import recover_merges
from tests.tokenization.factories import encode_one, encoder_for

_BYTES = {bytes([byte]): byte for byte in range(256)}


def _write(path, ranks):
    lines = [b"%s %d" % (base64.b64encode(token), rank) for token, rank in ranks.items()]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def _encode_by_ranks(ranks, text):
    """Join the neighbours of lowest rank for as long as any pair has one: the definition."""
    parts = [bytes([byte]) for byte in text.encode()]
    if text.encode() in ranks:
        return [ranks[text.encode()]]
    while True:
        pairs = [ranks.get(a + b, 10**9) for a, b in itertools.pairwise(parts)]
        if not pairs or min(pairs) == 10**9:
            return [ranks[part] for part in parts]
        at = pairs.index(min(pairs))
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


def test_merges_are_the_two_parts_of_each_token():
    ranks = {**_BYTES, b"ab": 256, b"cd": 257, b"abcd": 258, b"abc": 259}

    assert (
        [("a", "b"), ("c", "d"), ("ab", "cd"), ("ab", "c")],
        False,
    ) == recover_merges(ranks)


def test_a_token_that_no_merge_makes_is_taken_whole(tmp_path):
    ranks = {**_BYTES, b"ab": 256, b"abcd": 257}
    result = import_tokenizer([_write(tmp_path / "x", ranks)], name="x", pattern="gpt2")

    assert ([("a", "b")], True) == recover_merges(ranks)
    assert json.loads(result.data)["model"]["ignore_merges"]
    assert [257] == encode_one(encoder_for(result), "abcd")
    assert [256, ord("c"), ord("d"), ord("e")] == encode_one(encoder_for(result), "abcde")


@pytest.mark.parametrize(
    "text", ["aaaaaaa", "abcabc", "xabcdx", "aabcd", "bcabcdab", "abcd", "dcba", "ccdcd"]
)
def test_ids_are_those_of_the_ranks(tmp_path, text):
    tokens = [b"aa", b"bc", b"ab", b"cd", b"aab", b"abc", b"aaaa", b"abcd", b"bcd", b"dcba"]
    ranks = {**_BYTES, **{token: 256 + number for number, token in enumerate(tokens)}}
    result = import_tokenizer([_write(tmp_path / "x", ranks)], name="x", pattern="gpt2")

    assert _encode_by_ranks(ranks, text) == encode_one(encoder_for(result), text)


def test_the_end_of_text_stands_right_above_the_ranks(tmp_path):
    tokenizer = import_tokenizer(
        [_write(tmp_path / "x", _BYTES)], name="x", pattern="cl100k"
    ).tokenizer

    assert ("<|endoftext|>", 256, 257) == (
        tokenizer.eos_token,
        tokenizer.eos_id,
        tokenizer.vocab_size,
    )


@pytest.mark.parametrize(
    ("pattern", "pieces"),
    [
        ("gpt2", ["x", "12345", "\n\n ", " I", "'", "LL"]),
        ("cl100k", ["x", "123", "45", "\n\n", " ", " I", "'LL"]),
        ("o200k", ["x", "123", "45", "\n\n", " ", " I'LL"]),
        (r"[0-9]+|[^0-9]+", ["x", "12345", "\n\n  I'LL"]),
    ],
)
def test_the_pattern_decides_how_text_is_split(tmp_path, pattern, pieces):
    text = "x12345\n\n  I'LL"
    whole = [piece.encode() for piece in ["12345", "123", "45", "\n\n", " I'LL", "'LL", " I"]]
    whole += [b"\n\n  I'LL"]
    ranks = {**_BYTES, **{token: 256 + number for number, token in enumerate(whole)}}
    result = import_tokenizer([_write(tmp_path / "x", ranks)], name="x", pattern=pattern)

    actual = encode_one(encoder_for(result), text)

    expected = [id_ for piece in pieces for id_ in _encode_by_ranks(ranks, piece)]
    assert expected == actual


def test_an_unknown_number_of_ranks_asks_for_the_pattern(tmp_path):
    with pytest.raises(InputError, match="256 ranks") as caught:
        import_tokenizer([_write(tmp_path / "x", _BYTES)], name="x")

    assert "--pattern" in caught.value.hint


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (b"IQ== 0\nnot-base64! 1\n", "line 2"),
        (b"IQ== 0\nIg== x\n", "line 2"),
        (b"IQ== 0\n", "255 bytes have no rank"),
    ],
)
def test_a_broken_rank_file_says_where(tmp_path, lines, reason):
    path = tmp_path / "x.tiktoken"
    path.write_bytes(lines)

    with pytest.raises(UnreadableError, match=reason):
        import_tokenizer([path], name="x", pattern="gpt2")


def test_two_tokens_of_one_rank_are_refused(tmp_path):
    with pytest.raises(UnreadableError, match="share a rank"):
        import_tokenizer([_write(tmp_path / "x", {**_BYTES, b"ab": 7})], name="x", pattern="gpt2")


def test_recovered_merges_are_gpt2s_own(shared_data):
    folder = shared_data / "tokenizers/gpt2"
    lines = (folder / "gpt2.tiktoken").read_bytes().split(b"\n")
    pairs = [line.split() for line in lines if line]
    own = (folder / "vocab.bpe").read_text(encoding="utf-8").split("\n")[1:-1]

    merges, some_unreachable = recover_merges(
        {base64.b64decode(token): int(rank) for token, rank in pairs}
    )

    assert own == [" ".join(pair) for pair in merges]
    assert not some_unreachable
