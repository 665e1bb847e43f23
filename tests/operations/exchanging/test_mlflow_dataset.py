"""Against MLflow itself, with its tracking store in a folder."""

import json

import mlflow
import pytest

from registry.api import open_registry
from registry.api.mlflow_dataset import RegisteredDataset
from registry.domain.card import Card
from registry.errors import ConflictError, UnknownError
from registry.operations.keeping.database import init_registry
from registry.settings import HOME_FOLDER
from tests.operations.factories import write_jsonl


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    init_registry(folder)
    data = write_jsonl(folder / "fox.jsonl", [{"text": "the quick brown fox"}, {"text": "jumps"}])
    with open_registry(folder / HOME_FOLDER) as muster:
        muster.register([str(data)], name="desk/fox", card=Card(license="CC-BY-4.0"))
        muster.tokenizers.train(["desk/fox"], vocab_size=260, name="bytes")
        muster.tokenize("desk/fox", tokenizer="bytes")
    return folder / HOME_FOLDER


@pytest.fixture
def logged(home, tmp_path, monkeypatch):
    """Log a version as the input of a run, and return what MLflow kept of it."""
    monkeypatch.setenv("MUSTER_HOME", str(home))
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())

    def log(reference):
        with open_registry() as muster:
            dataset = muster.exchange.mlflow_dataset(reference)
        with mlflow.start_run() as run:
            mlflow.log_input(dataset, context="training")
        (found,) = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
        return found.dataset

    return log


def test_a_run_keeps_which_tokens_it_was_trained_on(logged, home):
    found = logged("desk/fox.bytes")

    with open_registry(home) as muster:
        described = muster.show("desk/fox.bytes")
    assert "desk/fox.bytes@1" == found.name
    assert described.version.digest.removeprefix("sha256:").startswith(found.digest)
    assert {
        "num_documents": 2,
        "num_text_bytes": 24,
        "tokens": [{"tokenizer": "bytes", "num_tokens": 24, "method": "exact"}],
        "licence": "CC-BY-4.0",
        "is_withdrawn": False,
    } == json.loads(found.profile)


def test_tokens_are_opened_again_from_what_mlflow_kept(logged):
    source = mlflow.data.get_source(logged("desk/fox.bytes"))

    with source.load() as tokens:
        assert "desk/fox.bytes@1" == tokens.reference
        assert 2 == len(tokens)


def test_documents_are_written_to_a_folder(logged):
    folder = mlflow.data.get_source(logged("desk/fox")).load()

    assert ["fox.jsonl"] == [path.name for path in folder.rglob("*.*")]


def test_another_version_of_the_name_is_refused(logged, tmp_path, monkeypatch):
    source = mlflow.data.get_source(logged("desk/fox"))
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path / HOME_FOLDER))
    init_registry(tmp_path)
    data = write_jsonl(tmp_path / "other.jsonl", [{"text": "another"}])

    with pytest.raises(UnknownError):
        source.load()
    with open_registry() as muster:
        muster.register([str(data)], name="desk/fox")
    with pytest.raises(ConflictError, match="was logged"):
        source.load()


def test_columns_are_the_schema(home):
    with open_registry(home) as muster:
        dataset = muster.exchange.mlflow_dataset("desk/fox")

    assert isinstance(dataset, RegisteredDataset)
    assert {"text": "string"} == dataset.schema
