"""Web archives written byte by byte, so that each fault in them is meant."""

import gzip

PAGE = (
    b"<html lang=en><nav><a href=/>Home</a></nav><main><p>Rain fell on the hills.</p></main></html>"
)
TEXT = b"Rain fell on the hills."


def http(
    body: bytes = PAGE, *headers: str, status: str = "200 OK", kind: str = "text/html"
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def record(block=None, kind="response", **headers):
    """A record; `_` in the name of a header stands for `-`."""
    block = http() if block is None else block
    known = {
        "warc_type": kind,
        "warc_record_id": "<urn:uuid:1>",
        "warc_date": "2026-11-01T00:00:00Z",
        "warc_target_uri": "https://example.org/a",
        "content_type": "application/http; msgtype=response"
        if kind == "response"
        else "text/plain",
        "content_length": len(block),
    }
    lines = [
        f"{n.replace('_', '-')}: {v}" for n, v in {**known, **headers}.items() if v is not None
    ]
    return "\r\n".join(["WARC/1.1", *lines, "", ""]).encode() + block + b"\r\n\r\n"


def members(*records):
    """An archive whose records are compressed each by itself."""
    return b"".join(gzip.compress(one) for one in records)


def arc(*blocks, url="http://example.org/a b"):
    """An ARC file of version 1."""
    facts = b"1 0 Example\nURL IP-address Archive-date Content-type Archive-length\n"
    head = b"filedesc://a.arc 0.0.0.0 20081101000000 text/plain %d\n" % len(facts)
    lines = [
        b"%b 10.0.0.1 20081101020304 text/html %d\n%b\n" % (url.encode(), len(block), block)
        for block in blocks
    ]
    return head + facts + b"\n" + b"".join(lines)
