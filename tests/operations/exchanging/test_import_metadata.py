"""Imports add claims and overwrite nothing, on both engines."""

import json

import pytest

from registry.domain.licence import Confidence
from registry.errors import InputError, UnknownError
from registry.reporting.generations import genealogy_facts
from tests.exchange.factories import HOSTILE, card, croissant, summary
from tests.operations.factories import records, write_jsonl


def write(path, text):
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


@pytest.fixture
def letters(muster, tmp_path):
    """A version that somebody here states to be under MIT."""
    source = write_jsonl(tmp_path / "in" / "a.jsonl", records())
    muster.register([str(source)], name="web/letters")
    muster.licences.add("web/letters", "MIT", by="counsel")
    return muster


def test_a_description_of_unknown_data_makes_a_version_that_holds_it(muster, tmp_path):
    path = write(tmp_path / "c.json", croissant())
    (made,) = muster.exchange.read([path]).datasets
    version = muster.show(made.reference).version

    assert ("created", "imported/letters@1", "CC-BY-4.0") == (
        made.status,
        made.reference,
        made.licence,
    )
    assert ("de", "en") == version.languages
    assert 0 == version.num_documents
    assert "https://example.org/letters" in [source.url for source in version.sources]
    assert "Letters of the alphabet." == muster.show(made.reference).dataset.description
    assert muster.verify(made.reference).is_intact


def test_the_same_import_again_changes_nothing(muster, tmp_path):
    path = write(tmp_path / "c.json", croissant())
    muster.exchange.read([path])
    before = muster._context.catalog.audit.list(limit=1_000)
    (again,) = muster.exchange.read([path]).datasets

    assert "unchanged" == again.status
    assert before == muster._context.catalog.audit.list(limit=1_000)


def test_a_licence_of_a_document_is_an_assertion_with_its_evidence(muster, tmp_path):
    path = write(tmp_path / "c.json", croissant())
    (made,) = muster.exchange.read([path]).datasets
    holding = muster.licences.list(made.reference).holding

    assert ("Ada", Confidence.LOW) == (holding.by, holding.confidence)
    assert path.read_bytes() == muster._context.store.read(holding.evidence_digest)


def test_nothing_that_is_stated_here_is_overwritten(letters, tmp_path):
    letters.exchange.read([write(tmp_path / "c.json", croissant())], reference="web/letters")
    first = letters.show("web/letters")
    letters.exchange.read(
        [write(tmp_path / "d.json", croissant(description="Other.", license="GPL-3.0-only"))],
        reference="web/letters",
    )
    second = letters.show("web/letters")

    assert "MIT" == second.version.licence
    assert {"MIT", "CC-BY-4.0", "GPL-3.0-only"} <= {
        one.expression for one in letters.licences.list("web/letters").assertions
    }
    assert "Letters of the alphabet." == second.dataset.description
    assert (first.version.digest, 20) == (second.version.digest, second.version.num_documents)


def test_counts_of_a_document_stay_declared(letters, tmp_path):
    letters.exchange.read([write(tmp_path / "README.md", card())], reference="web/letters")
    (document,) = letters.exchange.claims("web/letters").documents
    claims = {claim.name: claim.value for claim in document.claims}

    assert 12345 == claims["declared.num_tokens"]
    assert () == letters.show("web/letters").counts
    assert () == letters.show("web/letters").version.metrics


def test_that_nobody_knows_a_licence_is_no_statement(letters, tmp_path):
    letters.exchange.read(
        [write(tmp_path / "c.json", croissant(license="unknown"))], reference="web/letters"
    )

    assert ["MIT"] == [
        one.expression
        for one in letters.licences.list("web/letters").assertions
        if one.basis == "stated"
    ]


def test_generators_of_a_summary_are_claims_of_synthetic_data(muster, tmp_path):
    (made,) = muster.exchange.read([write(tmp_path / "s.json", summary())]).datasets
    shown = muster.show(made.reference)

    assert ("imported/letters-made@1", "synthetic") == (made.reference, shown.version.kind)
    assert "CC-BY-4.0 AND LicenseRef-unspecified" == shown.version.licence
    found = muster.generations.show(made.reference)
    assert ("OpenAI GPT-4",) == found.claimed
    facts = dict(genealogy_facts(found))
    assert ("unknown: no documents here", "unknown", "OpenAI GPT-4") == (
        facts["synthetic"],
        facts["real"],
        facts["claimed"],
    )


def test_a_dry_run_writes_nothing(letters, tmp_path):
    path = write(tmp_path / "c.json", croissant())
    before = letters._context.catalog.audit.list(limit=1_000)
    plans = [
        letters.exchange.read([path], dry_run=True),
        letters.exchange.read([path], reference="web/letters", dry_run=True),
    ]

    assert ["planned", "planned"] == [one.datasets[0].status for one in plans]
    assert before == letters._context.catalog.audit.list(limit=1_000)


def test_documents_without_a_name_are_not_of_one_dataset(muster, tmp_path):
    paths = [
        write(tmp_path / f"{text}.json", croissant(name="", description=text)) for text in "ab"
    ]

    assert 2 == len({one.reference for one in muster.exchange.read(paths).datasets})


def test_hostile_text_is_kept_as_text(muster, tmp_path):
    path = write(tmp_path / "c.json", croissant(name=HOSTILE, description=HOSTILE, license=HOSTILE))
    (made,) = muster.exchange.read([path]).datasets

    assert made.reference.startswith("imported/")
    assert HOSTILE == muster.show(made.reference).dataset.description
    assert made.licence.startswith("LicenseRef-")


def test_wrong_use_is_refused(letters, tmp_path):
    one = write(tmp_path / "c.json", croissant())
    two = write(tmp_path / "README.md", card())

    with pytest.raises(InputError, match="one format at a time"):
        letters.exchange.read([one, two])
    with pytest.raises(InputError, match="names one version"):
        letters.exchange.read([one, one], reference="web/letters")
    with pytest.raises(InputError, match="no format"):
        letters.exchange.read([write(tmp_path / "x.json", {"a": 1})])
    with pytest.raises(UnknownError):
        letters.exchange.read([one], reference="web/none")
