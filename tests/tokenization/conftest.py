"""Tokenizers made on the spot, and the real ones where the shared data is at hand."""

import pyarrow as pa
import pytest

from registry.tokenization.loading import Imported, import_tokenizer
from tests.tokenization.factories import make_byte_level, make_texts


@pytest.fixture(scope="session")
def byte_level() -> Imported:
    """A byte-level BPE of 600 entries."""
    return make_byte_level()


@pytest.fixture(scope="session")
def gpt2(shared_data) -> Imported:
    return import_tokenizer([shared_data / "tokenizers/gpt2/tokenizer.json"], name="gpt2")


@pytest.fixture(scope="session")
def bert(shared_data) -> Imported:
    folder = shared_data / "tokenizers/bert-base-uncased"
    return import_tokenizer([folder / "vocab.txt"], name="bert")


@pytest.fixture(scope="session")
def llama2(shared_data) -> Imported:
    return import_tokenizer([shared_data / "tokenizers/llama-2"], name="llama-2")


@pytest.fixture(scope="session")
def neox(shared_data) -> Imported:
    return import_tokenizer([shared_data / "tokenizers/gpt-neox-20b"], name="neox")


@pytest.fixture(scope="session")
def sentencepiece_model() -> bytes:
    """A unigram model of 60 pieces with byte fallback off, trained here."""
    pytest.importorskip("google.protobuf")
    library = pytest.importorskip("sentencepiece")
    import io  # noqa: PLC0415

    model = io.BytesIO()
    library.SentencePieceTrainer.train(
        sentence_iterator=iter(make_texts().to_pylist()),
        model_writer=model,
        vocab_size=60,
        model_type="unigram",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return model.getvalue()


@pytest.fixture
def texts() -> pa.Array:
    return make_texts()
