"""Pages of an API: all of them, each as it came, whatever the server does meanwhile."""

import gzip
import json
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import stamina

from registry.collection.opening import open_source
from registry.domain.api_source import ApiSource
from registry.errors import ConflictError, InputError, NotAllowedError, StorageError
from tests.collection.web_server import Reply, reply

PAGES = [[{"text": f"{page}.{number}"} for number in (1, 2)] for page in (1, 2, 3)]
WAYS = {
    "page": {"page_by": "page"},
    "offset": {"page_by": "offset"},
    "link": {"page_by": "link"},
    "cursor": {"page_by": "cursor", "next": "meta.next", "records": "data.items"},
}


def collect(source, folder, since=None):
    """Return the records that landed, the last position, and the files that were replaced."""
    folder.mkdir(exist_ok=True)
    records, position, replaced = [], since, 0
    with open_source(source) as collector:
        for landed in collector.collect(folder, since):
            data = landed.path.read_bytes()
            if landed.suffix == ".jsonl":
                found = [json.loads(line) for line in data.splitlines()]
            else:
                found = json.loads(data)
                for key in (source.records or "").split(".") if source.records else ():
                    found = found[key]
            records += found
            position, replaced = landed.position, replaced + landed.replaces_last
    return [record["text"] for record in records], position, replaced


def texts(pages):
    return [record["text"] for page in pages for record in page]


@pytest.mark.parametrize("by", list(WAYS))
def test_all_pages_are_read_and_later_only_what_is_new(server, tmp_path, by):
    pages = [list(page) for page in PAGES]
    source = server.source(**WAYS[by])
    server.serve_pages(pages, by=by)
    found, position, _ = collect(source, tmp_path / "landed")
    assert texts(PAGES) == found

    before = len(server.requests)
    assert ([], position, 0) == collect(source, tmp_path / "landed", position)
    assert len(server.requests) - before <= 2

    pages.append([{"text": "4.1"}])
    found, position, replaced = collect(source, tmp_path / "landed", position)
    assert (["4.1"], 0) == (found, replaced)
    pages[3].append({"text": "4.2"})
    found, _, replaced = collect(source, tmp_path / "landed", position)
    assert (["4.1", "4.2"], 1) == (found, replaced)


def test_pages_that_moved_are_a_conflict(server, tmp_path):
    for by, options in WAYS.items():
        pages = [list(page) for page in PAGES]
        server.serve_pages(pages, by=by)
        source = server.source(**options)
        _, position, _ = collect(source, tmp_path / "landed")
        for broken in ([PAGES[0], PAGES[1], PAGES[2][:1]], [PAGES[2], PAGES[0], PAGES[1]]):
            pages[:] = broken
            with pytest.raises(ConflictError, match="has other records now"):
                collect(source, tmp_path / "landed", position)


def test_where_counting_begins_is_said_by_the_url(server, tmp_path):
    server.serve_pages([[{"text": "none"}], *PAGES])
    found, _, _ = collect(server.source("/posts?per=2&page=2", page_by="page"), tmp_path / "landed")
    assert texts(PAGES) == found
    assert [("2", "2"), ("2", "3")] == [
        (one.query["per"], one.query["page"]) for one in server.requests[:2]
    ]
    with pytest.raises(InputError, match="no number to count from"):
        collect(server.source("/posts?page=x", page_by="page"), tmp_path / "landed")


@pytest.mark.parametrize(
    "fault",
    [
        Reply(status=429, headers={"Retry-After": "0"}),
        Reply(status=429, headers={"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"}),
        Reply(status=403, headers={"Retry-After": "0"}),
        Reply(b"<html>oops", status=500),
        Reply(status=503, headers={"Retry-After": "soon"}),
        reply(PAGES[0], cut_at=10),
        reply(PAGES[0], cut_at=0),
        reply(PAGES[0], length=1_000),
        reply(PAGES[0], length=10),
        reply(PAGES[0], length=-1, cut_at=20),
        reply(
            [*PAGES[0], {"text": "x" * 5_000}], headers={"Transfer-Encoding": "chunked"}, length=-1
        ),
        Reply(
            gzip.compress(json.dumps(PAGES[0]).encode())[:-9], headers={"Content-Encoding": "gzip"}
        ),
        Reply(
            gzip.compress(json.dumps(PAGES[0]).encode())[:-1], headers={"Content-Encoding": "gzip"}
        ),
        Reply(b"not gzip at all", headers={"Content-Encoding": "gzip"}),
        Reply(b'{"text": "half a li', headers={"Content-Type": "application/x-ndjson"}),
    ],
    ids=lambda fault: f"{fault.status}-{fault.length}-{fault.cut_at}-{sorted(fault.headers)}",
)
def test_a_fault_is_asked_again_and_never_taken_for_a_short_page(server, tmp_path, fault):
    server.serve_pages(PAGES)
    server.faults = [fault, fault]
    found, _, _ = collect(server.source(page_by="page"), tmp_path / "landed")
    assert texts(PAGES) == found
    assert 2 + 4 == len(server.requests)


