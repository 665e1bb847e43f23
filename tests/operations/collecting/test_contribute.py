"""What people give: kept with consent alone, under pseudonyms, on the terms of each row."""

import io
import json
import sys

import pytest

from registry.domain.card import Card
from registry.domain.contribution import ContributionColumns, pseudonym_of
from registry.errors import InputError
from registry.reporting.takedowns import takedown_facts

# The rows do not depend on the engine of the catalog.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

COLUMNS = ContributionColumns(contributor="email")
ROWS = [
    {"text": "A poem.", "email": "Ada@example.org", "consent": True, "license": "CC BY 4.0"},
    {"text": "A letter.", "email": "bob@example.org", "consent": "no", "license": "CC0-1.0"},
    {"text": "A tale.", "email": "bob@example.org", "consent": "yes", "licence": "cc0-1.0"},
    {"text": "A song.", "email": "eve@example.org", "consent": "Yes", "topic": "rain"},
    {"text": "A joke.", "email": None, "consent": "yes", "license": "MIT"},
    {"text": "A riddle.", "email": "ada@example.org", "license": "MIT"},
    {"text": "A dirge.", "email": "ada@example.org", "consent": "unknown"},
    {"text": None, "email": "bob@example.org", "consent": "yes"},
]


@pytest.fixture
def gifts(tmp_path):
    path = tmp_path / "in" / "gifts.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + "{broken\n")
    return str(path)


def metadata(muster, reference):
    return [
        json.loads(text)
        for batch in muster.stream(reference)
        for text in batch["metadata"].to_pylist()
    ]


def texts(muster, reference):
    return [text for batch in muster.stream(reference) for text in batch["text"].to_pylist()]


def test_rows_without_consent_go_nowhere_and_the_books_balance(muster, context, gifts):
    answer = muster.contribute([gifts], name="people/gifts", columns=COLUMNS)
    again = muster.contribute([gifts], name="people/gifts", columns=COLUMNS)
    (entry,) = context.catalog.runs.ledger(answer.run).entries
    stored = [path.read_bytes() for path in context.home.rglob("*") if path.is_file()]

    assert ["A poem.", "A tale.", "A song."] == texts(muster, "people/gifts")
    assert "unchanged" == again.status
    assert answer.rejected == {
        "invalid-json": 1,
        "no-consent": 3,
        "no-contributor": 1,
        "null-text": 1,
    }
    assert (len(ROWS) + 1, 3) == (entry.documents_in, entry.documents_kept)
    assert 6 == len(muster.quarantine.show("people/gifts").rows)
    assert not any(row.raw for row in muster.quarantine.show("people/gifts").rows)
    assert not any(b"example.org" in data or b"dirge" in data for data in stored)


def test_one_row_of_unknown_licence_makes_the_whole_unknown(muster, gifts):
    unknown = muster.contribute([gifts], name="people/gifts", columns=COLUMNS)
    stated = muster.contribute(
        [gifts], name="people/gifts", columns=COLUMNS, card=Card(licence="CC-BY-SA-4.0")
    )
    metrics = {one.name: one.value for one in muster.show("people/gifts").version.metrics}

    assert {"CC-BY-4.0": 1, "CC0-1.0": 1, "unknown": 1} == unknown.licences
    assert "unknown" == muster.show("people/gifts@1").version.licence
    assert "CC-BY-4.0 AND CC-BY-SA-4.0 AND CC0-1.0" == stated.licence
    assert 1 == metrics["contributions.CC-BY-SA-4.0.num_documents"]
    assert 3 == metrics["contributions.num_contributors"]


def test_a_contributor_is_taken_down_and_stays_away(muster, gifts):
    muster.contribute([gifts], name="people/gifts", columns=COLUMNS)
    bob = muster.takedowns.contributor("BOB@example.org ")
    given = metadata(muster, "people/gifts")
    takedown = muster.takedowns.open("url-pattern", bob, reason="asked")
    muster.takedowns.apply(takedown.id)
    later = muster.contribute([gifts], name="people/later", columns=COLUMNS)

    assert bob == given[1]["contributor"]
    assert ["A poem.", "A song."] == texts(muster, "people/gifts")
    assert ["A poem.", "A song."] == texts(muster, "people/later")
    assert 1 == later.rejected["taken-down"]
    assert {"CC-BY-4.0": 1, "unknown": 1} == later.licences


def test_what_is_made_again_is_counted_again_and_copies_are_told(muster, tmp_path):
    rows = [
        {"text": "A poem.", "email": "ada", "consent": True, "license": "CC-BY-NC-4.0"},
        {"text": "A poem.", "email": "bob", "consent": True, "license": "MIT"},
        {"text": "A tale.", "email": "bob", "consent": True, "license": "MIT"},
    ]
    path = tmp_path / "both.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    muster.contribute([str(path)], name="people/both", columns=COLUMNS)
    opened = muster.takedowns.open("contributor", "Ada", reason="asked")
    (step,) = muster.takedowns.plan(opened.id).steps
    muster.takedowns.apply(opened.id)
    made = muster.show("people/both").version

    pseudonym = muster.takedowns.contributor("Ada").replace(":", " ")
    assert ("asks for", pseudonym) in takedown_facts(opened)
    assert [(2, 1)] == [(one.num_documents, one.num_copies) for one in opened.items]
    assert "2 documents (1 of them only has the same text)" in step.what
    assert {
        "contributions.MIT.num_documents": 1,
        "contributions.num_contributors": 1,
    } == {one.name: one.value for one in made.metrics if one.name.startswith("contributions.")}
    assert ("people/both@2", "MIT") == (made.reference, made.licence)
    with pytest.raises(InputError, match="fits contributor nobody") as refused:
        muster.takedowns.open("contributor", "nobody", reason="asked")
    assert "by the name that was registered" in refused.value.hint


def test_standard_input_comes_from_one_person(muster, monkeypatch):
    row = {"text": "A poem.", "consent": 1, "email": "x"}
    data = io.TextIOWrapper(io.BytesIO(json.dumps(row).encode()))
    monkeypatch.setattr(sys, "stdin", data)
    answer = muster.contribute(["-"], name="people/ada", contributor="ada")
    (kept,) = metadata(muster, "people/ada")

    assert (1, "stdin:") == (
        answer.num_documents,
        muster.show("people/ada").version.sources[0].uri,
    )
    assert {"contributor": muster.takedowns.contributor("ada"), "license": "unknown"} == {
        name: kept[name] for name in ("contributor", "license")
    }


@pytest.mark.parametrize("column", ["licence", "contributor", "consent"])
def test_a_column_that_stands_in_no_row_is_a_slip_of_the_pen(muster, gifts, column):
    """A licence column with a typo would put every row under the default."""
    columns = COLUMNS.model_copy(update={column: "typo"})

    with pytest.raises(InputError, match="no row has a column 'typo'") as caught:
        muster.contribute([gifts], name="people/typo", columns=columns, card=Card(licence="MIT"))
    assert "email" in caught.value.hint
    assert [] == muster.datasets.list()


def test_a_dry_run_writes_nothing_and_needs_no_key(muster, context, gifts):
    before = sorted(context.home.rglob("*"))
    answer = muster.contribute([gifts], name="people/gifts", columns=COLUMNS, dry_run=True)

    assert ("planned", 3) == (answer.status, answer.num_documents)
    assert before == sorted(context.home.rglob("*"))
    with pytest.raises(InputError, match="no key"):
        muster.takedowns.contributor("ada")


def test_the_key_can_be_given_and_must_be_the_same_everywhere(make_context, gifts):
    from registry.api import Registry  # noqa: PLC0415

    muster = Registry(make_context(contributor_key="k" * 32))
    muster.contribute([gifts], name="people/gifts", columns=COLUMNS)

    assert (
        pseudonym_of("ada@example.org", key=b"k" * 32)
        == metadata(muster, "people/gifts")[0]["contributor"]
    )


def test_empty_standard_input_holds_no_text_and_no_row(muster, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))

    with pytest.raises(InputError, match="nothing to register at -: it holds no text"):
        muster.contribute(["-"], name="people/ada", contributor="ada")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "comes from somebody"),
        ({"contributor": "ada", "columns": COLUMNS}, "comes from somebody"),
        # A column that every row has, and in which none says yes.
        ({"contributor": "ada", "columns": ContributionColumns(consent="email")}, "no-consent: 7"),
    ],
)
def test_nothing_is_sealed_without_a_contributor_or_consent(muster, gifts, options, words):
    with pytest.raises(InputError, match=words):
        muster.contribute([gifts], name="people/gifts", **options)
    assert not muster.datasets.list()


