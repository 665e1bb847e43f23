import dataclasses
import sys
from unittest import mock

import numpy as np
import pyarrow.parquet as pq
import pytest
from huggingface_hub import errors
from model2vec import StaticModel

from registry.api import Registry
from registry.domain.digest import document_key
from registry.domain.embedding import EmbeddingKind, EmbeddingManifest, StaticParameters
from registry.domain.execution import Execution, ExecutorKind
from registry.domain.names import Reference
from registry.domain.run import RunState
from registry.errors import InputError, MissingExtraError, StorageError, UnreadableError
from registry.operations.embedding import embedding_units
from registry.operations.embedding.embedding_units import draw
from registry.operations.passes import planning
from registry.operations.passes.planning import plan_units
from tests.embedding.factories import column, topical_texts, write_model
from tests.operations.factories import write_jsonl

FEW = {"dimensions": 8, "min_count": 2}


@pytest.fixture
def corpus(muster, tmp_path):
    items = [{"id": f"d{row}", "text": text} for row, text in enumerate(topical_texts(120))]
    write_jsonl(tmp_path / "data" / "a.jsonl", [*items, {"id": "zero", "text": "…"}])
    muster.register([str(tmp_path / "data")], name="web/cc")
    return "web/cc"


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "Tiny Model", config={"normalize": True})


def shards_of(context, reference):
    return {
        shard.path: context.store.local_path_of(shard.digest)
        for shard in context.catalog.versions.list_shards(Reference.parse(reference))
    }


def read_vectors(path):
    return np.array(pq.read_table(path).column("embedding").to_pylist(), np.float32)


def test_each_document_has_a_row_with_its_vector(muster, context, corpus):
    answer = muster.embed(corpus, **FEW)
    shards = shards_of(context, answer.reference)
    table = pq.read_table(shards["embeddings-00000.parquet"])
    vectors = read_vectors(shards["embeddings-00000.parquet"])
    texts = topical_texts(120)

    assert [*(f"d{row}" for row in range(120)), "zero"] == table.column("id").to_pylist()
    assert document_key(texts[3].encode()) == table.column("key")[3].as_py()
    assert texts[3][:160] == table.column("excerpt")[3].as_py()
    assert "fixed_size_list<element: float not null>[8]" == str(
        table.schema.field("embedding").type
    )
    assert [1] * 120 + [0] == pytest.approx(np.linalg.norm(vectors, axis=1).tolist())
    assert (121, 1) == (answer.num_documents, answer.num_zero)


def test_the_version_says_what_made_it(muster, context, corpus):
    answer = muster.embed(corpus, **FEW)
    version = muster.show(answer.reference).version
    run = context.catalog.runs.get(answer.run)
    shards = shards_of(context, answer.reference)
    manifest = EmbeddingManifest.model_validate_json(shards["manifest.json"].read_bytes())

    assert ("web/cc.static@1", "created") == (answer.reference, answer.status)
    assert ("web/cc@1",) == muster.show(answer.reference).parents
    assert ("embeddings", 121) == (version.content, version.num_documents)
    assert manifest.model == answer.model
    assert StaticParameters(**FEW) == answer.model.parameters
    assert muster.show(corpus).version.digest == manifest.input
    assert ("embed", RunState.DONE) == (run.operation, run.state)
    assert {"scipy", "safetensors"} <= run.environment.keys()
    assert {"embeddings-00000.parquet", "terms.parquet", "manifest.json"} == shards.keys()
    assert muster.verify(answer.reference).is_intact


def test_embedding_again_is_unchanged_and_answers_the_same(muster, corpus):
    first = muster.embed(corpus, **FEW)
    again = muster.embed(corpus, **FEW)

    assert first.model_copy(update={"status": "unchanged"}) == again


def test_other_parameters_make_another_version(muster, corpus):
    references = [muster.embed(corpus, dimensions=8, window=window).reference for window in (2, 5)]

    assert ["web/cc.static@1", "web/cc.static@2"] == references


@pytest.mark.parametrize("kind", ["static", "folder"])
def test_vectors_do_not_depend_on_batches(muster, make_context, corpus, model, kind):
    options = FEW if kind == "static" else {"model": str(model)}
    whole = muster.embed(corpus, **options)
    cut = Registry(make_context(batch_bytes=1 << 10)).embed(corpus, name="web/cut", **options)

    assert whole.digest == cut.digest


