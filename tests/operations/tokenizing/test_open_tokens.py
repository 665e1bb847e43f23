import numpy as np
import pytest

from registry.api import Registry
from registry.domain.names import Reference
from registry.errors import InputError
from registry.storage.objects import ObjectStore
from registry.tokenization.batches import PADDING
from tests.operations.factories import records, write_jsonl


@pytest.fixture
def tokens(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(30))
    muster.register([str(path)], name="a/b")
    muster.tokenizers.train(["a/b"], name="tiny", vocab_size=280)
    return muster.tokenize("a/b", tokenizer="tiny")


def test_a_reader_gives_documents_and_batches_of_what_was_tokenized(muster, tokens):
    with muster.open_tokens("a/b.tiny") as reader:
        documents = [reader[number].tolist() for number in range(len(reader))]
        stream = [id_ for document in documents for id_ in document]
        batches = list(reader.batches(sequence_length=16, batch_size=4, seed=0))

    assert (30, tokens.num_tokens_with_special) == (len(documents), reader.num_tokens)
    assert {tokens.policy.eos_id} == {document[-1] for document in documents}
    assert (tokens.reference, "tiny") == (reader.reference, reader.manifest.tokenizer.name)
    assert stream == reader.read(0, 10**9).tolist()
    targets = np.concatenate([batch[:, 1:].ravel() for batch in batches])
    assert sorted(stream[1:]) == sorted(targets[targets != PADDING].tolist())


def test_a_state_is_of_its_version(muster, tokens, tmp_path):
    path = write_jsonl(tmp_path / "b.jsonl", records(31))
    muster.register([str(path)], name="a/c")
    muster.tokenize("a/c", tokenizer="tiny")
    with muster.open_tokens("a/b.tiny") as one, muster.open_tokens("a/c.tiny") as two:
        state = one.batches(sequence_length=16, batch_size=4).state()
        with pytest.raises(InputError, match="digest"):
            two.batches(sequence_length=16, batch_size=4, resume=state)


def test_a_document_that_is_not_there_is_an_index_error(muster, tokens):
    with muster.open_tokens("a/b.tiny") as reader:
        for number in (-1, 30):
            with pytest.raises(IndexError):
                reader[number]


def test_documents_are_not_opened_as_tokens(muster, tokens):
    with pytest.raises(InputError, match="holds documents"):
        muster.open_tokens("a/b")


def test_copies_from_a_remote_store_go_when_the_reader_is_closed(
    muster, context, tokens, tmp_path, monkeypatch
):
    remote = ObjectStore("memory://open-tokens")
    for shard in context.catalog.versions.list_shards(Reference.parse("a/b.tiny")):
        remote.put_bytes(context.store.read(shard.digest))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    object.__setattr__(context, "store", remote)

    reader = Registry(context).open_tokens("a/b.tiny")
    copies = list(tmp_path.glob("muster-tokens-*/*.bin"))
    first = reader[0].tolist()
    reader.close()

    assert 1 == len(copies)
    assert [] == list(tmp_path.glob("muster-tokens-*"))
    assert tokens.policy.eos_id == first[-1]
