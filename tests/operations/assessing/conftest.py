import pytest

from tests.operations.assessing.factories import add


@pytest.fixture
def prepared(muster, tmp_path):
    """Two normalized and counted datasets without shared documents."""
    add(muster, tmp_path, "a")
    add(muster, tmp_path, "b", first=100, licence="CC-BY-NC-4.0")
    muster.tokenizers.train(["web/a"], name="tiny", vocab_size=280)
    for name in ("a", "b"):
        muster.tokenize(f"web/{name}.text-default", tokenizer="tiny")
    return ["web/a.text-default@1", "web/b.text-default@1"]