@pytest.fixture
def many_units(muster, tmp_path, monkeypatch):
    """A corpus of several units."""
    monkeypatch.setattr(planning, "LEAST_UNIT_BYTES", 4 << 10)
    items = [{"id": f"d{row}", "text": text} for row, text in enumerate(topical_texts(400))]
    write_jsonl(tmp_path / "many" / "a.jsonl", items)
    muster.register([str(tmp_path / "many")], name="web/many")
    return "web/many"


def run_apart(context, kind, num_workers):
    return Registry(
        dataclasses.replace(context, execution=Execution(kind=kind, num_workers=num_workers))
    )


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_any_number_of_workers_gives_the_same_bytes(muster, context, many_units, model):
    for options in (FEW, {"model": str(model)}):
        answers = [
            muster.embed(many_units, **options),
            run_apart(context, ExecutorKind.IN_PROCESS, 1).embed(
                many_units, name="web/one", **options
            ),
            run_apart(context, ExecutorKind.PROCESSES, 2).embed(
                many_units, name="web/two", **options
            ),
        ]
        shards = context.catalog.versions.list_shards(Reference.parse(many_units))

        assert 1 == len({answer.digest for answer in answers})
        assert len(plan_units(context.place, shards)) > 2


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_interrupted_run_is_taken_up_and_ends_with_the_same_bytes(
    muster, context, many_units, monkeypatch
):
    expected = muster.embed(many_units, name="web/whole", **FEW).digest
    done = []

    def stop(work, texts):
        done.append(1)
        if len(done) == 3:
            raise KeyboardInterrupt
        return counting(work, texts)

    counting = embedding_units.CountingPairs.count
    monkeypatch.setattr(embedding_units.CountingPairs, "count", stop)
    with pytest.raises(KeyboardInterrupt):
        muster.embed(many_units, **FEW)
    (left, *_) = muster.runs.list()
    words = []
    monkeypatch.setattr(embedding_units.CountingWords, "count", lambda *_: words.append(1))
    answer = muster.embed(many_units, **FEW)

    assert (RunState.OPEN, left.id) == (left.state, answer.run)
    assert expected == answer.digest
    assert [] == words


def test_rows_that_are_no_text_are_rejected_and_the_books_balance(muster, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"text": "cat dog cat dog"}\n{"text": "\\ud800 cat"}\n')
    muster.register([str(path)], name="web/bad")
    answer = muster.embed("web/bad", min_count=1)

    assert (1, 1) == (answer.num_documents, sum(answer.rejected.values()))
    assert 1 == muster.quarantine.show(answer.reference).num_rows


def test_a_folder_gives_the_vectors_of_model2vec(muster, context, corpus, model):
    answer = muster.embed(corpus, model=str(model))
    shards = shards_of(context, answer.reference)
    expected = StaticModel.from_pretrained(model).encode([*topical_texts(120), "…"])

    assert "web/cc.tiny-model@1" == answer.reference
    assert EmbeddingKind.MODEL2VEC == answer.model.kind
    assert np.array_equal(expected, read_vectors(shards["embeddings-00000.parquet"]))


def test_the_version_holds_the_model_so_that_its_folder_may_go(muster, corpus, model):
    (model / "config.json").write_text('{"normalize": false}', encoding="utf-8")
    muster.embed(corpus, model=str(model))
    for path in model.iterdir():
        path.unlink()

    assert muster.similar("web/cc.tiny-model", text="a").neighbours


def test_a_changed_model_makes_another_version(muster, corpus, model):
    first = muster.embed(corpus, model=str(model))
    (model / "config.json").write_text('{"normalize": false}', encoding="utf-8")
    second = muster.embed(corpus, model=str(model))

    assert ("web/cc.tiny-model@2", "created") == (second.reference, second.status)
    assert first.model.fingerprint != second.model.fingerprint


