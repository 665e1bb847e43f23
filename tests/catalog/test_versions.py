import pytest
from sqlalchemy import event

from registry.domain.card import Card
from registry.domain.run import RunState
from registry.domain.version import Metric, SealStatus, SourceFacts, VersionState
from registry.errors import BalanceError, ConflictError, InputError, UnknownError
from tests.catalog.factories import (
    AT,
    LATER,
    WHO,
    digest,
    make_count,
    make_draft,
    make_entry,
    make_recipe,
    make_run,
    make_shard,
    make_tokenizer,
    ref,
    seal,
)


def full_draft(**fields):
    return make_draft(
        **{
            "derivation": digest("how"),
            "recipe": make_recipe(),
            "licence": "MIT",
            "licence_evidence": "https://example.org/LICENSE",
            "languages": ("fr", "en", "fr"),
            "tags": ("gold", "a-tag"),
            "sources": (
                SourceFacts(kind="file", uri="/data/b", retrieved_at=AT),
                SourceFacts(kind="file", uri="/data/a", url="https://example.org"),
            ),
            "description": "Web pages.",
            "owner": "team-web",
            "ledger": (make_entry(),),
            "metrics": (Metric(name="b", value=0.1), Metric(name="a", value=2.0)),
            "document_index": digest("index"),
            "quarantine": digest("quarantine"),
            **fields,
        }
    )


def test_a_sealed_version_reads_back_as_it_was_answered(catalog):
    sealed = catalog.versions.seal(full_draft(), run=make_run(), **WHO)

    assert sealed.version == catalog.versions.get(ref("web/cc@1"))
    assert SealStatus.CREATED == sealed.status
    assert sealed.previous is None


def test_every_fact_of_a_draft_is_kept(catalog):
    draft = full_draft()
    version = catalog.versions.seal(draft, run=make_run(), **WHO).version
    stored = catalog.versions.get(ref("web/cc"))

    assert (draft.manifest_digest, draft.derivation) == (stored.digest, stored.derivation)
    assert (draft.recipe, draft.fields, draft.sources) == (
        stored.recipe,
        stored.fields,
        stored.sources,
    )
    assert ("en", "fr") == stored.languages
    assert ("a-tag", "gold") == stored.tags
    assert [("a", 2.0), ("b", 0.1)] == [(one.name, one.value) for one in stored.metrics]
    assert (10, 100, 90, 1) == (
        stored.num_documents,
        stored.num_bytes,
        stored.num_text_bytes,
        stored.num_shards,
    )
    assert draft.shards == tuple(catalog.versions.list_shards(ref("web/cc@1")))
    assert draft.ledger == catalog.runs.ledger(version.run).entries
    assert "team-web" == catalog.datasets.get(ref("web/cc").dataset).owner


def test_sealing_closes_the_run_that_it_records(catalog):
    version = catalog.versions.seal(full_draft(), run=make_run(), actor="ada", at=LATER).version
    run = catalog.runs.get(version.run)

    assert RunState.DONE == run.state
    assert (AT, LATER) == (run.started_at, run.finished_at)
    assert digest("quarantine") == run.quarantine
    assert ["web/cc@1"] == catalog.runs.outputs(run.id)


def test_the_same_bytes_again_make_no_version(catalog):
    first = seal(catalog)
    again = seal(catalog)

    assert SealStatus.UNCHANGED == again.status
    assert first.version == again.version
    assert again.previous is None
    assert [first.version] == catalog.versions.list_for(ref("web/cc").dataset)
    assert ["web/cc@1"] == catalog.runs.outputs(catalog.runs.list(1)[0].id)


def test_the_same_bytes_again_take_over_what_can_be_stated_later(catalog):
    seal(catalog)
    again = seal(catalog, licence="MIT", tags=("gold",), description="Pages.", owner="ada")

    assert ("MIT", ("gold",)) == (again.version.licence, again.version.tags)
    dataset = catalog.datasets.get(ref("web/cc").dataset)
    assert ("Pages.", "ada", 1) == (dataset.description, dataset.owner, dataset.head)


def locations(catalog):
    return [(one.uri, one.modified_ns) for one in catalog.versions.list_shards(ref("web/cc@1"))]