def test_plain_text_is_given_on_a_consent_in_words(muster, context, tmp_path):
    folder = tmp_path / "diary"
    folder.mkdir()
    (folder / "one.txt").write_text("A day.")
    (folder / "two.txt").write_text("A night.")
    card = Card(licence="CC0-1.0")
    answer = muster.contribute(
        [str(folder)], name="people/diary", contributor="eve", consent=" form 7 ", card=card
    )
    run = context.catalog.runs.get(answer.run)

    assert ["A day.", "A night."] == texts(muster, "people/diary")
    assert {"form 7"} == {row["consent"] for row in metadata(muster, "people/diary")}
    assert "form 7" == run.parameters["contribution"]["consent"]
    assert ("CC0-1.0", 1) == (answer.licence, answer.num_contributors)


def test_a_row_that_has_the_column_goes_by_it_and_not_by_the_words(muster, tmp_path):
    path = tmp_path / "gifts.jsonl"
    rows = [
        {"text": "Yes.", "consent": "yes"},
        {"text": "No."},
        {"text": "Blank.", "consent": None},
    ]
    rows += [{"text": "Pending.", "consent": "pending"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer = muster.contribute(
        [str(path)], name="people/gifts", contributor="eve", consent="by word of mouth"
    )

    assert ["Yes.", "No."] == texts(muster, "people/gifts")
    assert {"no-consent": 2} == answer.rejected


@pytest.mark.parametrize("words", ["", "  ", "No", "pending"])
def test_a_consent_that_is_none_is_refused(muster, gifts, words):
    with pytest.raises(InputError, match="says that there is none"):
        muster.contribute([gifts], name="people/gifts", contributor="eve", consent=words)


def test_a_contribution_without_any_consent_stays_as_a_failed_run_of_places(muster, context, gifts):
    columns = ContributionColumns(consent="email")
    with pytest.raises(InputError) as raised:
        muster.contribute([gifts], name="people/gifts", contributor="ada", columns=columns)
    (run,) = muster.runs.list()
    (entry,) = context.catalog.runs.ledger(run.id).entries
    rows = muster.quarantine.show(run.id).rows

    assert f"muster quarantine {run.id}" in raised.value.hint
    assert (9, 0) == (entry.documents_in, entry.documents_kept)
    assert {""} == {row.raw for row in rows}
