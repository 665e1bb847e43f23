"""URLs without credentials: what may stand in the catalog, in logs and in reports."""

import re
from urllib.parse import unquote_plus

_SECRET = re.compile(
    r"token|secret|passw|passphrase|pwd|signature|credential|key|sig$|auth", re.IGNORECASE
)
_HIDDEN = "REDACTED"

# Patterns instead of a parser: what does not parse is what a secret with odd characters gives.
_USER = re.compile(r"(?<=//)[^/?#]*@")
_BROKEN_USER = re.compile(r"(?<=//)[^/?#@\[]*:(?!\d*(?:[/?#]|$)).*@", re.DOTALL)
"""A password with `/`, `?` or `#` in it: behind the colon of a host there are only digits."""

_PARAMETER = re.compile(r"([?&#])([^=&#?]*)=([^&#]*)")


def redact_url(url: str) -> str:
    """Return a URL without user, password and the values of parameters that look like secrets.

    Everything else stays as it is written, and nothing needs to parse.

    Example:
        >>> redact_url("https://ada:pw@example.org/x?token=abc&page=2")
        'https://example.org/x?token=REDACTED&page=2'
    """
    shown = _BROKEN_USER.sub("", _USER.sub("", url))
    return _PARAMETER.sub(_hide, shown)


def _hide(parameter: re.Match[str]) -> str:
    start, name, _ = parameter.groups()
    return f"{start}{name}={_HIDDEN}" if _SECRET.search(unquote_plus(name)) else parameter[0]