def test_the_same_bytes_elsewhere_are_the_same_version_at_its_newest_place(catalog):
    names = ("a.jsonl", "b.jsonl")
    for number, folder in enumerate(("/old", "/new", "/new", "/newer")):
        shards = tuple(
            make_shard(name, path=name, uri=f"{folder}/{name}", modified_ns=number)
            for name in names
        )
        sealed = seal(catalog, shards=shards)

    assert ("web/cc@1", "unchanged") == (sealed.version.reference, sealed.status)
    assert [("/newer/a.jsonl", 3), ("/newer/b.jsonl", 3)] == locations(catalog)
    assert shards == tuple(catalog.versions.list_shards(ref("web/cc@1")))


def test_only_a_shard_that_moved_is_located_again(catalog):
    stays, moves = make_shard("a", path="a"), make_shard("b", path="b")
    seal(catalog, shards=(stays, moves))
    moved = moves.model_copy(update={"uri": "/new/b"})
    seal(catalog, shards=(stays, moved))
    seal(catalog, shards=(stays, moved))

    located = [entry.detail for entry in catalog.audit.list() if entry.action == "version.locate"]

    assert [{"num_shards": 1}] == located
    assert [stays, moved] == catalog.versions.list_shards(ref("web/cc@1"))


def test_bytes_in_the_object_store_stay_there(catalog):
    seal(catalog)
    seal(catalog, shards=(make_shard(uri=None, modified_ns=None),))

    assert [(None, None)] == locations(catalog)

    seal(catalog)

    assert [(None, None)] == locations(catalog)


def test_a_move_within_one_batch_is_kept(catalog):
    drafts = [make_draft(shards=(make_shard(uri=uri),)) for uri in ("/a", "/b", "/c")]
    catalog.versions.seal_many([(draft, make_run()) for draft in drafts], **WHO)

    assert "/c" == locations(catalog)[0][0]


def test_shards_are_listed_in_one_query(catalog, statements):
    seal(catalog)
    seal(catalog, shards=(make_shard(uri="/new"),))
    statements.clear()
    catalog.versions.list_shards(ref("web/cc@1"))

    assert 1 == sum("FROM shard" in statement for statement in statements)


def test_the_same_bytes_again_add_languages_and_sources_and_restate_the_kind(catalog):
    first = SourceFacts(kind="file", uri="/data", publisher="ada")
    seal(catalog, languages=("en",), sources=(first,))
    other = SourceFacts(kind="file", uri="/data", url="https://example.org")
    less = SourceFacts(kind="file", uri="/data")
    again = seal(catalog, languages=("en", "de"), sources=(other, less), kind="code").version

    assert (("de", "en"), (first, other), "code") == (again.languages, again.sources, again.kind)
    assert again == catalog.versions.get(ref("web/cc@1"))
    entry = next(one for one in catalog.audit.list() if one.action == "version.restate")
    assert ("web/cc@1", ["de"]) == (entry.entity, entry.detail["languages"])


def test_stating_the_same_again_adds_nothing(catalog):
    stated = {"languages": ("en",), "sources": (SourceFacts(kind="file", uri="/data", url="u"),)}
    seal(catalog, **stated)
    again = seal(catalog, **stated)

    assert stated["sources"] == again.version.sources
    assert "version.restate" not in {entry.action for entry in catalog.audit.list()}


def test_a_derived_draft_does_not_undo_a_stated_kind(catalog):
    seal(catalog, derivation=digest("how"))
    catalog.datasets.describe(ref("web/cc"), Card(kind="synthetic"), **WHO)

    assert "synthetic" == seal(catalog, derivation=digest("how")).version.kind


def test_the_bytes_of_a_withdrawn_version_are_refused_by_its_name(catalog):
    seal(catalog)
    catalog.versions.withdraw(ref("web/cc"), reason="takedown", **WHO)
    runs = catalog.runs.list()

    with pytest.raises(ConflictError, match=r"web/cc@1 .* was withdrawn") as caught:
        seal(catalog)

    assert "muster show web/cc@1" in caught.value.hint
    assert runs == catalog.runs.list()


