"""A real HTTP server on loopback that does what a test tells it, faults included."""

import json
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from registry.domain.api_source import ApiSource


@dataclass(frozen=True)
class Reply:
    """What the server sends; what is not said is as it should be."""

    body: bytes = b"[]"
    status: int = 200
    headers: dict = field(default_factory=dict)
    length: int | None = None
    """A `Content-Length` other than the true one; negative: none is sent."""

    cut_at: int | None = None
    """Bytes of the body after which the connection is lost."""

    seconds: float = 0
    """Waited before the body."""


@dataclass(frozen=True)
class Request:
    path: str
    query: dict
    headers: dict


class Server:
    """The server: `faults` are sent first, one a request, then what `site` answers."""

    def __init__(self):
        self.faults = []
        self.requests = []
        self.site = lambda request: Reply(b"[]")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def speak_tls(self, certificate, key):
        """Answer by `https` from now on, with the files of a certificate and its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def source(self, path="/posts", **options):
        return ApiSource(url=self.url + path, **({"allow_private": True} | options))

    def serve_pages(self, pages, *, envelope=None, by="page"):
        """Serve lists of records by page number, offset, cursor or link."""

        def site(request):
            records = [record for page in pages for record in page]
            if by == "offset":
                offset = int(request.query.get("offset", "0"))
                return reply(records[offset : offset + 2])
            number = int(request.query.get(by if by != "link" else "p", "1"))
            page = pages[number - 1] if number <= len(pages) else []
            following = number + 1 if number < len(pages) else None
            if by == "cursor":
                return reply({"data": {"items": page}, "meta": {"next": following}})
            headers = {"Link": f'</posts?p={following}>; rel="next"'} if following else {}
            if by == "link":
                return reply(page, headers=headers)
            return reply(page)

        self.site = site

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(server):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                request = Request(parts.path, query, dict(self.headers.items()))
                server.requests.append(request)
                send(self, server.faults.pop(0) if server.faults else server.site(request))

            def log_message(self, *_):
                pass

        return Handler


def reply(value, **options):
    return Reply(json.dumps(value).encode(), **options)


def send(handler, one):
    handler.send_response(one.status)
    length = len(one.body) if one.length is None else one.length
    headers = {"Content-Type": "application/json", **one.headers}
    for name, value in headers.items():
        handler.send_header(name, value)
    if length >= 0:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    if one.seconds:
        threading.Event().wait(one.seconds)
    with suppress(BrokenPipeError, ConnectionResetError):
        handler.wfile.write(one.body if one.cut_at is None else one.body[: one.cut_at])
        handler.wfile.flush()
    if one.cut_at is not None or length != len(one.body):
        handler.close_connection = True
        with suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)
