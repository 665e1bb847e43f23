"""Datasets of the Hub, from a server on loopback that answers as the Hub does."""

import dataclasses
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfFileSystem, constants
from huggingface_hub.utils import _http, close_session

from registry.domain.card import Card
from registry.domain.hub_source import CONVERTED, HubSource
from registry.errors import (
    ConflictError,
    InputError,
    NotAllowedError,
    StorageError,
    UnknownError,
    UnreadableError,
)
from tests.collection.web_server import Server
from tests.sources.hub_site import TOKEN, HubSite

# What the Hub says does not depend on the engine of the catalog.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

POEMS = HubSource(repository="ada/poems")

CARD = """---
license: cc-by-4.0
language:
- en
dataset_info:
  splits:
  - name: train
    num_examples: 3
  dataset_size: 99
---
# Poems

Poems by nobody.
"""


def lines(*texts):
    return "".join(json.dumps({"text": text}) + "\n" for text in texts)


def parquet(*texts):
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), sink)
    return sink.getvalue()


@pytest.fixture
def hub(monkeypatch):
    """The Hub, with the token of nobody; waiting takes no time."""
    with Server().running() as server:
        server.site = HubSite(server)
        # The library reads HF_ENDPOINT when it is loaded.
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(_http.time, "sleep", lambda _: None)
        monkeypatch.setenv("HF_TOKEN_PATH", "nowhere")
        monkeypatch.delenv("HF_TOKEN", raising=False)
        HfFileSystem.clear_instance_cache()
        yield server.site
        close_session()


def texts(muster, reference):
    return [text for batch in muster.stream(reference) for text in batch["text"].to_pylist()]


def test_files_stay_where_they_lie_and_the_card_is_a_claim(muster, context, hub):
    sha = hub.commit(
        {"README.md": CARD, "data/a.jsonl.gz": gzip.compress(lines("one", "two").encode()),
         "data/b.parquet": parquet("three"), "LICENSE": "all of it"}
    )  # fmt: skip
    answer = muster.collect(POEMS, name="raw/poems")
    found = muster.show("raw/poems")
    source, *_ = found.version.sources

    assert (3, 2, "CC-BY-4.0") == (answer.num_documents, answer.num_shards, answer.licence)
    assert ["one", "two", "three"] == texts(muster, "raw/poems")
    assert ("hub", f"hf://datasets/ada/poems@{sha}") == (source.kind, source.uri)
    assert sha == source.reached["commit"]
    assert ("en",) == found.version.languages
    (claimed,) = muster.exchange.claims("raw/poems").documents
    claims = {claim.name: claim.value for claim in claimed.claims}
    assert (3, 99) == (claims["declared.num_documents"], claims["declared.num_bytes"])
    assertions = muster.licences.list("raw/poems").assertions
    (assertion,) = (one for one in assertions if one.holds)
    assert f"{hub.server.url}/datasets/ada/poems/blob/{sha}/README.md" == assertion.evidence
    assert "low" == assertion.confidence
    assert [("1 file", "LICENSE")] == [(one.path, one.reason) for one in answer.skipped]
    stored = [path for path in (context.home / "objects" / "sha256").rglob("*") if path.is_file()]
    assert 1 == len(stored), "the card"


def test_only_what_changed_between_two_commits_is_read(muster, hub):
    hub.commit({"a.jsonl": lines("one"), "b.parquet": parquet("two"), "README.md": CARD})
    first = muster.collect(POEMS, name="raw/poems")
    again = muster.collect(POEMS, name="raw/poems")
    hub.fetched.clear()
    sha = hub.commit({"a.jsonl": lines("ONE"), "b.parquet": parquet("two"), "c.txt": "three"})
    plan = muster.plan_collection(POEMS, name="raw/poems")
    more = muster.collect(POEMS, name="raw/poems")

    assert ("unchanged", 2) == (again.status, again.num_known)
    assert ("raw/poems@1", 2, None) == (plan.since, plan.num_files, plan.num_rows)
    assert ("commit", sha) in plan.details
    assert {"a.jsonl", "c.txt"} == {path for path, _ in hub.fetched}
    assert (2, 1) == (first.num_shards, more.num_known)
    assert ["ONE", "two", "three"] == texts(muster, "raw/poems@2")
    assert ["one", "two"] == texts(muster, "raw/poems@1")
    assert 0 == muster.plan_collection(POEMS, name="raw/poems").num_rows
    by_commit = HubSource(repository="ada/poems", revision=sha)
    assert ("unchanged", 3) == (
        muster.collect(by_commit, name="raw/poems").status,
        muster.collect(by_commit, name="raw/poems").num_known,
    )