def test_a_model_of_the_hub_is_pinned_to_a_revision(muster, context, corpus, model, monkeypatch):
    asked = []

    class Api:
        def model_info(self, name, *, revision):
            asked.append((name, revision))
            return type("Info", (), {"sha": "a" * 40})

    def download(name, *, revision, allow_patterns):
        asked.append((name, revision))
        return str(model)

    monkeypatch.setattr("huggingface_hub.HfApi", Api)
    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    answer = muster.embed(corpus, model="ada/tiny-8m@v1")
    run = context.catalog.runs.get(answer.run)

    assert [("ada/tiny-8m", "v1"), ("ada/tiny-8m", "a" * 40)] == asked
    assert "web/cc.tiny-8m@1" == answer.reference
    assert {"repository": "ada/tiny-8m", "revision": "a" * 40} == run.parameters["model"]["origin"]


def test_a_hub_that_cannot_be_reached_is_said_so(muster, corpus, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.utils._http.constants.HF_HUB_OFFLINE", True)

    with pytest.raises(StorageError, match="cannot fetch ada/tiny from the Hub"):
        muster.embed(corpus, model="ada/tiny")


def test_a_hub_without_the_model_is_bad_input(muster, corpus, monkeypatch):
    def refuse(*_, **__):
        raise errors.RevisionNotFoundError("404", response=mock.Mock())

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", refuse)

    with pytest.raises(InputError, match="the Hub has no model ada/tiny@v9"):
        muster.embed(corpus, model="ada/tiny@v9")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": "nowhere"}, InputError, "there is no folder nowhere"),
        ({"model": "./no/where/at/all"}, InputError, "there is no folder"),
        ({"min_count": 10_000}, InputError, "has 0 words that occur 10000 times"),
        ({"dimensions": 1}, InputError, "dimensions=1: Input should be greater"),
        ({"max_terms": 70_000}, InputError, "max_terms=70000"),
        ({"model": "ada/tiny", "window": 3}, InputError, "window says how a static model"),
    ],
)
def test_what_cannot_be_is_refused(muster, corpus, options, error, message):
    with pytest.raises(error, match=message):
        muster.embed(corpus, **options)


def test_a_folder_without_a_model_is_refused(muster, corpus, tmp_path):
    with pytest.raises(UnreadableError, match=r"has no model.safetensors"):
        muster.embed(corpus, model=str(tmp_path))


def test_embeddings_are_not_embedded(muster, corpus):
    muster.embed(corpus, **FEW)

    with pytest.raises(InputError, match="holds embeddings, not documents"):
        muster.embed("web/cc.static")


def test_documents_of_which_no_word_is_left_are_refused(muster, tmp_path):
    write_jsonl(tmp_path / "x.jsonl", [{"text": "…"}, {"text": ""}])
    muster.register([str(tmp_path / "x.jsonl")], name="web/x")

    with pytest.raises(InputError, match="has 0 words"):
        muster.embed("web/x", min_count=1)


def test_without_the_extra_nothing_is_begun(muster, corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)

    with pytest.raises(MissingExtraError) as error:
        muster.embed(corpus)
    assert 'pip install "muster-catalog[embed]"' == error.value.hint
    assert [] == [run for run in muster.runs.list() if run.operation == "embed"]


def test_what_is_trained_on_is_drawn_by_content():
    texts = column(f"document {row}" for row in range(2_000))
    drawn = draw(texts, 0.25).to_pylist()
    apart = [
        *draw(texts.slice(0, 700), 0.25).to_pylist(),
        *draw(texts.slice(700), 0.25).to_pylist(),
    ]

    assert apart == drawn
    assert len(drawn) == pytest.approx(500, rel=0.2)
    assert len(texts) == len(draw(texts, 1))


def test_training_on_a_part_still_embeds_everything(muster, context, corpus):
    options = {"dimensions": 8, "min_count": 1}
    part = muster.embed(corpus, max_training_bytes=4 << 10, **options)
    whole = muster.embed(corpus, name="web/whole", **options)
    words_in_part, words_in_whole = (
        pq.read_table(shards_of(context, answer.reference)["terms.parquet"])
        .column("count")
        .to_numpy()
        .sum()
        for answer in (part, whole)
    )

    assert (121, 121) == (part.num_documents, whole.num_documents)
    assert 0 < words_in_part < words_in_whole