def test_a_server_that_stays_faulty_is_left_alone_after_some_attempts(server, tmp_path):
    server.site = lambda request: Reply(status=502)
    with pytest.raises(StorageError, match=r"/posts: 502 Bad Gateway") as error:
        collect(server.source(attempts=4), tmp_path / "landed")
    assert 4 == len(server.requests)
    assert "nothing came" in error.value.hint


def test_the_hint_goes_on_behind_pages_where_some_came(server, tmp_path):
    server.serve_pages(PAGES)
    pages = server.site
    is_first = iter([True])
    server.site = lambda request: pages(request) if next(is_first, False) else Reply(status=502)
    with pytest.raises(StorageError, match="502 Bad Gateway") as error:
        collect(server.source(page_by="page"), tmp_path / "landed")

    assert "goes on behind the last page" in error.value.hint


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply(b"[" * 100_000 + b"]" * 100_000), "nested too deep"),
        (Reply(b" <!DOCTYPE html><title>Log in"), "a web page, and no JSON"),
        (Reply(b"Log in", headers={"Content-Type": "text/html; charset=utf-8"}), "a web page"),
    ],
)
def test_what_no_second_attempt_mends_is_asked_once(server, tmp_path, answer, words):
    server.site = lambda request: answer
    with pytest.raises(InputError, match=words):
        collect(server.source(), tmp_path / "landed")

    assert 1 == len(server.requests)


def test_a_port_at_which_nobody_listens_is_tried_once(tmp_path, monkeypatch):
    asked = []

    def resolve(host):
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr("registry.collection.public_transport._resolve", resolve)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/posts"
    with pytest.raises(StorageError, match="refused") as error:
        collect(ApiSource(url=url, allow_private=True), tmp_path / "landed")

    assert "host and port" in error.value.hint
    assert 1 == len(asked)


def test_waits_are_as_long_as_the_server_says_and_end_with_the_time(server, tmp_path):
    server.serve_pages(PAGES)
    with stamina.set_testing(False):
        for form in (lambda moment: "1", lambda moment: format_datetime(moment, usegmt=True)):
            moment = form(datetime.now(UTC) + timedelta(seconds=2))
            server.faults = [Reply(status=429, headers={"Retry-After": moment})]
            started = time.monotonic()
            collect(server.source(page_by="page"), tmp_path / "landed")
            assert 0.9 < time.monotonic() - started < 5
        server.faults = [Reply(status=429, headers={"Retry-After": "3600"})]
        with pytest.raises(StorageError, match="asked again in 3,600 seconds"):
            collect(server.source(timeout_seconds=30), tmp_path / "landed")
        server.site = lambda request: reply(
            [{"text": "x"}], headers={"Link": f'</{time.time()}>; rel="next"'}, seconds=0.05
        )
        with pytest.raises(StorageError, match=r"not read within 0\.3 seconds"):
            collect(server.source(timeout_seconds=0.3), tmp_path / "landed")


def test_requests_keep_to_a_rate(server, tmp_path):
    server.serve_pages(PAGES)
    started = time.monotonic()
    collect(server.source(page_by="page", max_rate=10), tmp_path / "landed")
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"error": "bad\x1b"}\nmore', InputError, r"400 Bad Request: \{\"error\": \"bad"),
        (404, b"", InputError, "404 Not Found$"),
        (401, b"who?", NotAllowedError, "401 Unauthorized: who[?]"),
        (403, b"no", NotAllowedError, "403 Forbidden: no"),
        (299, b"", InputError, "299$"),
    ],
)
def test_a_refusal_is_final_and_says_what_the_server_said(
    server, tmp_path, status, body, kind, words
):
    server.site = lambda request: Reply(body, status=status)
    with pytest.raises(kind, match=words):
        collect(server.source(), tmp_path / "landed")
    assert 1 == len(server.requests)


def test_pages_without_end_are_ended(server, tmp_path):
    turn = iter(range(10**6))
    circle = {"1": "2", "2": "3", "3": "2"}
    cases = [
        (
            lambda r: reply([{"text": f"{next(turn)}"}]),
            {"page_by": "page", "max_pages": 7},
            "more than 7 pages",
        ),
        (lambda r: reply([{"text": "same"}]), {"page_by": "page"}, "the same records"),
        (
            lambda r: reply(
                {"r": [{"text": f"{next(turn)}"}], "n": circle[r.query.get("cursor", "1")]}
            ),
            {"page_by": "cursor", "next": "n", "records": "r"},
            "in a circle, back to cursor 2",
        ),
        (
            lambda r: reply(
                [{"text": f"{next(turn)}"}], headers={"Link": f'<{server.url}/a>; rel="next"'}
            ),
            {},
            "in a circle",
        ),
    ]
    for site, options, words in cases:
        server.site = site
        with pytest.raises(InputError, match=words):
            collect(server.source(**options), tmp_path / "landed")


