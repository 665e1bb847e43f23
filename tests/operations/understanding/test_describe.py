from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry.domain.card import Card
from registry.domain.names import Reference
from registry.domain.version import DatasetKind, Lifecycle
from registry.errors import InputError, UnknownError, UnreadableError
from registry.operations.collecting.cards import read_card
from registry.operations.understanding import describe
from tests.operations.factories import records, write_jsonl


@pytest.fixture
def corpus(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(10))
    muster.register([str(path)], name="web/cc")
    return "web/cc"


def test_statements_change_and_each_change_is_in_the_audit_log(muster, context, corpus):
    muster.datasets.describe(
        corpus,
        Card(licence="MIT", description="Pages", owner="ada", kind=DatasetKind.CODE),
        lifecycle=Lifecycle.DEPRECATED,
    )
    shown = muster.show(corpus)

    assert shown.version.licence == "MIT"
    assert (shown.dataset.description, shown.dataset.owner) == ("Pages", "ada")
    assert (shown.dataset.kind, shown.dataset.lifecycle) == ("code", "deprecated")
    assert {"licence.assert", "dataset.update"} <= {
        entry.action for entry in context.catalog.audit.list(limit=50)
    }
    assert context.catalog.audit.verify() is None


def test_what_is_not_stated_stays(muster, corpus):
    muster.datasets.describe(corpus, Card(description="Pages"))
    muster.datasets.describe(corpus, Card(owner="ada"))

    assert muster.show(corpus).dataset.description == "Pages"


def test_a_tag_moves_and_goes(muster, corpus, tmp_path):
    muster.datasets.tag("web/cc@1", "release")
    path = write_jsonl(tmp_path / "a.jsonl", records(11))
    muster.register([str(path)], name="web/cc")
    muster.datasets.tag("web/cc@2", "release")

    assert muster.show("web/cc@release").version.number == 2
    assert muster.datasets.untag("web/cc", "release").tags == {}
    with pytest.raises(UnknownError):
        muster.show("web/cc@release")


def test_a_tag_is_taken_from_the_version_that_is_named_only(muster, context, corpus):
    muster.datasets.tag(corpus, "release")

    with pytest.raises(UnknownError):
        describe.untag(context, Reference.parse("web/cc@9"), "release")
    assert {} == describe.untag(context, Reference.parse("web/cc@1"), "release").tags


@pytest.mark.parametrize(
    ("card", "named"),
    [
        (Card(derived_from=("web/in@1",)), "derived_from"),
        (Card(rule="cut"), "rule"),
        (Card(derived_from=("web/in@1",), rule="cut"), "derived_from and rule"),
    ],
)
def test_how_a_sealed_version_was_made_cannot_be_stated_later(muster, corpus, card, named):
    with pytest.raises(InputError, match=f"^{named} cannot be stated"):
        muster.datasets.describe(corpus, card)


def test_moved_data_is_registered_again_where_it_is_now(muster, tmp_path):
    old, new = tmp_path / "old" / "x.jsonl", tmp_path / "new" / "x.jsonl"
    write_jsonl(old, records(10))
    muster.register([str(old)], name="web/cc")
    new.parent.mkdir()
    old.rename(new)
    again = muster.register([str(new)], name="web/cc")

    assert ("web/cc@1", "unchanged") == (again.reference, again.status)
    assert muster.verify("web/cc").is_intact
    normalized = muster.normalize("web/cc", recipe="text-default").reference
    assert 10 == muster.show(normalized).version.num_documents


def test_data_that_was_ingested_later_needs_its_files_no_more(muster, tmp_path):
    path = write_jsonl(tmp_path / "x.jsonl", records(10))
    muster.register([str(path)], name="web/cc")
    again = muster.register([str(path)], name="web/cc", ingest=True)
    path.unlink()

    assert "unchanged" == again.status
    assert muster.verify("web/cc").is_intact


def test_a_sample_is_the_same_by_its_seed(muster, corpus):
    first = muster.sample(corpus, num_documents=4, seed=7)

    assert first == muster.sample(corpus, num_documents=4, seed=7)
    assert len({document.id for document in first.documents}) == 4
    assert muster.sample(corpus, num_documents=99).num_documents == 10


def test_verify_names_a_changed_and_a_lost_file(muster, corpus, tmp_path):
    assert muster.verify(corpus).is_intact

    path = tmp_path / "a.jsonl"
    path.write_text(path.read_text().replace("quick", "quiet", 1))
    (changed,) = muster.verify(corpus).problems
    path.unlink()
    (lost,) = muster.verify(corpus).problems

    assert changed.path == "a.jsonl"
    assert "holds other bytes" in changed.problem
    assert "cannot be read" in lost.problem


def test_a_card_is_read_from_yaml_and_toml(tmp_path):
    yaml, toml = tmp_path / "card.yaml", tmp_path / "card.toml"
    yaml.write_text("license: mit\nlanguage: en\nretrieved_at: 2026-01-02T03:04:05Z\n")
    toml.write_text('license = "mit"\nlanguage = ["en"]\nretrieved_at = 2026-01-02T03:04:05Z\n')

    assert read_card(yaml) == read_card(toml)


def test_a_bare_date_in_a_card_is_its_midnight_in_utc(tmp_path):
    yaml, toml = tmp_path / "card.yaml", tmp_path / "card.toml"
    yaml.write_text("retrieved_at: 2026-11-01\n")
    toml.write_text("retrieved_at = 2026-11-01\n")

    assert [datetime(2026, 11, 1, tzinfo=UTC)] * 2 == [
        read_card(path).retrieved_at for path in (yaml, toml)
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("card.yaml", "a: [b"),
        ("card.yaml", "- a list"),
        ("card.yaml", "license: nonsense licence"),
        ("card.toml", "a ="),
        ("card.toml", "tags = [3]"),
        ("card.json", "{}"),
    ],
)
def test_what_is_no_card_is_refused(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(InputError):
        read_card(path)


def test_a_missing_card_is_unreadable(tmp_path):
    with pytest.raises(UnreadableError):
        read_card(Path(tmp_path / "none.yaml"))
