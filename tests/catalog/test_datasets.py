from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from registry.catalog.search import fold
from registry.domain.card import Card
from registry.domain.version import DatasetKind, Lifecycle, SourceFacts
from registry.errors import InputError, InvalidNameError, UnknownError
from tests.catalog.factories import AT, WHO, ref, seal

CC = ref("web/cc").dataset


def references(summaries):
    return [summary.reference for summary in summaries]


def test_a_dataset_reads_back(catalog):
    seal(catalog, description="Pages.", owner="ada", tags=("gold",))
    seal(catalog, content="more")
    dataset = catalog.datasets.get(CC)

    assert ("Pages.", "ada", Lifecycle.ACTIVE) == (
        dataset.description,
        dataset.owner,
        dataset.lifecycle,
    )
    assert (2, {"gold": 1}, AT) == (dataset.head, dataset.tags, dataset.created_at)
    assert dataset == catalog.datasets.find(CC)


def test_finding_nothing_is_none_and_getting_it_is_an_error(catalog):
    assert catalog.datasets.find(CC) is None
    with pytest.raises(UnknownError, match="no dataset 'web/cc'"):
        catalog.datasets.get(CC)


def test_listing_shows_the_newest_version_of_each_dataset_by_name(catalog):
    for name in ("web/b", "code/a", "web-x/a"):
        seal(catalog, name)
    newest = seal(catalog, "web/b", "more", languages=("fr", "en"), licence="MIT", tags=("t",))
    listed = catalog.datasets.list()

    # In the order of bytes, '-' before '/', on both engines.
    assert ["code/a@1", "web-x/a@1", "web/b@2"] == references(listed)
    assert ("MIT", ("en", "fr"), ("t",), 2) == (
        listed[2].licence,
        listed[2].languages,
        listed[2].tags,
        listed[2].num_versions,
    )
    assert newest.version.num_bytes == listed[2].num_bytes


def test_listing_filters_by_kind_tag_and_space(catalog):
    seal(catalog, "web/a", tags=("gold",))
    seal(catalog, "web/b", kind="code")
    seal(catalog, "lab/c", tags=("silver",))

    assert ["web/b@1"] == references(catalog.datasets.list(kind=DatasetKind.CODE))
    assert ["web/a@1"] == references(catalog.datasets.list(tag="gold"))
    assert ["lab/c@1"] == references(catalog.datasets.list(space="lab"))


def test_pages_follow_each_other_without_gap_or_overlap(catalog):
    for number in range(7):
        seal(catalog, f"web/d{number}")
    pages, after = [], None
    while page := catalog.datasets.list(limit=3, after=after):
        pages.append(references(page))
        after = page[-1].reference.partition("@")[0]

    assert [3, 3, 1] == [len(page) for page in pages]
    assert references(catalog.datasets.list()) == list(chain.from_iterable(pages))


def test_updating_changes_only_what_is_given(catalog):
    seal(catalog, description="Pages.", owner="ada")
    dataset = catalog.datasets.describe(
        ref("web/cc"), Card(), lifecycle=Lifecycle.DEPRECATED, **WHO
    )

    assert (Lifecycle.DEPRECATED, "Pages.", "ada") == (
        dataset.lifecycle,
        dataset.description,
        dataset.owner,
    )
    assert {"lifecycle": "deprecated"} == catalog.audit.list(1)[0].detail


def test_updating_to_the_same_is_not_audited(catalog):
    seal(catalog, description="Pages.")
    before = catalog.audit.list()
    catalog.datasets.describe(ref("web/cc"), Card(description="Pages."), **WHO)

    assert before == catalog.audit.list()


def test_a_tag_moves_and_goes(catalog):
    seal(catalog)
    seal(catalog, content="more")

    assert {"gold": 1} == catalog.datasets.tag(ref("web/cc@1"), "gold", **WHO).tags
    assert {"gold": 2} == catalog.datasets.tag(ref("web/cc"), "gold", **WHO).tags
    assert {} == catalog.datasets.untag(ref("web/cc"), "gold", **WHO).tags
    assert ["tag.remove", "tag.move", "tag.move"] == [
        entry.action for entry in catalog.audit.list(3)
    ]


def test_a_tag_that_means_another_version_stays(catalog):
    seal(catalog)
    seal(catalog, content="more", tags=("gold",))

    with pytest.raises(InputError, match="web/cc@gold means web/cc@2, not web/cc@1"):
        catalog.datasets.untag(ref("web/cc@1"), "gold", **WHO)
    assert {"gold": 2} == catalog.datasets.get(CC).tags
    assert {} == catalog.datasets.untag(ref("web/cc@2"), "gold", **WHO).tags


def full_card(**fields):
    return Card(
        **{
            "kind": "code",
            "description": "New.",
            "owner": "ada",
            "licence": "MIT",
            "licence_url": "https://example.org/LICENSE",
            "language": ("de", "en"),
            "tags": ("gold",),
            "url": "https://example.org",
            "publisher": "Example",
            "retrieved_at": AT,
            **fields,
        }
    )


def test_describing_applies_every_field_of_a_card_and_repeating_it_nothing(catalog):
    found = SourceFacts(kind="file", uri="/data")
    seal(catalog, languages=("en",), sources=(found,))
    dataset = catalog.datasets.describe(ref("web/cc"), full_card(), **WHO)
    version = catalog.versions.get(ref("web/cc@gold"))
    entries = catalog.audit.list()

    assert ("code", "New.", "ada") == (dataset.kind, dataset.description, dataset.owner)
    assert ("MIT", ("de", "en")) == (version.licence, version.languages)
    stated = {"url": "https://example.org", "publisher": "Example", "retrieved_at": AT}
    assert (found, found.model_copy(update=stated)) == version.sources
    catalog.datasets.describe(ref("web/cc"), full_card(), **WHO)
    assert entries == catalog.audit.list()
    assert version == catalog.versions.get(ref("web/cc"))


