"""ARC, the format of web archives before WARC: a line of facts, then what the server sent.

Source: Internet Archive, ARC File Format (version 1: five facts a line; version 2: ten, of which
the first four and the last are the same).
"""

import re
from typing import Final

from registry.sources.web_frames import Dialect, Head, WarcDialect, Window
from registry.sources.web_headers import MAX_HEAD_BYTES

ARC_MAGIC: Final = b"filedesc:"

_LINE = (
    rb"(?P<url>[a-z][a-z0-9+.-]*:[^\n]{0,8192}) [0-9a-f.:]+ (?P<date>[0-9]{14})[0-9]*"
    rb" (?P<kind>[^ \n]*)(?: [^\n]{0,8192})? (?P<length>[0-9]{1,18})\r?\n"
)
"""URL (which may hold blanks), IP address, date, content type, in version 2 five more, length."""


_TYPES = {"filedesc": "warcinfo", "http": "response", "https": "response"}
"""What a record would be in a WARC file, by the scheme of its URL."""


class ArcDialect:
    """One line for each record, the length of its block at the end."""

    usual_end = b"\nhttp://"
    beginning = re.compile(_LINE, re.IGNORECASE)
    next_record = re.compile(rb"\n(?=" + _LINE + rb")", re.IGNORECASE)

    def find_head(self, data: bytes, start: int) -> Head | None:
        """Return where the line ends."""
        line = self.beginning.match(data, start, start + MAX_HEAD_BYTES)
        return None if line is None else Head(line.end(), int(line["length"]))

    def read_head(self, head: bytes) -> dict[str, str]:
        """Return what the line says; of an HTTP response the block says the type."""
        line = self.beginning.match(head)
        if line is None:
            return {}
        url, kind = line["url"].decode("utf-8", "replace"), line["kind"].decode("latin-1")
        scheme = url.partition(":")[0].lower()
        return {
            "warc-type": _TYPES.get(scheme, "resource"),
            "warc-target-uri": url,
            "warc-date": _moment(line["date"].decode()),
            "content-type": "application/http" if scheme in {"http", "https"} else kind,
        }


def find_dialect(window: Window) -> Dialect:
    """Return how the records of an archive, or of a part of one, begin."""
    window.fill(MAX_HEAD_BYTES)
    is_arc = window.data.startswith(ARC_MAGIC) or ArcDialect.beginning.match(window.data)
    return ArcDialect() if is_arc else WarcDialect()


def _moment(digits: str) -> str:
    """Return a date of 14 digits as WARC writes it."""
    date, time = (digits[:4], digits[4:6], digits[6:8]), (digits[8:10], digits[10:12], digits[12:])
    return f"{'-'.join(date)}T{':'.join(time)}Z"
