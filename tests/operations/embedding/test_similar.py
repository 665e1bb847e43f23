import numpy as np
import pyarrow.parquet as pq
import pytest

from registry.domain.names import Reference
from registry.errors import InputError, UnknownError
from tests.embedding.factories import ANIMALS, MONEY, topical_texts, write_model
from tests.operations.factories import write_jsonl


@pytest.fixture
def embedded(muster, tmp_path):
    items = [{"id": f"d{row}", "text": text} for row, text in enumerate(topical_texts(100))]
    write_jsonl(tmp_path / "a.jsonl", [*items, {"id": "zero", "text": "…"}])
    muster.register([str(tmp_path / "a.jsonl")], name="web/cc")
    return muster.embed("web/cc", dimensions=8, min_count=2).reference


def numbers(answer):
    return [int(one.id.removeprefix("d")) for one in answer.neighbours]


def test_documents_near_a_text_are_about_the_same(muster, embedded):
    animals = muster.similar(embedded, text="My cat, and the dog")
    money = muster.similar(embedded, text="a loan from the bank", num_neighbours=3)

    assert {0} == {number % 2 for number in numbers(animals)}
    assert ({1}, 3) == ({number % 2 for number in numbers(money)}, len(money.neighbours))
    assert list(range(1, 11)) == [one.rank for one in animals.neighbours]


def test_a_neighbour_says_where_it_stands_and_how_it_begins(muster, embedded):
    nearest = muster.similar(embedded, text="cat", num_neighbours=1).neighbours[0]
    number = int(nearest.id.removeprefix("d"))

    assert f"a.jsonl#{number + 1}" == nearest.source
    assert topical_texts(100)[number][:160] == nearest.excerpt


def test_scores_are_the_cosines_of_the_stored_vectors(muster, context, embedded):
    (shard,) = (
        shard
        for shard in context.catalog.versions.list_shards(Reference.parse(embedded))
        if shard.path.startswith("embeddings")
    )
    table = pq.read_table(context.store.local_path_of(shard.digest))
    vectors = np.array(table.column("embedding").to_pylist())
    scores = vectors @ vectors[7]
    order = [row for row in np.argsort(-scores, kind="stable") if row != 7][:10]
    answer = muster.similar(embedded, document="d7")

    assert order == numbers(answer)
    assert scores[order] == pytest.approx([one.score for one in answer.neighbours], abs=1e-5)


def test_terms_near_a_term_are_used_alike(muster, embedded):
    near = muster.similar(embedded, term="CAT", num_neighbours=4).neighbours
    far = muster.similar(embedded, term="cat", num_neighbours=99).neighbours[-4:]

    assert {one.id for one in near} <= set(ANIMALS) - {"cat"}
    assert {one.id for one in far} <= set(MONEY)
    assert all(one.count for one in near)


def test_documents_stand_for_their_newest_embeddings(muster, embedded):
    newer = muster.embed("web/cc", dimensions=4, name="web/other").reference

    assert (newer, "web/other@1") == (muster.similar("web/cc", term="cat").reference, newer)


def test_more_neighbours_than_documents_are_all(muster, embedded):
    answer = muster.similar(embedded, text="cat", num_neighbours=1_000)

    assert (100, 101) == (len(answer.neighbours), answer.num_searched)


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ({}, InputError, "one thing"),
        ({"text": "a", "term": "b"}, InputError, "one thing"),
        ({"text": "unheard"}, InputError, "knows no word of 'unheard'"),
        ({"document": "zero"}, InputError, "no term that the model knows"),
        ({"document": "d100"}, UnknownError, "no document 'd100'"),
        ({"term": "catt"}, UnknownError, "no term 'catt'"),
    ],
)
def test_what_cannot_be_searched_is_said(muster, embedded, query, error, message):
    with pytest.raises(error, match=message):
        muster.similar(embedded, **query)


def test_an_unknown_term_offers_the_nearest(muster, embedded):
    with pytest.raises(UnknownError) as error:
        muster.similar(embedded, term="monney")
    assert "did you mean money" in error.value.hint


def test_a_model_of_sentences_has_no_terms(muster, tmp_path, embedded):
    muster.embed("web/cc", model=str(write_model(tmp_path / "tiny")))

    with pytest.raises(InputError, match="was made by tiny, which has no terms"):
        muster.similar("web/cc.tiny", term="cat")


def test_documents_without_embeddings_say_how_to_get_them(muster, tmp_path):
    write_jsonl(tmp_path / "b.jsonl", [{"text": "a"}])
    muster.register([str(tmp_path / "b.jsonl")], name="web/b")

    with pytest.raises(InputError, match="there are no embeddings of web/b@1") as error:
        muster.similar("web/b", text="a")
    assert "muster embed web/b@1" == error.value.hint
