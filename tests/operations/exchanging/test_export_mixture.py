"""The tokens of a mixture are exported part by part, and the weights stand beside them."""

import json

import numpy as np
import pytest

from registry.errors import InputError, UnknownError
from registry.reporting.mixtures import export_note
from tests.operations.factories import records, write_jsonl
from tests.tokenization.formats.readers import READERS


@pytest.fixture
def engine():
    """An export only reads the catalog."""
    return "sqlite"


@pytest.fixture
def mixed(muster, tmp_path):
    """Two datasets with token shards of one tokenizer, and a mixture of one to three."""
    for name, number in (("web/a", 40), ("law/b", 10)):
        path = write_jsonl(tmp_path / name / "x.jsonl", records(number, first=100 * number))
        muster.register([str(path)], name=name)
    muster.tokenizers.train(["web/a"], name="tiny", vocab_size=280)
    for name in ("web/a", "law/b"):
        muster.tokenize(name, tokenizer="tiny")
    muster.mixtures.make("mix/base", {"web/a": 1, "law/b": 3})
    return muster


def test_each_part_is_what_an_export_of_it_alone_is(mixed, tmp_path):
    out = tmp_path / "out"
    answer = mixed.mixtures.export_tokens("mix/base", out, output_format="megatron")
    mixed.export_tokens("web/a.tiny", tmp_path / "alone", output_format="megatron")
    found = json.loads((out / "mixture.json").read_bytes())
    alone = {path.name: path.read_bytes() for path in (tmp_path / "alone").iterdir()}

    assert ("created", "mix/base@1") == (answer.status, found["reference"])
    assert [("law/b@1", "law/b.tiny@1", 0.75), ("web/a@1", "web/a.tiny@1", 0.25)] == [
        (part["folder"], part["tokens"], part["share"]) for part in found["parts"]
    ]
    assert all("EOS" in part["boundaries"] for part in found["parts"])
    assert "EOS" in export_note(answer)
    assert alone == {path.name: path.read_bytes() for path in (out / "web/a@1").iterdir()}
    for part in answer.manifest.parts:
        rows = READERS["megatron"](out / part.folder, "train", np.dtype("<u2").itemsize)
        assert (part.num_documents, part.num_tokens) == (len(rows), sum(map(len, rows)))


def test_what_was_interrupted_goes_on_where_it_ended(mixed, tmp_path):
    out = tmp_path / "out"
    mixed.export_tokens("law/b.tiny", out / "law/b@1", output_format="megatron")
    before = {path: path.stat().st_mtime_ns for path in (out / "law/b@1").iterdir()}
    first = mixed.mixtures.export_tokens("mix/base", out, output_format="megatron")
    again = mixed.mixtures.export_tokens("mix/base", out, output_format="megatron")

    assert ("created", "unchanged") == (first.status, again.status)
    assert first.manifest == again.manifest
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_part_of_tokens_stands_for_itself(mixed, tmp_path):
    mixed.mixtures.make("mix/tokens", {"web/a.tiny": 1, "law/b.tiny": 1})
    answer = mixed.mixtures.export_tokens("mix/tokens", tmp_path / "out", output_format="parquet")

    assert [(part.reference, part.tokens) for part in answer.manifest.parts] == [
        ("law/b.tiny@1", "law/b.tiny@1"),
        ("web/a.tiny@1", "web/a.tiny@1"),
    ]


def test_a_part_without_tokens_is_named(mixed, tmp_path):
    path = write_jsonl(tmp_path / "c.jsonl", records(3))
    mixed.register([str(path)], name="web/c")
    mixed.mixtures.make("mix/more", {"web/a": 1, "web/c": 1})

    with pytest.raises(InputError, match="web/c@1 for one") as caught:
        mixed.mixtures.export_tokens("mix/more", tmp_path / "out", output_format="megatron")
    assert "muster tokenize web/c@1 --tokenizer NAME" == caught.value.hint
    with pytest.raises(InputError, match="web/c@1 has no token shards of tiny"):
        mixed.mixtures.export_tokens(
            "mix/more", tmp_path / "out", output_format="megatron", tokenizer="tiny"
        )
    assert not (tmp_path / "out").exists()


def test_nothing_of_a_mixture_leaves_that_was_withdrawn_or_has_such_a_part(
    mixed, context, tmp_path
):
    said = []
    context.progress.note = said.append
    part = mixed.mixtures.get("mix/base").parts[0].reference
    assert [] == said
    for reference, reason in ((part, "taken down"), ("mix/base@1", "a slip")):
        mixed.datasets.withdraw(reference, reason=reason)
        with pytest.raises(InputError, match=f"{reference} was withdrawn: {reason}"):
            mixed.mixtures.export_tokens("mix/base", tmp_path / "out", output_format="megatron")
    mixed.mixtures.get("mix/base")

    assert [
        "warning: mix/base@1 was withdrawn: a slip",
        f"warning: {part} was withdrawn: taken down",
    ] == said
    assert not (tmp_path / "out").exists()


def test_what_is_not_clear_is_asked_for(mixed, tmp_path):
    mixed.tokenizers.train(["web/a"], name="other", vocab_size=270)
    for name in ("web/a", "law/b"):
        mixed.tokenize(name, tokenizer="other")
    mixed.tokenize("web/a", tokenizer="tiny", name="web/again", eos=False)
    out = tmp_path / "out"

    with pytest.raises(InputError, match="several tokenizers") as caught:
        mixed.mixtures.export_tokens("mix/base", out, output_format="megatron")
    assert {"--tokenizer tiny", "--tokenizer other"} == set(caught.value.hint.split(" | "))
    with pytest.raises(InputError, match=r"web/a@1 .* in several datasets: web/a.tiny, web/again"):
        mixed.mixtures.export_tokens("mix/base", out, output_format="megatron", tokenizer="tiny")
    with pytest.raises(UnknownError):
        mixed.mixtures.export_tokens("mix/base", out, output_format="megatron", tokenizer="no")
    answer = mixed.mixtures.export_tokens(
        "mix/base", out, output_format="megatron", tokenizer="other"
    )
    assert "other" == answer.manifest.tokenizer.name


def test_only_a_mixture_is_exported_so_and_only_so(mixed, tmp_path):
    with pytest.raises(InputError):
        mixed.mixtures.export_tokens("web/a", tmp_path / "out", output_format="megatron")
    with pytest.raises(InputError, match="is a mixture") as caught:
        mixed.export_tokens("mix/base", tmp_path / "out", output_format="megatron")
    assert "muster mixture export mix/base@1 DIR" == caught.value.hint
