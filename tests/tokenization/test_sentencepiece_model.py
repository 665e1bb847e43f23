import sys

import pytest

from registry.domain.tokenizer import TokenizerEngine, TokenizerKind
from registry.errors import InputError, MissingExtraError, UnknownError, UnreadableError
from registry.tokenization.loading import import_tokenizer, load_encoder
from tests.tokenization.factories import as_texts, encode_one, encoder_for


@pytest.fixture
def model_path(tmp_path, sentencepiece_model):
    path = tmp_path / "any.name"
    path.write_bytes(sentencepiece_model)
    return path


def _edit(data, edit):
    from sentencepiece import sentencepiece_model_pb2  # noqa: PLC0415

    model = sentencepiece_model_pb2.ModelProto.FromString(data)
    edit(model)
    return model.SerializeToString()


def test_a_model_is_known_by_its_content_and_kept_as_it_is(model_path, sentencepiece_model):
    result = import_tokenizer([model_path], name="sp")

    tokenizer = result.tokenizer
    assert sentencepiece_model == result.data
    assert (TokenizerKind.UNIGRAM, TokenizerEngine.SENTENCEPIECE, "<unk>", "</s>", "<s>") == (
        tokenizer.kind,
        tokenizer.engine,
        tokenizer.unknown_token,
        tokenizer.eos_token,
        tokenizer.bos_token,
    )
    assert tokenizer.vocab_size == tokenizer.highest_id + 1


def test_ids_are_the_librarys_own(model_path, sentencepiece_model):
    import sentencepiece  # noqa: PLC0415

    processor = sentencepiece.SentencePieceProcessor()
    processor.LoadFromSerializedProto(sentencepiece_model)
    documents = ["the quick brown fox", "", "the \n  things"]

    encoded = encoder_for(import_tokenizer([model_path], name="sp")).encode(as_texts(documents))

    expected = processor.encode(documents, out_type=int)
    assert [len(ids) for ids in expected] == encoded.lengths.tolist()
    assert [id_ for ids in expected for id_ in ids] == encoded.ids.tolist()


def test_no_document_gives_no_ids(model_path):
    encoded = encoder_for(import_tokenizer([model_path], name="sp")).encode(as_texts([]))

    assert (0, 0) == (len(encoded.ids), len(encoded.lengths))


def test_a_literal_control_symbol_stays_text(model_path):
    result = import_tokenizer([model_path], name="sp")

    assert result.tokenizer.eos_id not in encode_one(encoder_for(result), "a </s> b")
    with pytest.raises(InputError, match="never reads control symbols"):
        load_encoder(result.tokenizer, result.data, parse_special=True)


@pytest.mark.parametrize(
    ("edit", "is_same"),
    [
        (lambda model: setattr(model.trainer_spec, "input_sentence_size", 7), True),
        (lambda model: setattr(model.denormalizer_spec, "name", "x"), True),
        (lambda model: setattr(model.normalizer_spec, "add_dummy_prefix", False), False),
        (lambda model: setattr(model.trainer_spec, "treat_whitespace_as_suffix", True), False),
        (lambda model: setattr(model.pieces[5], "score", -99.0), False),
        (lambda model: setattr(model.pieces[5], "type", 5), False),
    ],
    ids=["trainer", "denormalizer", "dummy-prefix", "suffix", "score", "unused"],
)
def test_the_fingerprint_covers_what_changes_ids_and_nothing_else(
    model_path, sentencepiece_model, edit, is_same
):
    first = import_tokenizer([model_path], name="sp").tokenizer.fingerprint
    model_path.write_bytes(_edit(sentencepiece_model, edit))

    second = import_tokenizer([model_path], name="sp").tokenizer.fingerprint

    assert is_same == (first == second)


def test_an_eos_outside_of_the_vocabulary_is_refused(model_path):
    with pytest.raises(UnknownError, match="<eos>"):
        import_tokenizer([model_path], name="sp", eos="<eos>")


def test_a_broken_model_is_unreadable(model_path, sentencepiece_model):
    model_path.write_bytes(sentencepiece_model[: len(sentencepiece_model) // 2])

    with pytest.raises(UnreadableError, match="not a SentencePiece model"):
        import_tokenizer([model_path], name="sp")


def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch):
    path = tmp_path / "a.model"
    path.write_bytes(b"\n\x09\n\x05<unk>\x18\x02")
    monkeypatch.setitem(sys.modules, "sentencepiece", None)

    with pytest.raises(MissingExtraError) as caught:
        import_tokenizer([path], name="sp")

    assert "sentencepiece" == caught.value.extra
