import numpy as np
import pytest

from registry.errors import InputError
from tests.embedding.factories import make_tokenizer, topical_texts, write_model
from tests.operations.factories import write_jsonl


@pytest.fixture
def register(muster, tmp_path):
    def register(texts, name="web/cc"):
        path = tmp_path / f"{name.replace('/', '-')}.jsonl"
        write_jsonl(path, [{"text": text} for text in texts])
        return muster.register([str(path)], name=name).reference

    return register


@pytest.fixture
def orthogonal(tmp_path):
    """A model in which each of six words has a direction of its own."""
    words = ("one", "two", "three", "four", "five", "six")
    return str(
        write_model(
            tmp_path / "axes",
            tokenizer=make_tokenizer(words),
            embeddings=np.eye(7, dtype=np.float32),
            config={},
        )
    )


def metrics_of(muster, reference):
    return {metric.name: metric.value for metric in muster.show(reference).version.metrics}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["one"] * 5, 1),
        (["one", "two", "three", "four", "five", "six"], 6),
        (["one", "two", "one", "two"], 2),
        (["one", "…", "two"], 2),
    ],
)
def test_the_vendi_score_is_that_worked_out_by_hand(muster, register, orthogonal, texts, expected):
    embedded = muster.embed(register(texts), model=orthogonal).reference
    answer = muster.diversity("web/cc")

    assert pytest.approx(expected) == answer.vendi_score
    assert (embedded, len(texts)) == (answer.embeddings, answer.num_documents)
    assert sum(text != "…" for text in texts) == answer.num_vectors


def test_text_is_measured_without_embeddings(muster, register):
    register(["a b a b", "a b"])
    answer = muster.diversity("web/cc")

    assert (2 / 6, 2 / 4, 1) == pytest.approx(answer.text.distinct, abs=1e-6)
    assert (None, None, 0) == (answer.embeddings, answer.vendi_score, answer.num_vectors)


def test_what_was_measured_stands_in_the_catalog(muster, register):
    register(topical_texts(60))
    embedded = muster.embed("web/cc", dimensions=8).reference
    answer = muster.diversity("web/cc", num_documents=20, seed=3)
    run = muster.runs.get(answer.run)
    of_text, of_vectors = metrics_of(muster, "web/cc"), metrics_of(muster, embedded)

    assert answer.text.compression_ratio == of_text["diversity.compression_ratio"]
    assert answer.vendi_score == of_vectors["diversity.vendi_score"]
    for known in (of_text, of_vectors):
        assert (20, 3) == (known["diversity.sample_documents"], known["diversity.sample_seed"])
    assert (("web/cc@1", embedded), "measure-diversity") == (run.inputs, run.run.operation)


def test_measuring_again_records_nothing(muster, register):
    register(topical_texts(30))
    first = muster.diversity("web/cc")
    again = muster.diversity("web/cc")

    assert first.model_copy(update={"run": None}) == again
    assert 1 == sum(run.operation == "measure-diversity" for run in muster.runs.list())


def test_another_seed_draws_others_and_the_newest_holds(muster, register):
    register(topical_texts(60))
    first = muster.diversity("web/cc", num_documents=10, seed=1)
    second = muster.diversity("web/cc", num_documents=10, seed=2)

    assert first.num_bytes != second.num_bytes
    assert 2 == metrics_of(muster, "web/cc")["diversity.sample_seed"]


def test_embeddings_stand_for_their_documents(muster, register):
    register(topical_texts(30))
    embedded = muster.embed("web/cc", dimensions=8).reference
    answer = muster.diversity(embedded)

    assert ("web/cc@1", embedded) == (answer.reference, answer.embeddings)


def test_a_report_shows_it_as_a_fact(muster, register):
    register(topical_texts(60))
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    muster.tokenize("web/cc", tokenizer="tiny", count_only=True)
    before = muster.report(["web/cc"], num_parameters=[1_000_000])
    embedded = muster.embed("web/cc", dimensions=8).reference
    measured = muster.diversity("web/cc")
    after = muster.report([embedded], num_parameters=[1_000_000])

    assert () == before.diversity
    assert (measured.model_copy(update={"run": None}),) == after.diversity
    assert before.targets == after.targets


def test_a_score_of_another_sample_is_not_shown_beside_the_text(muster, register):
    register(topical_texts(60))
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    muster.tokenize("web/cc", tokenizer="tiny", count_only=True)
    muster.embed("web/cc", dimensions=8)
    muster.diversity("web/cc", num_documents=10)
    muster.embed("web/cc", dimensions=4, name="web/later")
    muster.diversity("web/later", num_documents=20)
    (shown,) = muster.report(["web/cc"], num_parameters=[1_000_000]).diversity

    assert ("web/later@1", 20) == (shown.embeddings, shown.num_documents)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"num_documents": 0}, "1 document or more"), ({"seed": -1}, "a seed from 0")],
)
def test_numbers_out_of_bounds_are_refused(muster, register, options, message):
    register(["a"])

    with pytest.raises(InputError, match=message):
        muster.diversity("web/cc", **options)


def test_tokens_have_no_text_to_measure(muster, register):
    register(topical_texts(30))
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    muster.tokenize("web/cc", tokenizer="tiny")

    with pytest.raises(InputError, match="holds tokens, not documents"):
        muster.diversity("web/cc.tiny")