def test_changed_bytes_make_the_next_version(catalog):
    first = seal(catalog, tags=("gold",))
    second = seal(catalog, content="other text", tags=("gold",))

    assert "web/cc@2" == second.version.reference
    assert first.version.digest == second.previous.digest
    assert () == second.previous.tags
    assert second.version == catalog.versions.get(ref("web/cc@gold"))


def test_the_same_bytes_in_two_datasets_are_two_versions(catalog):
    seal(catalog, "web/a")

    assert SealStatus.CREATED == seal(catalog, "web/b").status


@pytest.mark.parametrize("selector", ["", "@2", "@gold", "@sha256:{digest}", "@sha256:{start}"])
def test_each_form_of_reference_finds_its_version(catalog, selector):
    seal(catalog)
    wanted = seal(catalog, content="other text", tags=("gold",)).version
    hexadecimal = wanted.digest.removeprefix("sha256:")
    text = "web/cc" + selector.format(digest=hexadecimal, start=hexadecimal[:8])

    assert wanted == catalog.versions.get(ref(text))


def test_an_unknown_dataset_offers_the_nearest_names(catalog):
    seal(catalog, "web/common-crawl")

    with pytest.raises(UnknownError, match="no dataset 'web/comon-crawl'") as caught:
        catalog.versions.get(ref("web/comon-crawl"))

    assert ("web/common-crawl",) == caught.value.nearest


@pytest.mark.parametrize("text", ["web/cc@2", "web/cc@silver", "web/cc@sha256:000000"])
def test_an_unknown_version_is_named(catalog, text):
    seal(catalog, tags=("gold",))

    with pytest.raises(UnknownError, match=f"no version '{text}'"):
        catalog.versions.get(ref(text))


def test_an_ambiguous_digest_is_refused(catalog):
    # Two contents whose manifests begin with the same six digits cost 2^12 hashes to find.
    found = {}
    for number in range(100_000):
        draft = make_draft(content=str(number))
        other = found.setdefault(draft.manifest_digest[:13], draft)
        if other is not draft:
            break
    for draft_ in (other, draft):
        catalog.versions.seal(draft_, run=make_run(), **WHO)

    with pytest.raises(InputError, match="fits 2 versions: web/cc@1, web/cc@2"):
        catalog.versions.get(ref(f"web/cc@{draft.manifest_digest[:13]}"))


def test_an_unknown_input_seals_nothing(catalog):
    with pytest.raises(UnknownError):
        seal(catalog, inputs=("web/none@1",))

    assert [] == catalog.datasets.list(limit=1_000)
    assert [] == catalog.runs.list()
    assert [] == catalog.audit.list()


def test_books_that_do_not_balance_seal_nothing(catalog):
    with pytest.raises(BalanceError):
        seal(catalog, ledger=(make_entry(documents_kept=9),))

    assert [] == catalog.datasets.list(limit=1_000)


def test_two_shards_with_one_path_are_refused(catalog):
    with pytest.raises(InputError, match="2 shards with the path 'a'"):
        seal(catalog, shards=(make_shard("x", path="a"), make_shard("y", path="a")))


def test_a_failure_in_the_middle_leaves_nothing(catalog, catalog_url):
    engine = catalog._database._engine

    def fail(connection, cursor, statement, *_):
        if statement.startswith("INSERT INTO lineage_edge"):
            raise OSError("the machine stops here")

    seal(catalog, "web/parent")
    audited = catalog.audit.list()
    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="stops here"):
        seal(catalog, "web/child", inputs=("web/parent@1",), tags=("gold",))

    assert ["web/parent@1"] == [one.reference for one in catalog.datasets.list()]
    assert 1 == len(catalog.runs.list())
    assert audited == catalog.audit.list()


@pytest.mark.parametrize(
    ("licences", "inherited"),
    [
        (("MIT", "MIT"), "MIT"),
        (("MIT", "Apache-2.0"), "unknown"),
        (("MIT", None), "unknown"),
        ((), "unknown"),
    ],
)
def test_a_licence_is_inherited_when_every_input_agrees(catalog, licences, inherited):
    for number, licence in enumerate(licences):
        seal(catalog, f"web/in{number}", licence=licence)
    inputs = tuple(f"web/in{number}@1" for number in range(len(licences)))

    assert inherited == seal(catalog, "web/out", inputs=inputs).version.licence


