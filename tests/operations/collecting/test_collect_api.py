"""An HTTP API becomes versions, again and again, whatever happens in between."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from registry.api import open_registry
from registry.domain.collecting import SourceOptions, parse_source
from registry.domain.reading import Format, Reading
from registry.errors import ConflictError, InputError
from registry.operations.keeping.database import init_registry
from tests.collection.conftest import server  # noqa: F401 - a fixture
from tests.collection.web_server import Reply, reply

TEXT = Reading(text_columns=("text",))


def texts(muster, reference):
    return [text for batch in muster.stream(reference) for text in batch["text"].to_pylist()]


def posts(page, *, without=()):
    return [
        {"id": f"{page}.{n}"} | ({} if n in without else {"text": f"text {page}.{n}"})
        for n in (1, 2)
    ]


def paths(context, muster, reference):
    version = muster.show(reference).version
    shards = context.catalog.versions.list_shards(muster_reference(version.reference))
    return [shard.path for shard in shards]


def muster_reference(text):
    from registry.domain.names import Reference  # noqa: PLC0415

    return Reference.parse(text)


def test_an_api_that_grows_is_the_same_whether_read_in_steps_or_at_once(muster, context, server):  # noqa: F811
    pages = [posts(1), posts(2, without=(1, 2)), posts(3)[:1]]
    server.serve_pages(pages, by="cursor")
    source = server.source(page_by="cursor", next="meta.next", records="data.items")
    first = muster.collect(source, name="forum/api", reading=TEXT)
    same = muster.collect(source, name="forum/api", reading=TEXT)
    pages[2] = posts(3, without=(2,))
    pages.append(posts(4))
    second = muster.collect(source, name="forum/api", reading=TEXT)
    whole = muster.collect(source, name="forum/whole", reading=TEXT)

    assert ("forum/api@1", 3, {"missing-text": 2}) == (
        first.reference,
        first.num_documents,
        first.rejected,
    )
    assert "unchanged" == same.status
    assert ("forum/api@2", 5, {"missing-text": 3}) == (
        second.reference,
        second.num_documents,
        second.rejected,
    )
    assert second.digest == whole.digest
    assert [f"page-{n:05}.json" for n in (1, 2, 3, 4)] == paths(context, muster, "forum/api")
    ledgers = [context.catalog.runs.ledger(one.run or "") for one in (second, whole)]
    assert ledgers[0] == ledgers[1]
    assert (8, 5) == (ledgers[0].documents_in, ledgers[0].documents_kept)
    assert 3 == len(muster.quarantine.show("forum/api").rows)
    (facts,) = muster.show("forum/api").version.sources
    assert ("api", 4) == (facts.kind, facts.reached["at"])


def test_pages_are_kept_byte_for_byte(muster, context, server):  # noqa: F811
    body = b'{ "data" : {"items": [\n{"text": "caf\\u00e9"}, {"text": "\xff"}, 7]}, "at": 1.50}\n'
    server.site = lambda request: Reply(body)
    answer = muster.collect(server.source(records="data.items"), name="forum/api", reading=TEXT)
    (shard,) = context.catalog.versions.list_shards(muster_reference(answer.reference))
    kept = next(
        path for path in context.home.rglob("*") if path.is_file() and path.read_bytes() == body
    )

    assert (Format.JSON, "data.items") == (shard.reading.format, shard.reading.records)
    assert shard.digest.removeprefix("sha256:")[4:] in str(kept).replace("/", "")
    assert {"invalid-utf8": 1, "not-an-object": 1} == answer.rejected


def test_a_registration_that_failed_goes_on_behind_the_last_page(muster, server):  # noqa: F811
    pages = [posts(n) for n in range(1, 7)]
    server.serve_pages(pages)
    source = server.source(page_by="page", max_pages=3)
    with pytest.raises(InputError, match="more than 3 pages"):
        muster.collect(source, name="forum/api", reading=TEXT)
    server.requests.clear()
    answer = muster.collect(server.source(page_by="page"), name="forum/api", reading=TEXT)

    assert ["3", "4", "5", "6", "7"] == [one.query["page"] for one in server.requests]
    assert ("forum/api@1", 12) == (answer.reference, answer.num_documents)
    assert texts(muster, "forum/api") == [f"text {n}.{i}" for n in range(1, 7) for i in (1, 2)]


def test_what_moved_meanwhile_is_read_again_from_the_start(muster, server):  # noqa: F811
    pages = [posts(n) for n in range(1, 5)]
    server.serve_pages(pages)
    with pytest.raises(InputError, match="more than 2 pages"):
        muster.collect(server.source(page_by="page", max_pages=2), name="forum/api", reading=TEXT)
    pages.insert(0, posts(0))
    source = server.source(page_by="page")
    with pytest.raises(ConflictError, match="has other records now"):
        muster.collect(source, name="forum/api", reading=TEXT)
    answer = muster.collect(source, name="forum/api", reading=TEXT, from_start=True)
    assert 10 == answer.num_documents


def test_a_plan_asks_for_one_page_and_writes_nothing(muster, context, server):  # noqa: F811
    pages = [posts(1), posts(2)]
    server.serve_pages(pages)
    source = server.source(page_by="page")
    plan = muster.plan_collection(source, name="forum/api")
    assert (None, None, 1) == (plan.since, plan.num_rows, len(server.requests))
    assert ("first page", "2 records") in plan.details
    assert not context.catalog.datasets.find("forum/api")
    muster.collect(source, name="forum/api", reading=TEXT)
    plan = muster.plan_collection(source, name="forum/api")
    assert ("forum/api@1", 0) == (plan.since, plan.num_rows)


def test_no_secret_is_written_anywhere(muster, context, server, monkeypatch, caplog):  # noqa: F811
    monkeypatch.setenv("MUSTER_TEST_TOKEN", "t0ps3cr3t")
    caplog.set_level("DEBUG")
    source = parse_source(
        [f"{server.url}/posts?key=env:MUSTER_TEST_TOKEN"],
        SourceOptions(
            auth="env:MUSTER_TEST_TOKEN",
            headers=("X-Key: env:MUSTER_TEST_TOKEN",),
            allow_private=True,
        ),
    )
    pages = {"1": reply(posts(1), headers={"Link": '</posts?key=t0ps3cr3t&p=2>; rel="next"'})}
    server.site = lambda request: pages.get(request.query.get("p", "1"), reply(posts(2)))
    muster.collect(source, name="forum/api", reading=TEXT)
    muster.collect(source, name="forum/api", reading=TEXT)
    assert {"t0ps3cr3t"} == {one.query["key"] for one in server.requests}
    assert {"Bearer t0ps3cr3t"} == {one.headers["Authorization"] for one in server.requests}

    said = muster.show("forum/api").model_dump_json() + repr(muster.runs.list()) + caplog.text
    written = [path.read_bytes() for path in context.home.parent.rglob("*") if path.is_file()]
    assert "t0ps3cr3t" not in said + repr(source)
    assert not any(b"t0ps3cr3t" in data for data in written)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_registration_that_is_killed_goes_on_behind_the_last_page(tmp_path, server):  # noqa: F811
    """Killed while the fourth page is on its way; the same command asks for no page before."""
    pages = [posts(n) for n in range(1, 6)]
    server.serve_pages(pages)
    site = server.site
    server.site = lambda request: (
        reply(posts(4), seconds=60) if request.query["page"] == "4" else site(request)
    )
    init_registry(tmp_path)
    script = textwrap.dedent(
        f"""
        from registry.api import open_registry
        from registry.domain.collecting import SourceOptions, parse_source
        from registry.domain.reading import Reading
        options = SourceOptions(page_by="page", allow_private=True)
        source = parse_source(["{server.url}/posts"], options)
        with open_registry("{tmp_path}/.muster") as muster:
            muster.collect(source, name="forum/api", reading=Reading(text_columns=("text",)))
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script], env=os.environ)
    deadline = time.monotonic() + 60
    while [one.query["page"] for one in server.requests] != ["1", "2", "3", "4"]:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.site = site
    server.requests.clear()
    source = server.source(page_by="page")
    with open_registry(tmp_path / ".muster") as muster:
        answer = muster.collect(source, name="forum/api", reading=TEXT)

    assert (10, 5) == (answer.num_documents, answer.num_shards)
    assert ["3", "4", "5", "6"] == [one.query["page"] for one in server.requests]
    assert not list((tmp_path / ".muster" / "work").glob("*/*.json"))
