"""One URL has to go: it is found everywhere, versions are made again, and it does not come back."""

import hashlib
from datetime import timedelta

import pyarrow as pa
import pytest
from pyarrow import parquet

from registry.domain.card import Card
from registry.domain.names import Reference
from registry.errors import ConflictError, InputError, UnknownError
from registry.operations.passes.shards import peek_shard
from tests.operations.factories import records, write_jsonl
from tests.sources.web import http, members, record

REAL = "People wrote line {row} of this."
MADE = "A model made line {row} of this."
URL = "https://example.org/private/3"
WHY = {"reason": "request of 2026-11-20"}


def with_urls(items):
    return [{**item, "url": f"https://example.org/private/{item['id'][1:]}"} for item in items]


@pytest.fixture
def mixed(muster, tmp_path):
    """People's documents and those of a model trained on them, mixed, cleaned and counted."""
    real, made = with_urls(records(8, text=REAL)), records(2, first=8, text=MADE)
    paths = {
        name: str(write_jsonl(tmp_path / "in" / f"{name}.jsonl", items))
        for name, items in (("real", real), ("made", made), ("mix", real + made))
    }
    people = Card(generated_by="people", license="CC-BY-4.0", tags=("gold",))
    muster.register([paths["real"]], name="web/real", card=people)
    muster.models.add("org/small@v1", trained_on=["web/real"])
    muster.register([paths["made"]], name="made/some", card=Card(generated_by="org/small@v1"))
    taken = Card(take=("web/real=8", "made/some=2"))
    muster.register([paths["mix"]], name="mix/all", card=taken)
    muster.normalize("mix/all", recipe="text-default")
    muster.tokenizers.train(["mix/all"], name="tiny", vocab_size=300)
    muster.tokenize("mix/all.text-default", tokenizer="tiny")
    return muster


TOKENS = "mix/all.text-default.tiny"


def listed(found):
    return [(item.kind, item.reference, item.num_documents) for item in found.items]


def test_the_work_list_holds_all_that_holds_the_document(mixed):
    found = mixed.takedowns.open("url-pattern", URL, **WHY)

    assert [
        ("documents", "web/real@1", 1),
        ("model", "org/small@v1", 1),
        ("tainted", "made/some@1", 0),
        ("mixture", "mix/all@1", 1),
        ("tokenizer", "tiny", 1),
        ("documents", "mix/all.text-default@1", 1),
        ("derived", f"{TOKENS}@1", 1),
    ] == listed(found)
    assert () == found.unread
    assert ["rebuild", "decide", "decide", "rebuild", "decide", "rebuild", "rebuild"] == [
        one.step for one in mixed.takedowns.plan(found.id).steps
    ]


@pytest.mark.parametrize("kind", ["url-pattern", "id"])
def test_copies_that_were_there_before_the_match_are_found(muster, tmp_path, kind):
    text = "Private letter  of Ada.\u0000"
    copy = write_jsonl(tmp_path / "old.jsonl", [{"text": text}, {"text": "Other."}])
    match = {"id": "letter", "text": text, "url": URL}
    first = write_jsonl(tmp_path / "new.jsonl", [{"text": text}, match, {"text": "More."}])
    muster.register([str(copy)], name="web/old")
    muster.register([str(first)], name="web/new")
    muster.normalize("web/old", recipe="text-default")
    found = muster.takedowns.open(kind, {"url-pattern": URL, "id": "letter"}[kind], **WHY)

    assert [
        ("documents", "web/old@1", 1),
        ("documents", "web/new@1", 2),
        ("documents", "web/old.text-default@1", 1),
    ] == listed(found)
    muster.takedowns.apply(found.id)
    left = [
        text
        for name in ("web/old", "web/new", "web/old.text-default")
        for batch in muster.stream(name)
        for text in batch["text"].to_pylist()
    ]
    assert ["Other.", "More.", "Other."] == left