def test_a_licence_stated_later_is_current(catalog):
    seal(catalog, licence="MIT")
    catalog.datasets.describe(ref("web/cc"), Card(licence="CC-BY-4.0"), **WHO)

    assert "CC-BY-4.0" == catalog.versions.get(ref("web/cc")).licence
    assert "licence.assert" == catalog.audit.list(1)[0].action


def test_withdrawing_twice_is_withdrawing_once(catalog):
    seal(catalog)
    first = catalog.versions.withdraw(ref("web/cc@1"), reason="takedown", **WHO)
    entries = catalog.audit.list()
    second = catalog.versions.withdraw(ref("web/cc@1"), reason="again", **WHO)

    assert VersionState.WITHDRAWN == first.state
    assert first == second
    assert entries == catalog.audit.list()


def test_a_version_is_found_by_how_it_was_made(catalog):
    version = seal(catalog, derivation=digest("how")).version
    name = ref("web/cc").dataset

    assert version == catalog.versions.find_derived(name, digest("how"))
    assert catalog.versions.find_derived(name, digest("else")) is None


def test_a_withdrawn_version_is_not_found_by_how_it_was_made(catalog):
    seal(catalog, derivation=digest("how"))
    catalog.versions.withdraw(ref("web/cc"), reason="takedown", **WHO)

    assert catalog.versions.find_derived(ref("web/cc").dataset, digest("how")) is None


def test_counts_of_inputs_are_recorded_with_the_version(catalog):
    seal(catalog, "web/text")
    catalog.tokenizers.add(make_tokenizer(), **WHO)
    inputs = (("web/text@1", make_count(num_tokens=8)),)
    seal(catalog, "web/tokens", inputs=("web/text@1",), input_counts=inputs)

    assert [8] == [count.num_tokens for count in catalog.counts.list_for(ref("web/text"))]


def test_sealing_many_equals_sealing_one_by_one(catalog):
    drafts = [
        full_draft(dataset="web/a"),
        make_draft("web/b", inputs=("web/a@1",)),
        make_draft("web/b", "changed", inputs=("web/a@1", "web/b@1"), tags=("gold",)),
        make_draft("web/b", "changed"),
    ]
    sealed = catalog.versions.seal_many([(draft, make_run()) for draft in drafts], **WHO)

    assert ["web/a@1", "web/b@1", "web/b@2", "web/b@2"] == [one.version.reference for one in sealed]
    assert ["created", "created", "created", "unchanged"] == [one.status for one in sealed]
    assert sealed[1].version == sealed[2].previous
    assert [one.version for one in sealed] == [
        catalog.versions.get(ref(one.version.reference)) for one in sealed
    ]
    assert ["web/a@1", "web/b@1"] == catalog.runs.inputs(sealed[2].version.run)


def test_a_batch_longer_than_a_slice_is_whole(catalog):
    drafts = [(make_draft(f"web/d{number}"), make_run()) for number in range(450)]
    drafts.append((make_draft("web/all", inputs=("web/d0@1", "web/d449@1")), make_run()))
    catalog.versions.seal_many(drafts, **WHO)

    assert 451 == len(catalog.datasets.list(limit=1_000))
    assert 3 == len(catalog.lineage.upstream(ref("web/all")).nodes)
    assert catalog.audit.verify() is None


def test_a_batch_with_one_bad_draft_seals_none(catalog):
    drafts = [(make_draft("web/a"), make_run())]
    drafts += [(make_draft("web/b", inputs=("web/none@1",)), make_run())]

    with pytest.raises(UnknownError):
        catalog.versions.seal_many(drafts, **WHO)

    assert [] == catalog.datasets.list(limit=1_000)


def test_a_version_closes_an_open_run_once(catalog):
    seal(catalog, "web/parent")
    run = catalog.runs.open(make_run(), inputs=["web/parent@1"])
    draft = make_draft("web/child", inputs=("web/parent@1",))
    catalog.versions.seal(draft, run=run.id, **WHO)

    assert RunState.DONE == catalog.runs.get(run.id).state
    assert ["web/parent@1"] == catalog.runs.inputs(run.id)
    with pytest.raises(ConflictError, match="is closed: done"):
        catalog.versions.seal(make_draft("web/child", "more"), run=run.id, **WHO)