def test_another_licence_on_the_card_is_not_held_up_by_the_one_before(muster, hub):
    for words, licence in (("one", "cc0-1.0"), ("two", "cc-by-nc-4.0")):
        card = f"---\nlicense: {licence}\n---\n"
        hub.commit({"a.jsonl": lines(words), "README.md": card.encode()})
        answer = muster.collect(POEMS, name="raw/poems")

    assert ("raw/poems@2", "CC-BY-NC-4.0", None) == (
        answer.reference,
        answer.licence,
        answer.licence_from,
    )
    assert "CC-BY-NC-4.0" == muster.licences.effective("raw/poems@2").expression


def test_ingested_files_are_in_the_store_and_known_by_their_digest(muster, hub):
    hub.commit({"b.parquet": parquet("two")})
    muster.collect(POEMS, name="raw/poems", ingest=True)
    hub.commit({"b.parquet": parquet("two"), "c.parquet": parquet("three")})
    more = muster.collect(POEMS, name="raw/poems", ingest=True)
    hub.commits.clear()

    assert 1 == more.num_known
    assert ["two", "three"] == texts(muster, "raw/poems")


def test_a_tree_of_many_pages_is_read_whole(muster, hub):
    hub.page_size = 3
    hub.commit({f"data/{number:02}.txt": str(number) for number in range(10)})
    answer = muster.collect(POEMS, name="raw/poems")

    assert (10, 10) == (answer.num_shards, answer.num_documents)


@pytest.fixture
def configured(hub):
    card = """---
configs:
- config_name: en
  data_files:
  - split: train
    path: en/train-*
  - split: test
    path: [en/test.jsonl]
- config_name: de
  data_dir: de
---
"""
    return hub.commit(
        {"README.md": card, "en/train-0.jsonl": lines("a"), "en/train-1.jsonl": lines("b"),
         "en/test.jsonl": lines("c"), "de/x.jsonl": lines("d")}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "options", "expected"),
    [
        ("hf://datasets/ada/poems", {"subset": "en"}, ["c", "a", "b"]),
        ("hf://datasets/ada/poems", {"subset": "en", "split": "train"}, ["a", "b"]),
        ("hf://datasets/ada/poems", {"subset": "de"}, ["d"]),
        ("hf://datasets/ada/poems/en/train-1.jsonl", {}, ["b"]),
        ("hf://datasets/ada/poems@main/en", {}, ["c", "a", "b"]),
        ("hf://datasets/ada/poems/**/*.jsonl", {}, ["d", "c", "a", "b"]),
    ],
)
def test_a_path_or_a_subset_says_which_files_are_meant(muster, configured, url, options, expected):
    answer = muster.collect(HubSource.parse(url, **options), name="raw/poems")

    assert expected == texts(muster, answer.reference)


@pytest.mark.parametrize(
    ("url", "options", "error", "words"),
    [
        ("hf://datasets/ada/poems", {}, InputError, "2 subsets"),
        ("hf://datasets/ada/poems", {"subset": "fr"}, UnknownError, "'fr'"),
        ("hf://datasets/ada/poems", {"subset": "en", "split": "dev"}, UnknownError, "'dev'"),
        ("hf://datasets/ada/poems/en/trian-1.jsonl", {}, InputError, "trian"),
        ("hf://datasets/ada/poems@v9", {}, InputError, "no such revision"),
    ],
)
def test_what_is_not_there_is_named(muster, configured, url, options, error, words):
    with pytest.raises(error, match=words):
        muster.collect(HubSource.parse(url, **options), name="raw/poems")


def test_the_converted_branch_is_read_where_the_repository_holds_no_data(muster, hub):
    hub.commit({"README.md": CARD, "poems.py": "print()"})
    sha = hub.commit(
        {"en/train/0000.parquet": parquet("a"), "en/test/0000.parquet": parquet("b"),
         "de/partial-train/0000.parquet": parquet("c")},
        branch=CONVERTED,
    )  # fmt: skip
    one = HubSource(repository="ada/poems", subset="en", split="train")
    plan = muster.plan_collection(one, name="raw/en")
    english = muster.collect(one, name="raw/en")
    asked = HubSource.parse("hf://datasets/ada/poems@~parquet", subset="de")
    german = muster.collect(asked, name="raw/de")

    assert {("commit", sha), ("branch", f"{CONVERTED}, as the Hub converted it")} < set(
        plan.details
    )
    assert ["a"] == texts(muster, english.reference)
    assert ["c"] == texts(muster, german.reference)
    assert "only the beginning" in german.skipped[0].reason
    assert "CC-BY-4.0" == german.licence