def test_what_does_not_say_how_it_goes_on_is_no_whole_answer(server, tmp_path):
    for value, words in (
        ({"items": [{"text": "x"}], "meta": {"next_cursor": "abc"}}, "by 'meta.next_cursor'"),
        ({"items": [{"text": "x"}], "has_more": True}, "by 'has_more'"),
    ):
        server.site = lambda request, value=value: reply(value)
        with pytest.raises(InputError, match=words):
            collect(server.source(records="items"), tmp_path / "landed")
    server.site = lambda request: reply({"items": [{"text": "x"}], "next": None, "has_more": False})
    assert ["x"] == collect(server.source(records="items"), tmp_path / "landed")[0]


def test_where_records_stand_is_offered(server, tmp_path):
    server.site = lambda request: reply({"data": {"items": [1]}, "tags": []})
    for records in (None, "data.rows"):
        with pytest.raises(InputError, match="no array of records") as error:
            collect(server.source(records=records), tmp_path / "landed")
        assert error.value.hint.endswith("arrays are at: data.items, tags")
    server.site = lambda request: reply([])
    with (
        pytest.raises(InputError, match="no records on the first page"),
        open_source(server.source()) as found,
    ):
        found.look(None)


def test_json_lines_are_read_where_their_end_is_known(server, tmp_path):
    data = b'{"text": "a"}\n{"text": "b"}\n'
    server.site = lambda request: Reply(data)
    assert ["a", "b"] == collect(server.source(), tmp_path / "landed")[0]
    server.site = lambda request: Reply(data, length=-1, cut_at=len(data))
    with pytest.raises(InputError, match="does not say how long"):
        collect(server.source("/posts.jsonl"), tmp_path / "landed")


