"""How two versions differ, on data that was really made."""

import pytest

from registry.domain.card import Card
from registry.domain.difference import Numbers, Words
from registry.domain.recipe import Recipe
from registry.errors import UnknownError
from registry.normalization.recipe_files import load_recipe
from tests.operations.factories import records, write_jsonl


@pytest.fixture
def versions(muster, tmp_path):
    """Two versions of a dataset, the later with another file and without one document."""
    one = write_jsonl(tmp_path / "data" / "a.jsonl", records(4))
    card = Card(licence="MIT", language=("en",))
    muster.register([str(one.parent)], name="web/cc", card=card, ingest=True)
    write_jsonl(one, records(3))
    write_jsonl(tmp_path / "data" / "b.jsonl", records(2, first=10))
    card = Card(licence="CC-BY-4.0", language=("de",))
    muster.register([str(one.parent)], name="web/cc", card=card, ingest=True)
    return muster


def test_registered_versions_differ_in_files_and_terms(versions):
    found = versions.datasets.diff("web/cc@1", "web/cc@2")

    assert (("b.jsonl",), (), ("a.jsonl",), 0) == (
        found.shards.added,
        found.shards.removed,
        found.shards.changed,
        found.shards.num_kept,
    )
    assert Numbers(before=4, after=5) == found.num_documents
    assert Words(before="MIT", after="CC-BY-4.0") == found.licence
    assert (("de",), ("en",)) == (found.languages.added, found.languages.removed)
    assert (None, ("web/cc@1", "web/cc@2")) == (found.documents, found.unindexed)
    assert not found.is_same


def test_normalized_versions_differ_in_documents_and_upstream(versions):
    for number in (1, 2):
        versions.normalize(f"web/cc@{number}", recipe="text-default", name="web/clean")
    versions.tokenizers.train(["web/clean"], name="tiny", vocab_size=280)
    versions.tokenize("web/clean@1", tokenizer="tiny", count_only=True)
    found = versions.datasets.diff("web/clean@1", "web/clean@2")

    assert (2, 1, 3) == (
        found.documents.num_added,
        found.documents.num_removed,
        found.documents.num_kept,
    )
    assert found.num_text_bytes.after - found.num_text_bytes.before == (
        found.documents.bytes_added - found.documents.bytes_removed
    )
    assert (("web/cc@2",), ("web/cc@1",)) == (found.upstream.added, found.upstream.removed)
    assert [("tiny", None)] == [(one.tokenizer_name, one.num_tokens_after) for one in found.tokens]
    assert () == found.parameters
    assert ((), Words(before="normalize", after="normalize")) == (
        found.unindexed,
        found.operation,
    )


def test_counts_of_two_tokenizers_stand_side_by_side(versions):
    versions.tokenizers.train(["web/cc"], name="tiny", vocab_size=280)
    versions.tokenizers.train(["web/cc"], name="small", vocab_size=270)
    versions.tokenize("web/cc@1", tokenizer="tiny", count_only=True)
    counted = versions.tokenize("web/cc@2", tokenizer="tiny", count_only=True)
    versions.tokenize("web/cc@2", tokenizer="small", count_only=True)
    found = versions.datasets.diff("web/cc@1", "web/cc@2")

    assert ["tiny", "small"] == [one.tokenizer_name for one in found.tokens]
    assert counted.num_tokens == found.tokens[0].num_tokens_after
    assert found.tokens[0].num_tokens_before is not None
    assert found.tokens[1].num_tokens_before is None
    assert (2, 1, 3) == (
        found.documents.num_added,
        found.documents.num_removed,
        found.documents.num_kept,
    )


def test_token_shards_are_compared_by_the_documents_behind_them(versions):
    versions.tokenizers.train(["web/cc"], name="tiny", vocab_size=280)
    for number in (1, 2):
        versions.tokenize(f"web/cc@{number}", tokenizer="tiny", recipe="text-default")
    found = versions.datasets.diff("web/cc.tiny@1", "web/cc.tiny@2")

    assert 3 == found.documents.num_kept
    assert 1 == len(found.tokens)
    assert found.tokens[0].num_tokens_before != found.tokens[0].num_tokens_after
    assert Words(before="tokens", after="tokens") == found.content


def test_parameters_that_differ_are_named_by_their_step(versions):
    before = load_recipe("text-default")
    steps = [
        step.model_copy(update={"parameters": {**step.parameters, "form": "NFKC"}})
        if step.step == "unicode_normalize"
        else step
        for step in before.steps
        if step.step != "repair_mojibake"
    ]
    after = Recipe(name="other", version="2.0.0", steps=tuple(steps))
    for recipe in (before, after):
        versions.normalize("web/cc", recipe=recipe, name="web/clean")
    # The bytes are the same, so the second is no version of this dataset.
    versions.normalize("web/cc", recipe=after, name="web/other")
    found = versions.datasets.diff("web/clean", "web/other")

    assert found.is_same
    assert Words(before="text-default 1.0.0", after="other 2.0.0") == found.recipe
    assert {
        "recipe.steps",
        "recipe.repair_mojibake.version",
        "recipe.unicode_normalize.form",
    } == {one.name for one in found.parameters}
    assert [("NFC", "NFKC")] == [
        (one.before, one.after) for one in found.parameters if one.name.endswith("form")
    ]


def test_a_version_does_not_differ_from_itself(versions):
    versions.normalize("web/cc", recipe="text-default")
    found = versions.datasets.diff("web/cc.text-default", "web/cc.text-default@1")

    assert found.is_same
    assert (0, 0) == (found.documents.num_added, found.documents.num_removed)
    assert ((), (), ()) == (found.upstream.added, found.upstream.removed, found.parameters)


def test_an_unknown_version_is_named(versions):
    with pytest.raises(UnknownError, match="web/cc@9"):
        versions.datasets.diff("web/cc", "web/cc@9")
