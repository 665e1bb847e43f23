"""ARC, the format of web archives before WARC: a line of facts, then what the server sent.

Source: Internet Archive, ARC File Format (version 1: five facts a line; version 2: ten, of which
the first four and the last are the same).
"""

import re
from typing import Final

from registry.sources.web_frames import MAX_HEAD_BYTES, Head

ARC_MAGIC: Final = b"filedesc:"

_LINE = (
    rb"(?P<url>[a-z][a-z0-9+.-]*:[^\n]{0,8192}) [0-9a-f.:]+ (?P<date>[0-9]{14})[0-9]*"
    rb" (?P<kind>[^ \n]*)(?: [^\n]{0,8192})? (?P<length>[0-9]{1,18})\r?\n"
)
"""URL (which may hold blanks), IP address, date, content type, in version 2 five more, length."""


class ArcDialect:
    """One line for each record, the length of its block at the end."""

    beginning = re.compile(_LINE, re.IGNORECASE)
    next_record = re.compile(rb"\n(?=" + _LINE + rb")", re.IGNORECASE)

    def find_head(self, data: bytes, start: int) -> Head | None:
        """Return where the line ends."""
        line = self.beginning.match(data, start, start + MAX_HEAD_BYTES)
        return None if line is None else Head(line.end(), int(line["length"]))

    def as_warc(self, record: bytes) -> bytes:
        """Return a record with the headers of WARC, so that one parser reads both."""
        line = self.beginning.match(record)
        if line is None:
            raise ValueError("not a record of an ARC file")
        block = record[line.end() :]
        is_http = block.startswith(b"HTTP/")
        if line["url"].startswith(ARC_MAGIC):
            kind, content_type = b"warcinfo", b"application/warc-fields"
        elif is_http:
            kind, content_type = b"response", b"application/http; msgtype=response"
        else:
            kind, content_type = b"resource", line["kind"]
        head = (
            b"WARC/1.0\r\nWARC-Type: %b\r\nWARC-Target-URI: %b\r\nWARC-Date: %b\r\n"
            b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n"
        )
        return head % (kind, line["url"], _moment(line["date"]), content_type, len(block)) + block


def _moment(digits: bytes) -> bytes:
    """Return a date of 14 digits as WARC writes it."""
    text = digits.decode()
    date, time = (text[:4], text[4:6], text[6:8]), (text[8:10], text[10:12], text[12:14])
    return f"{'-'.join(date)}T{':'.join(time)}Z".encode()