def test_a_page_may_not_be_too_large_or_a_bomb(server, tmp_path):
    bomb = gzip.compress(b"[" + b" " * 20_000_000 + b"]")
    server.site = lambda request: Reply(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(InputError, match="more than 200 times its compressed bytes"):
        collect(server.source(), tmp_path / "landed")
    with pytest.raises(InputError, match="more than 3,000,000 bytes"):
        collect(server.source(max_ratio=2_000, max_page_bytes=3_000_000), tmp_path / "landed")
    server.site = lambda request: Reply(b"[" * 200_000)
    with pytest.raises(InputError, match="nested too deep"):
        collect(server.source(attempts=1), tmp_path / "landed")
    server.site = lambda request: Reply(b"x", headers={"Content-Encoding": "br"})
    with pytest.raises(InputError, match="'br'"):
        collect(server.source(), tmp_path / "landed")


def test_gzip_in_several_members_and_bodies_in_chunks_are_whole(server, tmp_path):
    data = json.dumps(PAGES[0]).encode()
    members = gzip.compress(data[:9]) + gzip.compress(data[9:])
    server.site = lambda request: Reply(members, headers={"Content-Encoding": "gzip"})
    assert texts(PAGES[:1]) == collect(server.source(), tmp_path / "landed")[0]
    chunked = (
        b"5\r\n"
        + data[:5]
        + b"\r\n"
        + f"{len(data) - 5:x}\r\n".encode()
        + data[5:]
        + b"\r\n0\r\n\r\n"
    )
    server.site = lambda request: Reply(
        chunked, headers={"Transfer-Encoding": "chunked"}, length=-1
    )
    assert texts(PAGES[:1]) == collect(server.source(), tmp_path / "landed")[0]


def test_private_addresses_are_refused_also_behind_a_redirect(server, tmp_path, monkeypatch):
    with pytest.raises(NotAllowedError, match=r"127\.0\.0\.1 is no public"):
        collect(server.source(allow_private=False), tmp_path / "landed")
    assert [] == server.requests

    # A public server that leads to the machine's own: its address is said to be public here.
    from registry.collection import public_transport  # noqa: PLC0415

    monkeypatch.setattr(public_transport, "is_public", lambda address: address == "127.0.0.1")
    server.site = lambda request: Reply(status=302, headers={"Location": "http://[::1]:9/metadata"})
    with pytest.raises(NotAllowedError, match="::1 is no public address"):
        collect(server.source(allow_private=False), tmp_path / "landed")
    assert 1 == len(server.requests)


def test_a_name_that_means_another_address_later_changes_nothing(server, tmp_path, monkeypatch):
    """What was checked is what is connected to: no second look-up is made."""
    from registry.collection import public_transport  # noqa: PLC0415

    resolved = []
    port = server.url.rpartition(":")[2]
    monkeypatch.setattr(
        public_transport, "_resolve", lambda host: resolved.append(host) or ["127.0.0.1"]
    )
    monkeypatch.setattr(public_transport, "is_public", lambda address: True)
    server.serve_pages(PAGES)
    source = ApiSource(url=f"http://rebind.example:{port}/posts", page_by="page")
    found, _, _ = collect(source, tmp_path / "landed")

    assert (texts(PAGES), ["rebind.example"]) == (found, resolved)
    assert {f"rebind.example:{port}"} == {one.headers["Host"] for one in server.requests}


@pytest.mark.parametrize(
    ("location", "kind", "words"),
    [
        ("/posts", InputError, "more than 5 redirects"),
        ("ftp://127.0.0.1/x", NotAllowedError, "redirects to ftp:"),
        ("file:///etc/passwd", NotAllowedError, "redirects to file:"),
    ],
)
def test_redirects_are_few_and_lead_to_the_web(server, tmp_path, location, kind, words):
    server.site = lambda request: Reply(status=302, headers={"Location": location})
    with pytest.raises(kind, match=words):
        collect(server.source(), tmp_path / "landed")


def test_secrets_go_to_one_server_and_are_named_everywhere_else(
    server, tmp_path, monkeypatch, caplog
):
    from tests.collection.web_server import Server  # noqa: PLC0415

    monkeypatch.setenv("MUSTER_TEST_TOKEN", "t0ps3cr3t/value")
    secret = "env:MUSTER_TEST_TOKEN"
    caplog.set_level("DEBUG")
    with Server().running() as other:
        other.site = lambda request: reply([{"text": "elsewhere"}])
        server.site = lambda request: (
            Reply(status=302, headers={"Location": f"{other.url}/posts?k=t0ps3cr3t%2Fvalue"})
            if "p" in request.query
            else reply(
                [{"text": "first"}],
                headers={"Link": '</posts?api_key=t0ps3cr3t%2Fvalue&p=2>; rel="next"'},
            )
        )
        from registry.domain.api_source import Header  # noqa: PLC0415
        from registry.domain.secret_names import SecretName  # noqa: PLC0415

        source = server.source(
            f"/posts?api_key={secret}",
            auth=SecretName.parse(secret, option="--auth"),
            headers=(Header.parse(f"X-Key: Token {secret}"), Header.parse("X-Version: 3")),
        )
        found, position, _ = collect(source, tmp_path / "landed")

    assert ["first", "elsewhere"] == found
    assert ["t0ps3cr3t/value"] * 2 == [one.query["api_key"] for one in server.requests]
    sent = server.requests[1].headers
    assert ("Bearer t0ps3cr3t/value", "Token t0ps3cr3t/value", "3") == (
        sent["Authorization"],
        sent["X-Key"],
        sent["X-Version"],
    )
    assert not {"Authorization", "X-Key", "X-Version"} & set(other.requests[0].headers)
    assert secret == other.requests[0].query["k"]
    assert f"{server.url}/posts?api_key={secret}&p=2" == position["at"]
    said = repr(source) + repr(source.facts()) + str(position) + caplog.text
    assert "t0ps3cr3t" not in said


def test_a_secret_that_the_server_repeats_is_kept_nowhere(server, tmp_path, monkeypatch):
    from registry.domain.secret_names import SecretName  # noqa: PLC0415

    monkeypatch.setenv("MUSTER_TEST_TOKEN", "t0ps3cr3t/value")
    source = server.source(auth=SecretName.parse("env:MUSTER_TEST_TOKEN", option="--auth"))
    for answer in (
        reply([{"text": "you are t0ps3cr3t/value"}]),
        Reply(b"bad token t0ps3cr3t/value", status=401),
        Reply(b"bad token t0ps3cr3t/value", status=404),
    ):
        server.site = lambda request, answer=answer: answer
        with pytest.raises((InputError, NotAllowedError), match="env:MUSTER_TEST_TOKEN") as error:
            collect(source, tmp_path / "landed")
        assert "t0ps3cr3t" not in repr(error.value) + str(error.value.hint)
    assert [] == list((tmp_path / "landed").iterdir())


def test_a_slow_server_is_left_when_the_time_is_over(server, tmp_path):
    server.site = lambda request: reply([{"text": "x"}], seconds=3)
    started = time.monotonic()
    with pytest.raises(StorageError):
        collect(server.source(timeout_seconds=0.3), tmp_path / "landed")
    assert time.monotonic() - started < 4