def test_versions_are_made_again_without_it(mixed):
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)
    done = mixed.takedowns.apply(opened.id)
    results = {item.reference: item.done.result for item in done.items if item.done}
    shares = mixed.generations.show("mix/all.text-default").documents

    assert {
        "web/real@1": "web/real@2",
        "mix/all@1": "mix/all@2",
        "mix/all.text-default@1": "mix/all.text-default@2",
        f"{TOKENS}@1": f"{TOKENS}@2",
    } == results
    assert [7, 9, 9] == [
        mixed.show(name).version.num_documents
        for name in ("web/real", "mix/all", "mix/all.text-default")
    ]
    # Two of the nine that are left are the model's.
    assert (9, 2, 2) == (shares.total, shares.low, shares.high)
    assert {"withdrawn"} == {mixed.show(reference).version.state for reference in results}
    assert ("CC-BY-4.0", ("gold",)) == (
        mixed.show("web/real").version.licence,
        mixed.show("web/real@gold").version.tags,
    )
    for name in ("web/real", "mix/all", "mix/all.text-default"):
        assert mixed.verify(name).is_intact
        texts = [text for batch in mixed.stream(name) for text in batch["text"].to_pylist()]
        assert not [text for text in texts if "line 3 " in text]


def test_the_quarantine_of_what_was_made_again_names_the_row_without_its_text(mixed):
    mixed.takedowns.apply(mixed.takedowns.open("url-pattern", URL, **WHY).id)
    (row,) = mixed.quarantine.show("web/real@2").rows

    assert ("taken-down", 4) == (row.reason, row.row)
    assert "line 3" not in str(row)


def test_nothing_upstream_of_what_was_made_again_is_withdrawn(mixed):
    mixed.takedowns.apply(mixed.takedowns.open("url-pattern", URL, **WHY).id)
    states = {node.reference: node.state for node in mixed.lineage(TOKENS).nodes}

    assert {"sealed"} == set(states.values())
    assert "web/real@2" in states


def test_what_was_taken_down_does_not_come_back(mixed, tmp_path):
    mixed.takedowns.open("url-pattern", URL, **WHY)
    path = str(write_jsonl(tmp_path / "in" / "again.jsonl", records(8, text=REAL)))
    again = mixed.register([path], name="web/again")
    run = mixed.show("web/again").version.run
    (row,) = mixed.quarantine.show("web/again").rows

    assert ({"taken-down": 1}, 7) == (again.rejected, again.num_documents)
    (entry,) = mixed._context.catalog.runs.ledger(run).entries
    assert [("taken-down", 1)] == [(one.reason, one.num_documents) for one in entry.rejected]
    # The quarantine does not keep what had to go.
    assert "line 3" not in str(row)
    assert 7 == mixed.normalize("web/again", recipe="text-default").ledger.documents_kept


def test_the_other_selectors_find_the_same(mixed):
    digest = "sha256:" + hashlib.sha256(REAL.format(row=3).encode()).hexdigest()
    by_digest = mixed.takedowns.open("digest", digest, **WHY)
    by_id = mixed.takedowns.open("id", "d3", **WHY)
    whole = mixed.takedowns.open("dataset", "made/some", **WHY)

    assert listed(by_digest) == listed(by_id)
    assert ["made/some@1", "mix/all@1", "tiny", "mix/all.text-default@1", f"{TOKENS}@1"] == [
        item.reference for item in whole.items
    ]


@pytest.mark.parametrize("selector", [("url-pattern", URL), ("id", "d3")])
def test_what_has_its_url_or_id_does_not_come_back_with_another_text(mixed, tmp_path, selector):
    mixed.takedowns.open(*selector, **WHY)
    items = with_urls(records(8, text="Line {row} was written anew."))
    path = str(write_jsonl(tmp_path / "in" / "anew.jsonl", items))
    again = mixed.register([path], name="web/anew")
    texts = [text for batch in mixed.stream("web/anew") for text in batch["text"].to_pylist()]

    assert ({"taken-down": 1}, 7) == (again.rejected, again.num_documents)
    assert [] == [text for text in texts if "Line 3 " in text]


def test_a_nested_url_is_found_and_does_not_come_back(muster, tmp_path):
    items = [{**one, "metadata": {"urls": [URL + one["id"]]}} for one in records(3)]
    muster.register([str(write_jsonl(tmp_path / "one.jsonl", items))], name="web/one")
    table = pa.table({"text": ["a", "b"], "meta": [{"url": URL}, {"url": "https://other"}]})
    parquet.write_table(table, tmp_path / "two.parquet")
    muster.register([str(tmp_path / "two.parquet")], name="web/two")
    opened = muster.takedowns.open("url-pattern", URL + "*", **WHY)
    anew = [{"id": "t", "text": "Anew.", "metadata": {"url": URL}}, {"id": "u", "text": "Other."}]
    again = muster.register([str(write_jsonl(tmp_path / "new.jsonl", anew))], name="web/new")

    assert [("documents", "web/one@1", 3), ("documents", "web/two@1", 1)] == listed(opened)
    assert ({"taken-down": 1}, 1) == (again.rejected, again.num_documents)
    with pytest.raises(InputError, match="taken-down: 1") as caught:
        muster.register([str(write_jsonl(tmp_path / "all.jsonl", anew[:1]))], name="web/all")
    assert "muster takedown list" in caught.value.hint


