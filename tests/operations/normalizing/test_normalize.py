import json
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.api import Registry
from registry.documents import DOCUMENTS
from registry.domain.names import Reference
from registry.errors import ConflictError, InputError
from registry.normalization.recipe_files import load_recipe
from registry.operations.context import NoProgress
from registry.operations.normalizing import normalize as operation
from registry.operations.passes.quarantine import read_quarantine
from tests.operations.factories import alone, records, write_jsonl

RECIPE = """
name = "unique"
version = "1.0.0"
[[step]]
use = "decode"
[[step]]
use = "drop_exact_duplicates"
"""

STRICT = """
name = "strict"
version = "1.0.0"
[[step]]
use = "decode"
lone_surrogates = "reject"
[[step]]
use = "drop_empty"
[[step]]
use = "drop_exact_duplicates"
"""


@pytest.fixture
def corpus(muster, tmp_path):
    items = [
        *records(30),
        {"id": "x", "text": "a\r\nb \x00", "lang": "de"},
        {"id": "empty", "text": " \n"},
        {"id": "again", "text": records(1)[0]["text"]},
    ]
    for part in range(3):
        write_jsonl(tmp_path / "data" / f"{part}.jsonl", items[part::3])
    muster.register([str(tmp_path / "data")], name="web/cc")
    return "web/cc"


def shard_tables(context, reference):
    shards = context.catalog.versions.list_shards(Reference.parse(reference))
    return [pq.read_table(context.store.path_of(shard.digest)) for shard in shards]


def test_normalizing_seals_parquet_shards_and_balances_the_books(muster, context, corpus):
    answer = muster.normalize(corpus, recipe="text-default")
    (table,) = shard_tables(context, answer.reference)

    assert answer.reference == "web/cc.text-default@1"
    assert (answer.ledger.documents_in, answer.ledger.documents_kept) == (33, 32)
    assert answer.ledger.rejected == {"empty": 1}
    assert answer.duplicate_documents == 1
    assert DOCUMENTS.names == table.column_names
    assert "a\nb" in table["text"].to_pylist()
    assert '{"lang":"de"}' in table["metadata"].to_pylist()


def test_a_rejected_document_is_in_quarantine_with_its_place(muster, context, corpus):
    answer = muster.normalize(corpus, recipe="text-default")
    rows = pa.Table.from_batches(read_quarantine(context.store, answer.quarantine)).to_pylist()

    assert [("drop_empty", "empty", b" \n")] == [
        (row["step"], row["reason"], row["raw"]) for row in rows
    ]
    assert rows[0]["file"].endswith(".jsonl")
    assert rows[0]["row"] >= 1


@pytest.fixture
def hostile(tmp_path):
    """Two files in which every second row is rejected, by the reader or by a step of `STRICT`."""
    bad = [{"text": "\ud800"}, {"text": " "}, {"text": "again"}, {"text": 1}, {"other": "x"}]
    for part in range(2):
        items = [item for row in range(40) for item in ({"text": f"{row}"}, bad[row % len(bad)])]
        path = tmp_path / "hostile" / f"{part}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path.parent


def test_the_quarantine_does_not_depend_on_batches(make_context, hostile, tmp_path):
    (tmp_path / "strict.toml").write_text(STRICT)
    digests = set()
    for batch_bytes in (1024, 5000, 1 << 20):
        context = make_context(batch_bytes=batch_bytes)
        muster = Registry(context)
        registered = muster.register([str(hostile)], name="web/hostile", max_rejected="50%")
        answer = muster.normalize(
            registered.reference,
            recipe=str(tmp_path / "strict.toml"),
            max_rejected="50%",
            name=f"web/batches-of-{batch_bytes}",
        )
        digests.add(answer.quarantine)
    rows = pa.Table.from_batches(read_quarantine(context.store, answer.quarantine)).to_pylist()

    assert 1 == len(digests)
    assert ["read", "decode", "drop_empty", "drop_exact_duplicates"] == [
        step for step, _ in groupby(row["step"] for row in rows)
    ]
    for _, found in groupby(rows, key=itemgetter("step")):
        places = [(row["file"], row["row"]) for row in found]

        assert sorted(places) == places


