"""The headers of records and of responses, read without asking for more than there is.

They are read here and not by fastwarc: a record of plain text costs it as long as all of this.
"""

import re
from typing import Final, NamedTuple

from registry.sources import reasons
from registry.sources.reasons import RowError

MAX_HEAD_BYTES: Final = 64 << 10
"""How long the headers of a record, or of a response in it, may be."""

_FOLD = re.compile(r"\r?\n[ \t]+")
_STATUS = re.compile(rb"HTTP/[0-9.]+[ \t]+([0-9]{3})(?:[ \t][^\n]*|\r?)\n")
_BLANK_LINE = re.compile(rb"\n\r?\n")


class Response(NamedTuple):
    """What a server sent."""

    status: int
    headers: dict[str, str]
    body: bytes


def parse_headers(lines: bytes) -> dict[str, str]:
    r"""Return headers by their names in lower case; of several with one name the first.

    Example:
        >>> parse_headers(b"WARC-Type: response\r\nContent-Length: 7\r\n")
        {'warc-type': 'response', 'content-length': '7'}
    """
    try:
        text = lines.decode()
    except UnicodeDecodeError:
        text = lines.decode("latin-1")
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)
    headers: dict[str, str] = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.lower(), value.strip())
    return headers


def parse_response(data: bytes, start: int = 0) -> Response:
    """Return the HTTP that some bytes hold from `start` on.

    Raises:
        RowError: It does not begin with a status, or its headers do not end.
    """
    stop = start + MAX_HEAD_BYTES
    status = _STATUS.match(data, start, stop)
    # The headers may be none at all: then the blank line follows at once.
    end = None if status is None else _BLANK_LINE.search(data, status.end() - 1, stop)
    if status is None or end is None:
        raise RowError(reasons.INVALID_HTTP)
    headers = parse_headers(data[status.end() : end.start()])
    return Response(int(status[1]), headers, data[end.end() :])
