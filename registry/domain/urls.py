"""URLs without credentials: what may stand in the catalog, in logs and in reports."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_SECRET = re.compile(r"token|secret|password|signature|credential|key|sig$|auth", re.IGNORECASE)
_HIDDEN = "REDACTED"


def redact_url(url: str) -> str:
    """Return a URL without user, password and the values of parameters that look like secrets.

    Example:
        >>> redact_url("https://ada:pw@example.org/x?token=abc&page=2")
        'https://example.org/x?token=REDACTED&page=2'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = parts.netloc.rpartition("@")[2]
    fields = parse_qsl(parts.query, keep_blank_values=True)
    if not any(_SECRET.search(name) for name, _ in fields):
        return urlunsplit(parts._replace(netloc=host))
    shown = [(name, _HIDDEN if _SECRET.search(name) else value) for name, value in fields]
    return urlunsplit(parts._replace(netloc=host, query=urlencode(shown)))
