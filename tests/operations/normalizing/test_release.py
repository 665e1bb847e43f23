"""Rejected rows: listed, handed out without a lost byte, put back as a new version."""

import base64
import json

import pytest

from registry.domain.run import RunState
from registry.errors import InputError, TooManyRejectedError, UnknownError

STRICT = """
name = "strict"
version = "1.0.0"
[[step]]
use = "decode"
lone_surrogates = "reject"
[[step]]
use = "unify_newlines"
[[step]]
use = "drop_empty"
min_characters = 10
[[step]]
use = "drop_exact_duplicates"
"""

LINES = [
    *({"id": f"d{row}", "text": f"document {row}", "url": f"https://x/{row}"} for row in range(20)),
    {"id": "again", "text": "document 3", "url": "https://x/again"},
    {"id": "caption", "text": "short\r\n", "url": "https://x/caption"},
    {"id": "other", "text": "brief", "url": "https://x/other"},
    {"id": "half", "text": "half of a pair \ud800"},
]
BROKEN = b'{"text": "caf\xe9"}'


@pytest.fixture(params=["sqlite"])
def engine(request):
    """What is tested here lies before the catalog."""
    return request.param


@pytest.fixture
def strict(muster, tmp_path):
    """The reference of a version whose run rejected five rows, each for its own reason or alike."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(json.dumps(item).encode() + b"\n" for item in LINES) + BROKEN)
    (tmp_path / "strict.toml").write_text(STRICT)
    muster.register([str(path)], name="web/cc")
    return muster.normalize("web/cc", recipe=str(tmp_path / "strict.toml")).reference


def documents(muster, reference):
    found = muster.sample(reference, num_documents=100).documents
    return {document.id: (document.text, json.loads(document.metadata)) for document in found}


def test_runs_that_rejected_rows_are_listed_by_reason(muster, strict):
    normalized, registered = muster.quarantine.list()
    rejected = {one.reason: one.num_documents for one in normalized.rejected}

    assert (strict,) == normalized.references
    assert {"empty": 2, "exact-duplicate": 1, "invalid-utf8": 1, "lone-surrogate": 1} == rejected
    assert ("web/cc@1",) == registered.references
    assert 1 == registered.num_rows


def test_a_failed_run_is_listed_and_shown_by_its_id(muster, tmp_path):
    (tmp_path / "b.jsonl").write_bytes(b'{"text": "x"}\n{broken')
    with pytest.raises(TooManyRejectedError):
        muster.register([str(tmp_path / "b.jsonl")], name="web/b", max_rejected=0)
    (found,) = muster.quarantine.list()
    (row,) = muster.quarantine.show(found.run[:13]).rows

    assert ((), RunState.FAILED) == (found.references, found.state)
    assert ("invalid-json", "{broken") == (row.reason, row.raw)


def test_an_export_holds_every_byte(muster, strict, tmp_path):
    path = tmp_path / "rows.jsonl"
    answer = muster.quarantine.export(strict, path)
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    by_reason = {row["reason"]: row for row in rows}

    assert (5, path.stat().st_size) == (answer.num_rows, answer.num_bytes)
    assert path.read_bytes() == b"".join(muster.quarantine.lines(strict))
    assert BROKEN == base64.b64decode(by_reason["invalid-utf8"]["base64"])
    assert ("a.jsonl#21", "document 3") == (
        by_reason["exact-duplicate"]["source"],
        by_reason["exact-duplicate"]["text"],
    )
    assert 2 == muster.quarantine.show(strict, limit=1, reasons=["empty"]).num_rows


def test_an_export_replaces_what_was_there_only_when_told_to_and_whole(muster, strict, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("before")
    with pytest.raises(InputError, match="is there already"):
        muster.quarantine.export(strict, path)
    with pytest.raises(InputError, match="is a folder"):
        muster.quarantine.export(strict, tmp_path, force=True)
    with pytest.raises(UnknownError, match="empy"):
        muster.quarantine.export(strict, path, reasons=["empy"], force=True)

    assert "before" == path.read_text()
    muster.quarantine.export(strict, path, force=True)
    assert 5 == len(path.read_bytes().splitlines())


def test_rows_are_put_back_whole_as_a_new_version(muster, context, strict):
    before = documents(muster, strict)
    answer = muster.quarantine.release(strict, reasons=["empty"], why="captions")
    made = muster.show(answer.reference)
    run = muster.runs.get(answer.run)

    assert ("web/cc.strict@2", {"empty": 2}, 3) == (
        answer.reference,
        answer.released,
        answer.num_left,
    )
    assert before | {
        "caption": ("short\n", {"url": "https://x/caption"}),
        "other": ("brief", {"url": "https://x/other"}),
    } == documents(muster, answer.reference)
    assert before == documents(muster, strict)
    assert (strict,) == made.parents
    assert made.version.recipe == muster.show(strict).version.recipe
    assert {"exact-duplicate": 1, "invalid-utf8": 1, "lone-surrogate": 1} == run.ledger.rejected
    assert (25, 22) == (run.ledger.documents_in, run.ledger.documents_kept)
    assert not muster.verify_all().findings
    (sealed,) = (
        entry
        for entry in context.catalog.audit.list(limit=100)
        if entry.action == "version.seal" and entry.entity == answer.reference
    )
    assert ("tester", "captions") == (sealed.actor, sealed.detail["why"])


def test_a_release_goes_on_from_a_release(muster, strict):
    muster.quarantine.release(strict, rows=["a.jsonl#22"], why="a caption")
    answer = muster.quarantine.release("web/cc.strict", rows=["a.jsonl#21"], why="quoted")

    assert ("web/cc.strict@3", 3) == (answer.reference, answer.num_left)
    assert {"caption", "again"} <= documents(muster, answer.reference).keys()


def test_the_same_release_again_changes_nothing_and_a_dry_run_writes_nothing(muster, strict):
    planned = muster.quarantine.release(strict, reasons=["empty"], why="captions", dry_run=True)
    num_runs = len(muster.runs.list())
    first = muster.quarantine.release(strict, reasons=["empty"], why="captions")
    again = muster.quarantine.release(strict, reasons=["empty"], why="captions")

    assert ("planned", {"empty": 2}, 2) == (planned.status, planned.released, num_runs)
    assert ("created", "unchanged") == (first.status, again.status)
    assert first.reference == again.reference


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        ({"reasons": ["invalid-utf8"]}, r"a\.jsonl#25 \(invalid-utf8\).*found no text"),
        ({"rows": ["a.jsonl#24"]}, r"a\.jsonl#24 \(lone-surrogate\).*found no text"),
        ({"rows": ["a.jsonl#1"]}, "no rejected row 'a.jsonl#1'"),
        ({"reasons": ["empy"]}, "no rejected row of reason 'empy'"),
        ({}, "no row is chosen"),
        ({"reasons": ["empty"], "why": " "}, "the why is empty"),
    ],
)
def test_what_cannot_be_put_back_is_refused(muster, strict, chosen, error):
    with pytest.raises(InputError, match=error):
        muster.quarantine.release(strict, **({"why": "because"} | chosen))

    assert strict == muster.show("web/cc.strict").version.reference


def test_a_version_of_no_recipe_and_one_without_rejected_rows_are_refused(muster, strict, tmp_path):
    with pytest.raises(InputError, match="made by no recipe"):
        muster.quarantine.release("web/cc", reasons=["invalid-utf8"], why="because")
    muster.register([str(tmp_path / "strict.toml")], name="web/fine")
    with pytest.raises(InputError, match="no row was rejected"):
        muster.quarantine.release("web/fine", reasons=["empty"], why="because")


def test_a_text_that_was_taken_down_does_not_come_back(muster, strict):
    released = muster.quarantine.release(strict, reasons=["empty"], why="captions")
    opened = muster.takedowns.open(kind="id", value="other", reason="asked")
    muster.takedowns.apply(opened.id)

    assert "other" not in documents(muster, "web/cc.strict")
    with pytest.raises(InputError, match="was taken down"):
        muster.quarantine.release(strict, reasons=["empty"], why="again")
    assert released.reference