def test_everything_goes_when_that_is_meant(mixed):
    found = mixed.takedowns.open("url-pattern", "*", everything=True, **WHY)

    assert (10, 5 + 2) == (found.num_texts, len(found.items))


@pytest.mark.parametrize("place", ["digest", "url-pattern"])
def test_no_file_is_read_that_an_index_answers_for(mixed, tmp_path, monkeypatch, place):
    mixed.register([str(tmp_path / "in" / "made.jsonl")], name="web/other")
    mixed.normalize("web/other", recipe="text-default")
    read = []

    def note(place_, shard):
        read.append(shard.path)
        return peek_shard(place_, shard)

    monkeypatch.setattr("registry.operations.governing.finding.peek_shard", note)
    digest = "sha256:" + hashlib.sha256(REAL.format(row=3).encode()).hexdigest()
    found = mixed.takedowns.open(place, {"digest": digest}.get(place, URL), **WHY)

    # By its URL the text was found in a file, above which a copy of it may stand.
    again = {"url-pattern": ["real.jsonl"]}.get(place, [])
    # Of two normalized versions the one that holds the document was read.
    assert ["real.jsonl", "made.jsonl", "mix.jsonl", "made.jsonl", *again] == [
        path for path in read if path.endswith(".jsonl")
    ]
    assert 1 == len([path for path in read if path.endswith(".parquet")])
    assert "web/other.text-default@1" not in [item.reference for item in found.items]


def test_a_version_of_which_nothing_is_left_is_withdrawn(mixed):
    whole = mixed.takedowns.open("dataset", "made/some", **WHY)
    done = mixed.takedowns.apply(whole.id)

    assert ("withdrawn", None) == (done.items[0].done.action, done.items[0].done.result)
    assert 8 == mixed.show("mix/all").version.num_documents
    assert [] == [use.model for use in mixed.generations.show("mix/all").models]


def test_a_takedown_closes_when_every_entry_is_dealt_with(mixed):
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)
    mixed.takedowns.apply(opened.id)

    with pytest.raises(ConflictError, match="3 open entries"):
        mixed.takedowns.close(opened.id, evidence="mail of 2026-11-26")
    with pytest.raises(UnknownError, match="9"):
        mixed.takedowns.exempt(opened.id, 2, 9, reason="is retired")
    mixed.takedowns.exempt(opened.id, 2, 3, 5, reason="is retired")
    closed = mixed.takedowns.close(opened.id, evidence="mail of 2026-11-26")
    assert "mail of 2026-11-26" == closed.closed.note
    with pytest.raises(ConflictError, match="is closed"):
        mixed.takedowns.apply(opened.id)


@pytest.mark.parametrize("words", ["", " \n"])
def test_reasons_and_evidence_are_said_in_words(mixed, words):
    with pytest.raises(InputError, match="the reason is empty"):
        mixed.takedowns.open("url-pattern", URL, reason=words)
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)

    for act in (mixed.takedowns.exempt, mixed.takedowns.withdraw):
        with pytest.raises(InputError, match="the reason is empty"):
            act(opened.id, 1, reason=words)
    with pytest.raises(InputError, match="the evidence is empty"):
        mixed.takedowns.close(opened.id, evidence=words)
    with pytest.raises(InputError, match="the reason is empty"):
        mixed.datasets.withdraw("mix/all", reason=words)
    assert opened == mixed.takedowns.show(opened.id)


def test_files_that_hold_what_went_are_not_exported(mixed, tmp_path):
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)
    mixed.takedowns.apply(opened.id)

    with pytest.raises(InputError, match="web/real@2 leaves out") as caught:
        mixed.export("web/real", folder=tmp_path / "out")
    assert "muster normalize web/real@2" in caught.value.hint
    assert not (tmp_path / "out").exists()
    written = mixed.export("mix/all.text-default", folder=tmp_path / "out")
    assert written.files


def test_applying_again_changes_nothing(mixed):
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)

    assert mixed.takedowns.apply(opened.id) == mixed.takedowns.apply(opened.id)


