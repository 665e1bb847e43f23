"""What a selection answers, and what each field was made from, on data that was really made."""

from functools import partial

import pytest

from registry.domain.card import Card
from registry.domain.reading import Reading
from registry.errors import InputError, UnknownError
from tests.operations.factories import records, write_jsonl


@pytest.fixture
def made(muster, tmp_path):
    """Questions and answers, normalized, tokenized, and something derived from them."""
    rows = [
        {"key": f"k{row}", "question": f"Is {row} odd?", "answer": "Yes.", "level": row}
        for row in range(10)
    ]
    path = write_jsonl(tmp_path / "qa.jsonl", rows)
    reading = Reading(text_columns=("question", "answer"), id_column="key")
    muster.register([str(path)], name="math/qa", reading=reading)
    muster.normalize("math/qa", recipe="text-default")
    muster.tokenizers.train(["math/qa"], name="tiny", vocab_size=280)
    muster.tokenize("math/qa.text-default", tokenizer="tiny")
    muster.tokenize("math/qa", tokenizer="tiny", name="math/direct", recipe="text-default")
    path = write_jsonl(tmp_path / "b.jsonl", records(3))
    card = Card(derived_from=("math/qa.text-default",), rule="three of them")
    muster.register([str(path)], name="math/few", card=card)
    return muster


def references(found):
    return [node.reference for node in found.nodes]


def test_a_plain_reference_is_followed_upstream_and_as_far_as_asked(made):
    tokens = "math/qa.text-default.tiny@1"

    assert [tokens, "math/qa.text-default@1", "math/qa@1"] == references(
        made.lineage("math/qa.text-default.tiny")
    )
    assert [tokens, "math/qa.text-default@1"] == references(
        made.lineage("math/qa.text-default.tiny", up=1)
    )
    assert ["math/qa@1", "math/direct@1", "math/qa.text-default@1"] == references(
        made.lineage("math/qa", down=1)
    )
    assert ["math/qa@1"] == references(made.impact("math/qa", down=0))
    assert 5 == len(references(made.impact("math/qa")))


def test_generations_are_the_operators_of_a_selection(made):
    by_options = made.lineage("math/qa.text-default", up=1, down=1)
    by_operators = made.lineage("1+math/qa.text-default+1")

    assert by_options == by_operators
    assert "both" == by_options.direction
    assert made.impact("math/qa") == made.lineage("math/qa+")


def test_several_plain_references_are_followed_together(made):
    assert references(made.lineage("+math/direct +math/few")) == references(
        made.lineage("math/direct math/few")
    )


def test_operators_and_options_together_are_refused(made):
    with pytest.raises(InputError, match="says itself how many"):
        made.lineage("+math/qa", up=2)


def test_an_unknown_version_is_named(made):
    with pytest.raises(UnknownError, match="math/none"):
        made.lineage("math/qa math/none+")


def test_a_cut_answer_says_by_what(made):
    found = made.impact("math/qa", limit=2)

    assert (True, "5 versions fit, the limit is 2") == (found.truncated, found.reason)
    assert made.impact("math/qa", limit=5).reason is None


def origins(found, child):
    return {
        one.field: (one.kind.value, [origin.field for origin in one.origins])
        for one in found.fields
        if one.child == child
    }


def test_fields_are_traced_from_question_and_answer_to_token_ids(made):
    found = made.lineage("math/qa.text-default.tiny math/direct math/few", fields=True)

    assert {"input_ids": ("fields", ["text"])} == origins(found, "math/qa.text-default.tiny@1")
    assert {"input_ids": ("fields", ["question", "answer"])} == origins(found, "math/direct@1")
    assert {
        "id": ("fields", ["key"]),
        "text": ("fields", ["question", "answer"]),
        "source": ("place", []),
        "metadata": ("fields", ["level"]),
    } == origins(found, "math/qa.text-default@1")
    assert {("unknown", ())} == {
        (kind, tuple(names)) for kind, names in origins(found, "math/few@1").values()
    }
    assert {"tokenize tiny text-default 1.0.0", "tokenize tiny"} == {
        one.making for one in found.fields if one.field == "input_ids"
    }
    assert made.lineage("math/few").fields is None


def test_what_is_withdrawn_says_why_wherever_it_is_shown_or_worked_on(made, context):
    said = []
    context.progress.note = said.append
    made.datasets.withdraw("math/qa", reason="a takedown")
    for work in (
        partial(made.normalize, recipe="text-default"),
        partial(made.tokenize, tokenizer="tiny", count_only=True),
        partial(made.tokenize_sample, tokenizer="tiny", fraction=0.5),
    ):
        with pytest.raises(InputError, match="math/qa@1 was withdrawn: a takedown"):
            work("math/qa")
    made.sample("math/qa", num_documents=1)
    withdrawal = made.show("math/qa").withdrawal

    assert ["warning: math/qa@1 was withdrawn: a takedown"] == said
    assert ("a takedown", "tester") == (withdrawal.reason, withdrawal.actor)
    assert [None, "a takedown"] == [
        node.withdrawal for node in made.lineage("math/qa.text-default").nodes
    ]
    assert "withdrawn" == made.datasets.list()[-3].state
    assert made.show("math/few").withdrawal is None
