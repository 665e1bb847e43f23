import errno
import io
import sys
import threading
from types import SimpleNamespace

import pytest

from registry.api import Registry
from registry.documents import MAX_RAW_BYTES
from registry.domain.card import Card
from registry.domain.limits import Limits
from registry.domain.names import Reference
from registry.domain.reading import Encoding, Reading, Split
from registry.domain.run import RunState
from registry.errors import ConflictError, InputError, UnknownError, UnreadableError
from registry.operations.collecting import scan
from registry.operations.passes.quarantine import read_quarantine
from tests.operations.factories import records, write_jsonl


def test_registering_copies_nothing_and_tells_the_facts(muster, context, tmp_path):
    path = write_jsonl(tmp_path / "data" / "a.jsonl", records(20))
    answer = muster.register([str(path.parent)], name="web/cc")

    assert (answer.reference, answer.status) == ("web/cc@1", "created")
    assert (answer.num_documents, answer.num_shards) == (20, 1)
    assert path.stat().st_size == answer.num_bytes
    assert {} == answer.rejected
    assert not context.store.exists(muster.show("web/cc").version.digest)
    assert list((context.home / "objects").rglob("*.*")) == []


def test_the_same_bytes_again_change_nothing(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    first = muster.register([str(path)], name="web/cc")
    again = muster.register([str(path)], name="web/cc")

    assert (again.reference, again.status) == (first.reference, "unchanged")
    assert len(muster.datasets.list_versions("web/cc")) == 1


def test_changed_bytes_make_a_version_that_tells_the_difference(muster, tmp_path):
    folder = tmp_path / "data"
    write_jsonl(folder / "a.jsonl", records(3))
    write_jsonl(folder / "b.jsonl", records(2))
    muster.register([str(folder)], name="web/cc")
    write_jsonl(folder / "a.jsonl", records(5))
    (folder / "b.jsonl").unlink()
    write_jsonl(folder / "c.jsonl", records(1))
    answer = muster.register([str(folder)], name="web/cc")

    assert answer.reference == "web/cc@2"
    assert answer.changes is not None
    assert (answer.changes.added, answer.changes.removed) == (("c.jsonl",), ("b.jsonl",))
    assert (answer.changes.changed, answer.changes.documents) == (("a.jsonl",), 1)
    assert () == answer.changes.readings


def test_the_same_bytes_elsewhere_are_the_same_version(muster, tmp_path):
    first = write_jsonl(tmp_path / "one" / "a.jsonl", records(3))
    second = write_jsonl(tmp_path / "two" / "a.jsonl", records(3))
    muster.register([str(first)], name="web/cc")

    assert muster.register([str(second)], name="web/cc").status == "unchanged"


def test_a_card_is_kept_and_found_again(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    card = Card(
        licence="cc-by-4.0", language=("en",), description="Crawled pages", tags=("release",)
    )
    muster.register([str(path)], name="web/cc", card=card)
    shown = muster.show("web/cc@release")

    assert (shown.version.licence, shown.version.languages) == ("CC-BY-4.0", ("en",))
    assert shown.dataset.description == "Crawled pages"
    assert ["web/cc@1"] == [item.reference for item in muster.datasets.search("crawled")]


def test_what_is_stated_about_unchanged_bytes_is_kept_too(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    muster.register([str(path)], name="web/cc")
    answer = muster.register([str(path)], name="web/cc", card=Card(licence="MIT"))

    assert (answer.status, answer.licence) == ("unchanged", "MIT")


def test_one_bad_row_costs_one_row_and_is_kept_in_quarantine(muster, context, tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [
        b'{"text": "good"}',
        b'{"text": "bad \xff"}',
        b'{"text": NaN}',
        b'["an", "array"]',
        b'{"text": 7}',
        b'{"other": "x"}',
        b'{"text": "good too"}',
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")
    answer = muster.register([str(path)], name="web/cc", reading=Reading(text_columns=("text",)))
    rows = [
        row
        for batch in read_quarantine(context.store, answer.quarantine)
        for row in batch.to_pylist()
    ]

    assert answer.num_documents == 2
    assert sum(answer.rejected.values()) == 5
    assert [2, 3, 4, 5, 6] == [row["row"] for row in rows]
    assert lines[1:6] == [row["raw"] for row in rows]
    assert {"a.jsonl"} == {row["file"] for row in rows}


def test_a_rejected_row_counts_with_all_its_bytes_in_every_ledger(muster, make_context, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "good"}\n{"text": "' + b"x" * 3_000_000 + b'"}\n')
    short = Registry(make_context(max_document_bytes=2_000_000))
    registered = short.register([str(path)], name="web/cc")
    normalized = short.normalize("web/cc", recipe="text-default")
    (row,) = short.quarantine.show(normalized.reference).rows

    assert 3_000_012 == row.num_bytes
    assert len(row.raw) == MAX_RAW_BYTES
    for run in (registered.run, normalized.run):
        (rejected,) = muster.runs.get(run).ledger.entries[0].rejected

        assert 3_000_012 == rejected.num_bytes


def test_several_candidate_columns_are_listed(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"question": "q", "answer": "a"}] * 3)
    with pytest.raises(InputError, match="answer") as raised:
        muster.register([str(path)], name="math/qa")

    assert "--text-column" in str(raised.value.hint)
    assert muster.datasets.list() == []


@pytest.mark.parametrize("make", ["empty file", "folder of empty files", "empty folder", "nothing"])
def test_nothing_to_register_is_an_error_and_leaves_no_dataset(muster, tmp_path, make):
    folder = tmp_path / "data"
    if make != "nothing":
        folder.mkdir()
    if "file" in make:
        (folder / "a.txt").touch()
        (folder / "b.jsonl").touch()
    path = folder / "b.jsonl" if make == "empty file" else folder
    with pytest.raises(InputError):
        muster.register([str(path)], name="web/cc")

    assert muster.datasets.list() == []


def test_a_truncated_gzip_registers_nothing(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl.gz", records(5000))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UnreadableError, match=r"a\.jsonl\.gz"):
        muster.register([str(path)], name="web/cc")

    assert muster.datasets.list() == []


def test_a_picture_among_texts_is_skipped_and_named(muster, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("text")
    (folder / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    answer = muster.register([str(folder)], name="web/cc")

    assert answer.num_documents == 1
    assert ["b.png"] == [skipped.path for skipped in answer.skipped]
    with pytest.raises(UnreadableError):
        muster.register([str(folder / "b.png")], name="web/picture")


def test_an_unreadable_file_is_an_error(muster, tmp_path, monkeypatch):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))

    # Taking the permission away does not stop a test that runs as root.
    def refuse(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(UnreadableError, match=r"a\.jsonl: Permission denied"):
        muster.register([str(path)], name="web/cc")


def test_another_reading_of_the_same_bytes_is_a_change(muster, tmp_path):
    items = [{"question": "q", "answer": "a"}] * 3
    for name in ("a", "b"):
        write_jsonl(tmp_path / "data" / f"{name}.jsonl", items)
    for column in ("question", "answer"):
        reading = Reading(text_columns=(column,))
        changes = muster.register([str(tmp_path / "data")], name="a/qa", reading=reading).changes
    (change,) = changes.readings

    assert ((), (), ()) == (changes.added, changes.removed, changes.changed)
    assert ("a.jsonl", "b.jsonl") == change.paths
    assert ("text_columns",) == change.fields
    assert (("question",), ("answer",)) == (
        change.before.text_columns,
        change.after.text_columns,
    )


def test_a_file_that_changes_while_it_is_read_is_refused(muster, tmp_path, monkeypatch):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    read = scan.read_documents

    def read_and_append(*args, **options):
        yield from read(*args, **options)
        with path.open("a") as file:
            file.write('{"text": "late"}\n')

    monkeypatch.setattr(scan, "read_documents", read_and_append)
    with pytest.raises(ConflictError, match="changed while it was read"):
        muster.register([str(path)], name="web/cc")

    assert muster.datasets.list() == []


def test_standard_input_is_kept_in_the_store(muster, tmp_path, monkeypatch):
    data = b'{"text": "one"}\n{"text": "two"}\n'
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    answer = muster.register(["-"], name="web/piped")

    assert answer.num_documents == 2
    assert ["one", "two"] == sorted(
        document.text for document in muster.sample("web/piped").documents
    )


def test_ingested_files_survive_their_originals(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    muster.register([str(path)], name="web/cc", ingest=True)
    path.unlink()

    assert len(muster.sample("web/cc").documents) == 3
    assert muster.verify("web/cc").is_intact


def test_a_dry_run_writes_nothing(muster, context, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "good"}\nbad\n')
    answer = muster.register([str(path)], name="web/cc", dry_run=True)

    assert (answer.status, answer.num_documents, answer.rejected) == (
        "planned",
        1,
        {"invalid-json": 1},
    )
    assert muster.datasets.list() == []
    assert not (context.home / "objects").exists()


def test_lines_and_paragraphs_are_documents_where_asked(muster, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one\ntwo\n\nthree\n")
    by_line = muster.register([str(path)], name="a/lines", reading=Reading(split=Split.LINES))
    by_paragraph = muster.register(
        [str(path)], name="a/paragraphs", reading=Reading(split=Split.PARAGRAPHS)
    )

    assert (3, 2) == (by_line.num_documents, by_paragraph.num_documents)


def test_a_parent_that_is_not_registered_is_refused(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    with pytest.raises(UnknownError, match="web/none"):
        muster.register([str(path)], name="web/cc", card=Card(derived_from=("web/none",)))


def test_data_made_elsewhere_from_a_version_has_it_as_parent(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    muster.register([str(path)], name="web/cc")
    other = write_jsonl(tmp_path / "b.jsonl", records(2, text="Question {row}?"))
    card = Card(derived_from=("web/cc",), rule="one question a document")
    muster.register([str(other)], name="synthetic/qa", card=card)

    assert muster.show("synthetic/qa").parents == ("web/cc@1",)


def test_two_registrations_at_once_make_two_versions(make_context, tmp_path):
    paths = [write_jsonl(tmp_path / str(n) / "a.jsonl", records(3, first=n)) for n in range(4)]
    failures = []

    def work(path):
        try:
            Registry(make_context()).register([str(path)], name="web/cc")
        except ConflictError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = Registry(make_context()).datasets.list_versions("web/cc")

    assert len(paths) == len(versions) + len(failures)
    assert list(range(1, len(versions) + 1)) == [version.number for version in versions]


def test_a_licence_goes_on_to_the_next_version_unless_told_otherwise(muster, context, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    muster.register([str(path)], name="web/cc", card=Card(licence="MIT", licence_url="https://x/l"))
    write_jsonl(path, records(4))
    second = muster.register([str(path)], name="web/cc")
    write_jsonl(path, records(5))
    third = muster.register([str(path)], name="web/cc")
    write_jsonl(path, records(6))
    fourth = muster.register([str(path)], name="web/cc", card=Card(licence="unknown"))
    (said,) = context.catalog.licences.list_for(Reference.parse(third.reference))

    assert [("MIT", "web/cc@1"), ("MIT", "web/cc@2"), ("unknown", None)] == [
        (answer.licence, answer.licence_from) for answer in (second, third, fourth)
    ]
    assert "stated of web/cc@1: https://x/l" == said.evidence
    assert "MIT" in str(muster.show(third.reference).effective_licence)


@pytest.mark.parametrize(
    ("reading", "error"),
    [
        (Reading(text_columns=("text",), template="{id}"), "both say what the text is"),
        (Reading(split="lines"), "is jsonl, and --split lines is of plain text"),
    ],
)
def test_options_that_contradict_each_other_are_refused(muster, tmp_path, reading, error):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))

    with pytest.raises(InputError, match=error):
        muster.register([str(path)], name="web/cc", reading=reading)


def test_a_file_in_another_encoding_says_so_and_reads_on(muster, tmp_path):
    row = "p\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148"
    path = tmp_path / "a.csv"
    path.write_bytes(f"n,text\n1,{row}\n".encode("cp1250"))
    declared = Reading(encoding=Encoding.declare("windows-1250"), text_columns=("text",))
    answer = muster.register([str(path)], name="web/cc", reading=declared)
    (use,) = answer.encodings
    normalized = muster.normalize("web/cc", recipe="text-default", max_rejected=0)

    assert ("cp1250", "declared", 1, 0) == (use.name, use.basis, use.num_files, use.num_replaced)
    assert answer.encodings == muster.show("web/cc").encodings
    assert row == muster.sample(normalized.reference).documents[0].text
    assert "unchanged" == muster.register([str(path)], name="web/cc", reading=declared).status
    assert not muster.verify_all().findings


@pytest.mark.parametrize(
    ("content", "reason", "helps"),
    [
        ('{"text": "a\n', "invalid-json", "--format"),
        ('{"text": null}\n', "null-text", "--text-column"),
        ("[1]\n", "not-an-object", "JSON object"),
    ],
)
def test_rows_none_of_which_is_a_document_stay_to_be_looked_at(
    muster, tmp_path, content, reason, helps
):
    path = tmp_path / "none.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=f"every row was rejected .{reason}: 1") as raised:
        muster.register([str(path)], name="web/none", max_rejected=1.0, dry_run=True)
    assert [] == muster.runs.list()
    assert helps in raised.value.hint
    with pytest.raises(InputError, match=f"every row was rejected .{reason}: 1") as raised:
        muster.register([str(path)], name="web/none", max_rejected=1.0)
    (run,) = muster.runs.list()

    assert f"none.jsonl#1, {reason}: " in raised.value.hint
    assert f"muster quarantine {run.id}" in raised.value.hint
    assert RunState.FAILED == run.state
    assert [run.id] == [one.run for one in muster.quarantine.list()]
    assert [content.strip()] == [row.raw for row in muster.quarantine.show(run.id).rows]


def test_a_link_to_a_file_that_is_read_anyway_is_left_out_and_said(muster, tmp_path):
    folder, outside = tmp_path / "project", tmp_path / "outside.txt"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "guide.md").write_text("How to.")
    (folder / "README.md").symlink_to("docs/guide.md")
    outside.write_text("Elsewhere.")
    (folder / "linked.txt").symlink_to(outside)
    answer = muster.register([str(folder)], name="code/project")
    named = muster.register([str(folder), str(folder / "README.md")], name="code/named")

    assert 2 == answer.num_documents
    assert [("README.md", "a link to docs/guide.md, which is read there")] == [
        (one.path, one.reason) for one in answer.skipped
    ]
    assert (3, ()) == (named.num_documents, named.skipped)


def nested(depth):
    return '{"text": "a", "b": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}\n"


def test_a_stated_depth_and_length_hold_for_every_later_pass(muster, context, tmp_path):
    path = tmp_path / "deep.jsonl"
    path.write_text(nested(3) + nested(4) + '{"text": "' + "a" * 90 + '"}\n')
    usual = muster.register([str(path)], name="web/usual")
    limits = Limits(max_json_depth=3, max_document_bytes=50)
    answer = muster.register([str(path)], name="web/deep", limits=limits)
    (shard,) = context.catalog.versions.list_shards(Reference.parse(answer.reference))
    reading = shard.reading

    assert {"nested-too-deep": 1, "document-too-long": 1} == answer.rejected
    assert 3 == usual.num_documents
    assert (3, 50) == (reading.max_json_depth, reading.max_document_bytes)
    assert [1] == [len(batch) for batch in muster.stream("web/deep")]
    assert usual.digest == muster.register([str(path)], name="web/usual", limits=Limits()).digest


def test_the_usual_limits_stated_are_the_same_reading(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    first = muster.register([str(path)], name="web/cc")
    # How dense a file may be, or how many members an archive has, decides about no row of this.
    limits = Limits(max_json_depth=254, max_ratio=900, max_members=3)
    again = muster.register([str(path)], name="web/cc", limits=limits)

    assert (first.digest, "unchanged") == (again.digest, again.status)


def test_a_limit_is_that_of_the_option_the_environment_or_the_project(make_context, tmp_path):
    path = tmp_path / "deep.jsonl"
    path.write_text("".join(nested(depth) for depth in range(2, 10)))
    context = make_context(max_json_depth=3)
    (context.home.parent / "muster.toml").write_text(
        "[limits]\nmax_json_depth = 5\nmax_document_bytes = 30\n"
    )
    lengths = {
        name: Registry(one)
        .register([str(path)], name=f"web/{name}", limits=stated, max_rejected=1.0)
        .num_documents
        for name, one, stated in (
            ("option", context, Limits(max_json_depth=4, max_document_bytes=1_000)),
            ("environment", context, Limits()),
            ("project", make_context(), Limits()),
        )
    }

    assert {"option": 3, "environment": 2, "project": 4} == lengths


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("max_json_depth = 300", "muster.toml: limits: max_json_depth = 300: .* 254"),
        ('max_ratio = "x"', "max_ratio = x: .* number"),
        ("max_depth = 3", "no other"),
    ],
)
def test_a_limit_that_is_none_is_named_with_its_file(muster, context, tmp_path, line, words):
    (context.home.parent / "muster.toml").write_text(f"[limits]\n{line}\n")
    path = write_jsonl(tmp_path / "a.jsonl", records(3))
    with pytest.raises(InputError, match=words):
        muster.register([str(path)], name="web/cc")