@pytest.mark.parametrize("name", ["a b#1%20.jsonl", "x@y/ü?.jsonl", "10%/a+b.jsonl.gz"])
def test_any_name_of_a_file_leads_to_it(muster, hub, name):
    text = lines("one").encode()
    hub.commit({name: gzip.compress(text) if name.endswith("gz") else text, "z.txt": "two"})
    muster.collect(POEMS, name="raw/poems")
    hub.commit({name: gzip.compress(text) if name.endswith("gz") else text, "z.txt": "three"})

    assert 1 == muster.collect(POEMS, name="raw/poems").num_known
    assert ["one", "three"] == texts(muster, "raw/poems")


def test_without_data_and_without_a_converted_branch_nothing_is_made_up(muster, hub):
    hub.commit({"README.md": CARD, "poems.py": "print()"})
    with pytest.raises(InputError, match="made no Parquet"):
        muster.collect(POEMS, name="raw/poems")
    hub.commit({"a.py": "print()", "requirements.txt": "x"}, branch="v1")
    hub.commit({"en/train/0000.parquet": parquet("a")}, branch=CONVERTED)
    with pytest.raises(InputError, match="Parquet of main alone"):
        muster.collect(HubSource(repository="ada/poems", revision="v1"), name="raw/poems")


def test_a_private_or_gated_repository_asks_for_a_token_that_is_kept_nowhere(
    muster, context, hub, monkeypatch, caplog
):
    hub.commit({"README.md": CARD, "a.jsonl": lines("one")})
    hub.gated["ada/poems"] = "manual"
    with pytest.raises(NotAllowedError, match="gated") as gated:
        muster.collect(POEMS, name="raw/poems")
    hub.private.add("ada/poems")
    with pytest.raises(NotAllowedError, match="private or not there"):
        muster.collect(POEMS, name="raw/poems")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    plan = muster.plan_collection(POEMS, name="raw/poems")
    answer = muster.collect(POEMS, name="raw/poems")
    with pytest.raises(UnknownError):
        muster.collect(HubSource(repository="ada/nothing"), name="raw/nothing")
    said = answer.model_dump_json() + muster.show("raw/poems").model_dump_json() + caplog.text
    written = [path.read_bytes() for path in context.home.parent.rglob("*") if path.is_file()]

    assert "HF_TOKEN" in (gated.value.hint or "")
    assert ("access", "gated (manual)") in plan.details
    assert 1 == answer.num_documents
    assert TOKEN not in said
    assert not any(TOKEN.encode() in data for data in written)


def cut(true):
    return dataclasses.replace(true, cut_at=len(true.body) // 2)


def shorter(true):
    return dataclasses.replace(true, body=true.body[:-1])


def other(true):
    return dataclasses.replace(true, body=true.body.replace(b"one", b"two"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
@pytest.mark.parametrize(
    ("forge", "errors"),
    [
        (cut, StorageError),
        (shorter, (ConflictError, UnreadableError)),
        (other, (ConflictError, UnreadableError)),
    ],
)
def test_no_other_bytes_than_those_of_the_commit_are_sealed(muster, hub, name, forge, errors):
    text = lines("one", "another one").encode()
    hub.commit({name: gzip.compress(text, 0) if name.endswith("gz") else text})
    hub.forge[name] = forge
    with pytest.raises(errors) as failed:
        muster.collect(POEMS, name="raw/poems")
    assert not muster.datasets.list()
    hub.forge.clear()

    assert "s1gn4ture" not in str(failed.value)
    assert 2 == muster.collect(POEMS, name="raw/poems").num_documents


def test_a_server_that_is_busy_is_asked_again(muster, hub):
    hub.commit({"a.parquet": parquet("one")})
    busy = [1, 2]

    def answer(true):
        if busy:
            busy.pop()
            return dataclasses.replace(true, status=429, headers={"Retry-After": "1"}, body=b"{}")
        return true

    hub.forge["a.parquet"] = answer

    assert 1 == muster.collect(POEMS, name="raw/poems").num_documents
    hub.forge["a.parquet"] = lambda true: dataclasses.replace(true, status=429, body=b"{}")
    with pytest.raises(StorageError, match="no more requests"):
        muster.collect(POEMS, name="raw/other", from_start=True)


def test_what_the_caller_states_goes_before_the_card(muster, hub):
    hub.commit({"README.md": CARD, "a.jsonl": lines("one")})
    answer = muster.collect(POEMS, name="raw/poems", card=Card(licence="MIT", language="de"))

    assert "MIT" == answer.licence


def test_a_host_that_cannot_be_reached_is_named(muster, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://ada:s3cret@127.0.0.1:1")

    with pytest.raises(StorageError, match=r"127\.0\.0\.1 cannot be reached: ") as caught:
        muster.collect(POEMS, name="raw/poems")
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"