def test_describing_a_version_without_a_source_gives_it_one(catalog):
    seal(catalog)
    catalog.datasets.describe(ref("web/cc"), Card(url="https://example.org"), **WHO)
    (source,) = catalog.versions.get(ref("web/cc")).sources

    assert ("card", "https://example.org") == (source.kind, source.url)


def test_evidence_for_the_same_licence_is_kept(catalog):
    seal(catalog, licence="MIT")
    catalog.datasets.describe(ref("web/cc"), Card(licence_url="https://example.org/L"), **WHO)
    newest = catalog.audit.list(1)[0]

    assert ("MIT", "https://example.org/L", True) == tuple(
        newest.detail[name] for name in ("expression", "evidence", "holds")
    )


def test_a_description_that_fails_half_way_changes_nothing(catalog):
    seal(catalog, description="Old.")

    def fail(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO version_source"):
            raise OSError("the machine stops here")

    event.listen(catalog._database._engine, "before_cursor_execute", fail)
    before = (catalog.datasets.get(CC), catalog.versions.get(ref("web/cc")), catalog.audit.list())
    with pytest.raises(OSError, match="stops here"):
        catalog.datasets.describe(ref("web/cc"), full_card(), **WHO)

    assert before == (
        catalog.datasets.get(CC),
        catalog.versions.get(ref("web/cc")),
        catalog.audit.list(),
    )


def test_removing_an_unknown_tag_offers_the_nearest(catalog):
    seal(catalog, tags=("golden",))

    with pytest.raises(UnknownError) as caught:
        catalog.datasets.untag(ref("web/cc"), "golde", **WHO)

    assert "did you mean golden?" == caught.value.hint


def test_a_tag_that_is_none_is_refused(catalog):
    seal(catalog)

    with pytest.raises(InvalidNameError):
        catalog.datasets.tag(ref("web/cc"), "1", **WHO)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("crawl", ["web/crawl@1", "lab/pages@1"]),
        ("CRAWL", ["web/crawl@1", "lab/pages@1"]),
        ("cra", ["web/crawl@1", "lab/pages@1"]),
        ("brulee", ["lab/pages@1"]),
        ("crème brûlée", ["lab/pages@1"]),
        ("gold", ["web/crawl@1"]),
        ("crawl nothing", []),
        ("web/crawl", ["web/crawl@1"]),
        ("日本", ["lab/pages@1"]),
        ("123ab", ["lab/pages@1"]),
        ("", []),
        ("   ", []),
        ('"', []),
        ("' OR 1=1 --", []),
        ('crawl" AND (', []),
        ("NEAR(crawl)", []),
        ("crawl*", ["web/crawl@1", "lab/pages@1"]),
        ("craw:l", ["lab/pages@1"]),
        ("!&|():*", []),
        ("\x00crawl", ["web/crawl@1", "lab/pages@1"]),
        ("x" * 5_000, []),
    ],
)
def test_search_takes_whatever_is_typed_as_words(catalog, query, found):
    seal(catalog, "web/crawl", tags=("gold",))
    seal(catalog, "lab/pages", description="A crawl of Crème brûlée, 日本語, 123abc.")

    assert found == references(catalog.datasets.search(query))


def test_search_follows_every_change(catalog):
    seal(catalog, description="Old.")
    catalog.datasets.describe(ref("web/cc"), Card(description="New."), **WHO)
    catalog.datasets.tag(ref("web/cc"), "gold", **WHO)

    assert [] == catalog.datasets.search("old")
    assert ["web/cc@1"] == references(catalog.datasets.search("new gold"))
    catalog.datasets.untag(ref("web/cc"), "gold", **WHO)
    assert [] == catalog.datasets.search("gold")


@pytest.mark.parametrize("num_few", [0, 1_000])
def test_the_best_match_comes_first_however_many_match(catalog, monkeypatch, num_few):
    monkeypatch.setattr("registry.catalog.search._FEW", num_few)
    seal(catalog, "a/x", description="code")
    seal(catalog, "a/y", description="code too")
    seal(catalog, "a/barcode")
    seal(catalog, "b/coder")
    seal(catalog, "c/code")
    seal(catalog, "d/code", description="code code code")
    seal(catalog, "e/co.code_c-1")
    seal(catalog, "e/z", description="Codes.")

    ranked = ["c/code@1", "d/code@1", "e/co.code_c-1@1", "b/coder@1", "a/y@1", "a/x@1", "e/z@1"]

    assert ranked == references(catalog.datasets.search("code"))
    assert ranked[:3] == references(catalog.datasets.search("code", limit=3))
    assert ["d/code@1"] == references(catalog.datasets.search("d/code", limit=1))
    assert ["e/co.code_c-1@1"] == references(catalog.datasets.search("code 1"))


@given(text=st.text(max_size=60), query=st.text(max_size=20))
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_search_finds_exactly_what_the_folded_words_say(catalog, text, query):
    text = text.replace("\x00", "")
    if catalog.datasets.find(CC) is None:
        seal(catalog)
    catalog.datasets.describe(ref("web/cc"), Card(description=text), **WHO)
    held, asked = fold("web/cc", text), fold(query)
    matches = bool(asked) and all(any(word.startswith(part) for word in held) for part in asked)

    assert matches == bool(catalog.datasets.search(query))


@given(st.text())
def test_folding_twice_is_folding_once(text):
    words = fold(text)

    assert words == fold(" ".join(words))
