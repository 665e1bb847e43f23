"""Which fields a field was made from, for every way in which a parent is read."""

import pytest

from registry.domain.field_lineage import FieldFacts, trace_fields
from registry.domain.lineage import LineageEdge
from registry.domain.reading import Format, Reading
from registry.domain.run import Operation

DOCUMENT_FIELDS = ("id", "text", "source", "metadata")


def trace(parent, *, operation=Operation.NORMALIZE, fields=DOCUMENT_FIELDS, tokenizer=None):
    """Return what each field of a child was made from, by name."""
    edge = LineageEdge(
        parent="a/raw@1",
        child="a/out@1",
        run="r",
        operation=operation,
        recipe="plain 1.0.0",
        finished_at=None,
    )
    child = FieldFacts(fields=fields, readings=(), tokenizer=tokenizer)
    found = trace_fields([edge], {"a/raw@1": parent, "a/out@1": child})
    return {
        one.field: (one.kind.value, [origin.field for origin in one.origins]) for one in found
    }, found


def facts(*fields, **reading):
    return FieldFacts(
        fields=fields,
        readings=(Reading(**{"format": Format.JSONL, **reading}),),
        tokenizer=None,
    )


def test_text_is_made_from_its_columns_in_order_and_the_rest_is_metadata():
    parent = facts(
        "lang", "answer", "question", "key", text_columns=("question", "answer"), id_column="key"
    )
    origins, edges = trace(parent)

    assert {
        "id": ("fields", ["key"]),
        "text": ("fields", ["question", "answer"]),
        "source": ("place", []),
        "metadata": ("fields", ["lang"]),
    } == origins
    assert [False, True, False, False] == [one.is_joined for one in edges]
    assert {"normalize plain 1.0.0"} == {one.making for one in edges}


def test_token_ids_are_made_from_the_columns_of_the_text():
    parent = facts("question", "answer", text_columns=("question", "answer"))
    origins, (edge,) = trace(
        parent, operation=Operation.TOKENIZE, fields=("input_ids",), tokenizer="tiny"
    )

    assert {"input_ids": ("fields", ["question", "answer"])} == origins
    assert "tokenize tiny plain 1.0.0" == edge.making


def test_each_field_of_a_normalized_version_is_made_from_its_like():
    parent = facts(*DOCUMENT_FIELDS, format=Format.DOCUMENTS)

    assert {name: ("fields", [name]) for name in DOCUMENT_FIELDS} == trace(parent)[0]


def test_plain_text_is_made_from_bytes_and_has_no_metadata():
    assert {
        "id": ("place", []),
        "text": ("bytes", []),
        "source": ("place", []),
        "metadata": ("nothing", []),
    } == trace(facts(format=Format.TEXT))[0]


def test_files_that_are_read_in_several_ways_give_all_their_columns_unjoined():
    parent = FieldFacts(
        fields=("text", "body"),
        readings=(
            Reading(format=Format.JSONL, text_columns=("text",)),
            Reading(format=Format.CSV, text_columns=("body",)),
        ),
        tokenizer=None,
    )
    origins, edges = trace(parent)

    assert ("fields", ["text", "body"]) == origins["text"]
    assert not any(one.is_joined for one in edges)


@pytest.mark.parametrize("operation", [Operation.DERIVE, Operation.REGISTER])
def test_what_was_made_outside_is_not_known(operation):
    origins, _ = trace(facts("text", text_columns=("text",)), operation=operation, fields=("text",))

    assert {"text": ("unknown", [])} == origins