def test_what_fits_nothing_or_everything_is_said_clearly(mixed):
    with pytest.raises(InputError, match="no document of any version fits"):
        mixed.takedowns.open("url-pattern", "*nowhere.example/*", **WHY)
    with pytest.raises(InputError, match="fits every document") as caught:
        mixed.takedowns.open("url-pattern", "*", **WHY)
    assert "--everything" in caught.value.hint
    with pytest.raises(UnknownError):
        mixed.takedowns.show(7)
    assert [] == mixed.takedowns.list()


def test_the_tombstone_holds_digests_and_no_text(mixed):
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)
    digest = "sha256:" + hashlib.sha256(REAL.format(row=3).encode()).hexdigest()

    assert 1 == opened.num_texts
    assert [digest] == mixed._context.catalog.takedowns.list_digests(opened.id)
    assert mixed._context.catalog.versions.get(Reference.parse("web/real@1")).num_documents == 8


def test_a_page_of_a_web_archive_goes_by_its_url(muster, tmp_path):
    path = tmp_path / "crawl.warc.gz"
    pages = [
        record(
            http(f"<article><p>Page {number}.</p></article>".encode()),
            warc_target_uri=f"https://example.org/{number}",
        )
        for number in range(3)
    ]
    path.write_bytes(members(*pages, record(b"GET /", "request"), record(http(status="404 No"))))
    muster.register([str(path)], name="web/crawl")
    muster.normalize("web/crawl", recipe="text-default")
    opened = muster.takedowns.open("url-pattern", "https://example.org/1", **WHY)
    muster.takedowns.apply(opened.id)

    assert ["web/crawl@1", "web/crawl.text-default@1"] == [one.reference for one in opened.items]
    assert ["Page 0.", "Page 2."] == sorted(
        document.text for document in muster.sample("web/crawl.text-default").documents
    )


def test_a_report_on_a_mixture_and_a_part_of_it_counts_a_document_once(muster, tmp_path):
    path = write_jsonl(tmp_path / "in" / "a.jsonl", with_urls(records(8, text=REAL)))
    other = write_jsonl(tmp_path / "in" / "b.jsonl", records(8, text=MADE))
    for name, file in (("web/a", path), ("web/b", other)):
        muster.register([str(file)], name=name, card=Card(license="MIT"))
    muster.tokenizers.train(["web/a"], name="tiny", vocab_size=300)
    for name in ("web/a", "web/b"):
        muster.tokenize(name, tokenizer="tiny", count_only=True)
    muster.mixtures.make("mix/both", {"web/a": "0.5", "web/b": "0.5"})
    report = muster.report(["mix/both"], num_parameters=[1_000_000])
    found = muster.takedowns.open("url-pattern", URL, **WHY)

    assert ("report", report.id, 1) in listed(found)


def test_what_a_model_of_the_list_wrote_is_named_to_the_end_and_never_rebuilt(mixed, tmp_path):
    mixed.models.add("org/next@v1", trained_on=["made/some"])
    for name, card in (
        ("made/more", Card(generated_by="org/next@v1")),
        ("made/other", Card(generated_by="org/next@v1", role="judge")),
    ):
        path = write_jsonl(tmp_path / f"{name[5:]}.jsonl", records(2, text=name + " {row}"))
        mixed.register([str(path)], name=name, card=card)
    mixed.normalize("made/more", recipe="text-default")
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)
    done = mixed.takedowns.apply(opened.id)
    tainted = ["made/some@1", "org/next@v1", "made/more@1", "made/more.text-default@1"]

    assert ["tainted", "model", "tainted", "tainted"] == [
        one.kind for one in opened.items if one.reference in tainted
    ]
    left = [one.reference for one in done.open_items]
    assert ["org/small@v1", *tainted[:2], "tiny", *tainted[2:]] == left
    assert "made/other@1" not in [one.reference for one in opened.items]


def test_a_deadline_that_has_passed_is_said_until_it_is_closed(mixed, context):
    past, future = (context.clock() + timedelta(days=days) for days in (-1, 1))
    late = mixed.takedowns.open("url-pattern", URL, deadline=past, **WHY)
    mixed.takedowns.open("url-pattern", URL, deadline=future, **WHY)

    assert [True, False] == [one.is_overdue for one in mixed.takedowns.list()]
    assert [(late.id, past)] == context.catalog.takedowns.list_overdue(context.clock())
    mixed.takedowns.exempt(late.id, *(one.number for one in late.items), reason="none of it")
    mixed.takedowns.close(late.id, evidence="mail")
    assert not mixed.takedowns.show(late.id).is_overdue
    assert [] == context.catalog.takedowns.list_overdue(context.clock())


