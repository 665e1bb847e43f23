import pytest

from registry.domain.tokenizer import TokenizerKind
from registry.errors import UnreadableError
from registry.tokenization.loading import import_tokenizer
from tests.tokenization.factories import as_texts, encode_one, encoder_for

_ENTRIES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "play", "##ing", ",", "e"]


def _import(folder, entries, **options):
    path = folder / "vocab.txt"
    path.write_text("\n".join(entries) + "\n", encoding="utf-8")
    return import_tokenizer([path], name="x", **options)


def test_the_line_number_is_the_id(tmp_path):
    result = _import(tmp_path, _ENTRIES)

    assert [5, 6, 7, 8, 1] == encode_one(encoder_for(result), "the playing, zebra")
    assert (TokenizerKind.WORDPIECE, 10, 9, "[UNK]", None) == (
        result.tokenizer.kind,
        result.tokenizer.vocab_size,
        result.tokenizer.highest_id,
        result.tokenizer.unknown_token,
        result.tokenizer.eos_token,
    )


def test_a_vocabulary_without_capitals_is_for_lower_cased_text(tmp_path):
    assert [5, 9] == encode_one(encoder_for(_import(tmp_path, _ENTRIES)), "The É")


def test_a_vocabulary_with_capitals_keeps_case_and_accents(tmp_path):
    encoder = encoder_for(_import(tmp_path, [*_ENTRIES, "The"]))

    assert [10, 1] == encode_one(encoder, "The É")


def test_what_the_user_says_of_case_wins(tmp_path):
    encoder = encoder_for(_import(tmp_path, [*_ENTRIES, "The"], lowercase=True))

    assert [5] == encode_one(encoder, "The")


def test_lines_that_end_as_on_windows_are_the_same_entries(tmp_path):
    expected = _import(tmp_path, _ENTRIES).tokenizer
    path = tmp_path / "vocab.txt"
    path.write_bytes("\r\n".join(_ENTRIES).encode() + b"\r\n")

    assert expected == import_tokenizer([path], name="x").tokenizer


def test_an_entry_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(UnreadableError, match="'the' stands twice"):
        _import(tmp_path, [*_ENTRIES, "the"])


def test_bert_does_not_know_emoji_and_rare_scripts(bert):
    encoder = encoder_for(bert)
    encoded = encoder.encode(as_texts(["🙂 the ᚠ", "plain words", "𒀀"]))

    assert [3, 2, 1] == encoded.lengths.tolist()
    assert 3 == (encoded.ids == encoder.unknown_id).sum()