def test_normalizing_again_is_unchanged(muster, corpus):
    first = muster.normalize(corpus, recipe="text-default")
    again = muster.normalize(corpus, recipe="text-default")

    assert (again.reference, again.status) == (first.reference, "unchanged")
    assert first.ledger == again.ledger


def test_the_stream_gives_the_documents_that_were_written(muster, context, corpus):
    answer = muster.normalize(corpus, recipe="text-default")
    written = pa.concat_tables(shard_tables(context, answer.reference))
    streamed = pa.Table.from_batches(muster.stream(corpus, recipe="text-default"))

    assert written.combine_chunks().equals(streamed.combine_chunks())


@pytest.mark.parametrize(
    "settings", [{"batch_bytes": 1024}, {"shard_bytes": 1024}, {"batch_bytes": 10**6}]
)
def test_the_documents_do_not_depend_on_batches_and_shards(make_context, corpus, settings, context):
    plain = operation.normalize(
        context, Reference.parse(corpus), recipe=load_recipe("text-default")
    )
    other = make_context(**settings)
    again = operation.normalize(
        other,
        Reference.parse(corpus),
        recipe=load_recipe("text-default"),
        name=Reference.parse("web/other").dataset,
    )
    first = pa.concat_tables(shard_tables(context, plain.reference)).combine_chunks()
    second = pa.concat_tables(shard_tables(other, again.reference)).combine_chunks()

    assert first.equals(second)
    assert plain.ledger == again.ledger
    if "batch_bytes" in settings:
        assert plain.digest == again.digest


def test_of_exact_duplicates_the_first_in_order_stays(muster, context, corpus, tmp_path):
    path = tmp_path / "unique.toml"
    path.write_text(RECIPE)
    answer = muster.normalize(corpus, recipe=str(path))
    ids = [
        item
        for table in shard_tables(context, answer.reference)
        for item in table["id"].to_pylist()
    ]

    assert answer.ledger.rejected == {"exact-duplicate": 1}
    assert answer.duplicate_documents == 0
    assert "d0" in ids
    assert "again" not in ids


def test_lineage_names_input_recipe_and_environment(muster, corpus):
    answer = muster.normalize(corpus, recipe="text-default")
    run = muster.runs.get(answer.run)
    (edge,) = muster.lineage(answer.reference).edges

    assert (edge.parent, edge.child, edge.run) == ("web/cc@1", answer.reference, answer.run)
    assert edge.recipe == "text-default 1.0.0"
    assert {"python", "pyarrow", "muster-catalog"} <= run.run.environment.keys()
    assert run.inputs == ("web/cc@1",)


def test_a_preview_shows_before_and_after_and_writes_nothing(muster, corpus):
    preview = muster.preview(corpus, recipe="text-default", num_documents=40)
    rejected = [item for item in preview.documents if item.after is None]

    assert len(preview.documents) == 33
    assert ["empty"] == [item.reason for item in rejected]
    assert [item.reference for item in muster.datasets.list()] == ["web/cc@1"]


def test_a_file_that_changed_since_is_refused_and_the_run_failed(muster, corpus, tmp_path):
    write_jsonl(tmp_path / "data" / "0.jsonl", records(1))
    with pytest.raises(ConflictError, match="changed since it was registered"):
        muster.normalize(corpus, recipe="text-default")

    assert muster.runs.list(limit=1)[0].state == "failed"
    assert len(muster.datasets.list()) == 1


