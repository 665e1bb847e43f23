import pytest


@pytest.fixture
def stored(muster, tmp_path, corpus):
    """A trained tokenizer, and its `tokenizer.json`."""
    muster.run("register", corpus, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny")
    tokenizer = muster.json("tokenizer", "show", "tiny")["tokenizer"]
    digest = tokenizer["file_digest"].removeprefix("sha256:")
    found = [path for path in tmp_path.rglob("*") if path.is_file() and path.name in digest]
    return next(path for path in found if digest.endswith(path.name))


def test_adding_a_known_tokenizer_says_which_tokens_were_not_taken(muster, stored):
    done = muster.run("tokenizer", "add", stored, "--name", "tiny", "--eos", "a", "--bos", "b")

    assert done.stdout.startswith("unchanged")
    assert [
        "tiny was there, with EOS <|endoftext|>; a was not taken: muster tokenize --eos-token 'a'",
        "tiny was there, with BOS none; b was not taken: muster tokenize --bos-token 'b'",
    ] == done.stderr.splitlines()


def test_what_the_hint_names_can_be_done(muster, stored):
    answer = muster.json("tokenize", "a/b", "--tokenizer", "tiny", "--eos-token", "a")

    assert 65 == answer["policy"]["eos_id"]


def test_adding_a_known_tokenizer_as_it_is_says_nothing_more(muster, stored):
    assert "" == muster.run("tokenizer", "add", stored, "--name", "tiny").stderr


def test_a_text_that_gives_no_more_merges_is_told(muster, stored):
    words = ("tokenizer", "train", "--from", "a/b", "--vocab-size", 5000, "--name", "large")
    said = muster.run(*words).stderr
    answer = muster.json(*words)
    num_entries = answer["tokenizer"]["vocab_size"]

    assert num_entries < answer["wanted_vocab_size"] == 5000
    assert f"it has {num_entries} entries and not 5,000: the text gives no more merges" in said


def test_a_text_that_gives_all_merges_is_told_nothing(muster, stored):
    words = ("tokenizer", "train", "--from", "a/b", "--vocab-size", 270, "--name", "small")

    assert muster.run(*words).stderr == ""


def test_training_a_known_tokenizer_under_another_name_says_so(muster, stored):
    done = muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "other")

    assert "it gives the same ids as tiny; other was not added" in done.stderr