def texts_of(muster, name):
    return [text for batch in muster.stream(name) for text in batch["text"].to_pylist()]


def test_a_second_takedown_brings_back_nothing_of_the_first(mixed):
    for number in (3, 5):
        opened = mixed.takedowns.open("url-pattern", f"https://example.org/private/{number}", **WHY)
        done = mixed.takedowns.apply(opened.id)

    results = {item.reference: item.done.result for item in done.items if item.done}
    assert {
        "web/real@2": "web/real@3",
        "mix/all@2": "mix/all@3",
        "mix/all.text-default@2": "mix/all.text-default@3",
        f"{TOKENS}@2": f"{TOKENS}@3",
    } == results
    for name, number in (("web/real", 6), ("mix/all", 8), ("mix/all.text-default", 8)):
        texts = texts_of(mixed, name)
        assert number == len(texts)
        assert not [text for text in texts if "line 3 " in text or "line 5 " in text]


def test_nothing_is_made_of_a_version_that_was_taken_down(mixed, tmp_path):
    mixed.takedowns.apply(mixed.takedowns.open("url-pattern", URL, **WHY).id)

    with pytest.raises(InputError, match=r"web/real@1 was withdrawn: takedown 1") as caught:
        mixed.normalize("web/real@1", recipe="text-default")
    assert "muster show web/real" in caught.value.hint
    with pytest.raises(InputError, match="was withdrawn"):
        mixed.export("web/real@1", tmp_path / "out")
    with pytest.raises(InputError, match="was withdrawn"):
        mixed.open_tokens(f"{TOKENS}@1")


def test_what_is_made_from_a_suspect_is_one(mixed, tmp_path):
    path = write_jsonl(tmp_path / "other.jsonl", records(3, text="made elsewhere {row}"))
    mixed.register([str(path)], name="other/made", card=Card(take=("web/real=3",)))
    mixed.normalize("other/made", recipe="text-default")
    mixed.tokenize("other/made.text-default", tokenizer="tiny")
    mixed.models.add("org/far@v1", trained_on=["other/made.text-default.tiny"])
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)

    wanted = ["other/made@1", "other/made.text-default@1", "other/made.text-default.tiny@1"]
    kinds = {one.reference: one.kind for one in opened.items}
    assert ["suspect"] * 3 == [kinds[name] for name in wanted]
    assert "model" == kinds["org/far@v1"]


def test_what_was_made_again_from_a_version_withdrawn_by_judgement_is_judged_too(mixed):
    opened = mixed.takedowns.open("url-pattern", URL, **WHY)
    mixed.takedowns.apply(opened.id)
    (tainted,) = [one.number for one in opened.items if one.kind == "tainted"]
    (model,) = [one.number for one in opened.items if one.kind == "model"]
    for other, error in ((99, UnknownError), (model, InputError)):
        with pytest.raises(error):
            mixed.takedowns.withdraw(opened.id, tainted, other, reason="by a model of the list")
    assert not mixed.takedowns.show(opened.id).items[tainted - 1].done
    done = mixed.takedowns.withdraw(opened.id, tainted, reason="by a model of the list")

    added = {one.reference: one.kind for one in done.items[len(opened.items) :]}
    remade = ("mix/all@2", "mix/all.text-default@2", f"{TOKENS}@2")
    assert dict.fromkeys(remade, "suspect") == added
    with pytest.raises(ConflictError, match="open entries"):
        mixed.takedowns.close(opened.id, evidence="mail")


def test_what_is_taken_of_a_part_stays_certain_where_one_part_held_it(mixed, tmp_path):
    items = [*with_urls(records(4, text=REAL)), *records(2, first=8, text=MADE)]
    path = str(write_jsonl(tmp_path / "part.jsonl", items))
    mixed.register([path], name="mix/part", card=Card(take=("web/real=4", "made/some=2")))
    mixed.takedowns.apply(mixed.takedowns.open("url-pattern", URL, **WHY).id)

    shares = mixed.generations.show("mix/part").documents
    assert (5, 2, 2) == (shares.total, shares.low, shares.high)