def test_a_recipe_that_keeps_nothing_seals_nothing(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": " "}])
    muster.register([str(path)], name="web/blank")
    with pytest.raises(InputError, match="keeps none"):
        muster.normalize("web/blank", recipe="text-default")

    assert len(muster.datasets.list()) == 1


class Notes(NoProgress):
    """What was said."""

    def __init__(self):
        self.messages = []

    def note(self, message):
        self.messages.append(message)


@pytest.fixture
def notes(context):
    """The notes of a registry over the same catalog, and that registry."""
    said = Notes()
    return said.messages, Registry(replace(context, progress=said))


def test_another_origin_than_that_of_the_newest_version_is_noted(notes, corpus, tmp_path):
    messages, muster = notes
    muster.register([str(write_jsonl(tmp_path / "b.jsonl", records(3)))], name="web/other")
    muster.normalize(corpus, recipe="text-default", name="web/clean")
    muster.normalize(corpus, recipe="code-default", name="web/clean")
    before = list(messages)
    answer = muster.normalize("web/other", recipe="text-default", name="web/clean")
    muster.normalize("web/other", recipe="text-default", name="web/clean")

    assert [] == before
    assert ("created", "web/clean@3") == (answer.status, answer.reference)
    assert [
        "note: web/clean@2 was made from web/cc@1; the next version of web/clean is made from "
        "web/other@1"
    ] == messages


def test_normalizing_into_a_registered_dataset_is_noted(notes, corpus, tmp_path):
    messages, muster = notes
    muster.register([str(write_jsonl(tmp_path / "b.jsonl", records(3)))], name="web/other")
    muster.normalize(corpus, recipe="text-default", name="web/other")

    assert [
        "note: web/other@1 was registered; the next version of web/other is made from web/cc@1"
    ] == messages


def test_a_finished_unit_is_not_done_again(make_context, muster, tmp_path, monkeypatch):
    context = alone(make_context(shard_bytes=1024))
    for number in range(3):
        write_jsonl(tmp_path / "many" / f"{number}.jsonl", records(30))
    corpus = muster.register([str(tmp_path / "many")], name="web/many").reference
    whole = operation.normalize(
        context, Reference.parse(corpus), recipe=load_recipe("text-default")
    )
    carry_out, calls = operation._Normalizing.carry_out, []

    def fail_at_second(work, unit, outcomes, report):
        calls.append(unit.number)
        if unit.number == 1 and len(calls) == 2:
            raise KeyboardInterrupt
        return carry_out(work, unit, outcomes, report)

    monkeypatch.setattr(operation._Normalizing, "carry_out", fail_at_second)
    arguments = {
        "recipe": load_recipe("text-default"),
        "name": Reference.parse("web/second").dataset,
    }
    with pytest.raises(KeyboardInterrupt):
        operation.normalize(context, Reference.parse(corpus), **arguments)
    resumed = operation.normalize(context, Reference.parse(corpus), **arguments)

    assert calls[0] == 0
    assert calls.count(0) == 1
    assert whole.digest == resumed.digest
    assert whole.ledger == resumed.ledger
    assert len([run for run in muster.runs.list() if run.operation == "normalize"]) == 2


NAUGHTY = [
    "",
    "undefined",
    "\u200b\ufeff\u202etest\u202c",
    "<script>alert(0)</script>",
    "'; DROP TABLE users; --",
    "Z\u0351\u036b\u0343\u036a\u0302a\u0342\u0311l\u030dgo",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\x01\x02\x7f\x85\xa0\u2028",
    "../../../etc/passwd%00",
    "$(touch /tmp/blns.fail)",
    "\x1b[31mred\x1b[0m\r\nnew\ttab ",
]


def test_naughty_strings_come_back_unchanged(muster, tmp_path):
    _come_back(muster, tmp_path, NAUGHTY)


def test_the_big_list_of_naughty_strings_comes_back_unchanged(muster, tmp_path, shared_data):
    strings = json.loads((shared_data / "hostile" / "blns.json").read_bytes())

    assert 515 == len(strings)
    _come_back(muster, tmp_path, strings)


def _come_back(muster, tmp_path, strings):
    """Register, normalize by a recipe that only decodes, and look at all documents."""
    items = [{"id": str(number), "text": text} for number, text in enumerate(strings)]
    (tmp_path / "plain.toml").write_text(
        'name = "plain"\nversion = "1.0.0"\n[[step]]\nuse = "decode"\n'
    )
    muster.register(
        [str(write_jsonl(tmp_path / "naughty.jsonl", items))], name="a/naughty", max_rejected=0
    )
    made = muster.normalize("a/naughty", recipe=str(tmp_path / "plain.toml"), max_rejected=0)
    found = muster.sample(made.reference, num_documents=len(items)).documents
    expected = {item["id"]: item["text"].lstrip("\ufeff") for item in items}

    assert expected == {document.id: document.text for document in found}
