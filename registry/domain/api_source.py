"""An HTTP API: which address, how one page leads to the next, and what it may cost."""

import re
from enum import StrEnum
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import JsonValue, model_validator

from registry.domain.base import Value
from registry.domain.digest import fingerprint
from registry.domain.limits import MAX_RATIO
from registry.domain.secret_names import SecretName
from registry.domain.urls import redact_url
from registry.errors import InputError

_SECRET_NAME: Final = re.compile(
    r"(?:.*[-_])?(?:(?:api|app|access|auth|client|private|secret|signing|subscription)[-_]?"
    r"(?:key|token)|secret|passw(?:or)?d|sig|signature|authorization|credentials?)"
    r"|key|token|auth|pwd|cookie",
    re.IGNORECASE,
)
"""Names of parameters and headers whose value is a secret."""

_SECRET_HEADER: Final = re.compile(r".*[-_](?:key|token|auth)", re.IGNORECASE)
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN_HEADERS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "range"}
)
"""Headers on which reading an answer whole depends."""


class PageBy(StrEnum):
    """How one page leads to the next."""

    LINK = "link"
    """By a link to it: the header `Link`, or a URL in the page."""

    CURSOR = "cursor"
    """By a value in the page, which the next request repeats in a parameter."""

    PAGE = "page"
    """By a number that is counted up."""

    OFFSET = "offset"
    """By the number of records before it."""


class Header(Value):
    """A header of every request; a secret in it stands by its name."""

    name: str
    value: str
    """What stands before the secret, or all of it."""

    secret: SecretName | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the header in `Name: value`; the value's last word may name a secret.

        Raises:
            InputError: It is none, or a secret is written out.
        """
        name, colon, value = (part.strip() for part in text.partition(":"))
        if not (colon and value.isprintable() and value and _HEADER_NAME.fullmatch(name)):
            raise InputError("--header takes 'Name: value'", hint="--header 'X-Api-Key: env:NAME'")
        if name.lower() in _OWN_HEADERS:
            raise InputError(f"--header {name}: is what muster itself says to the server")
        before, space, last = value.rpartition(" ")
        secret = SecretName.find(last)
        if secret is None and (_SECRET_NAME.fullmatch(name) or _SECRET_HEADER.fullmatch(name)):
            SecretName.parse(last, option=f"--header '{name}: ...'")
        kept = value if secret is None else before + space
        return cls(name=name, value=kept, secret=secret)


class ApiSource(Value):
    """The records that an HTTP API gives, page by page.

    In `url`, `auth` and `headers`, secrets stand by their names.
    """

    url: str
    """The first page. What it says of `parameter` is where reading begins."""

    page_by: PageBy = PageBy.LINK

    records: str | None = None
    """The path of the records in a page, as `data.items`; None: a page is an array, or JSON
    Lines."""

    next: str | None = None
    """The path of the cursor in a page, or of the link."""

    parameter: str | None = None
    """The parameter with the cursor, page or offset; None: it has that name."""

    auth: SecretName | None = None
    """The bearer token."""

    headers: tuple[Header, ...] = ()

    timeout_seconds: float = 3_600.0
    """How long one registration may take, with all waiting."""

    attempts: int = 6
    """How often a page is asked for, if the server or the way to it fails."""

    max_rate: float | None = None
    """Requests a second; None: as fast as answers come."""

    max_pages: int = 10_000
    """A registration that would read more is ended."""

    max_page_bytes: int = 64 << 20
    """A larger page is refused, whether or not it travels compressed."""

    max_ratio: float = MAX_RATIO
    """A page that is longer than so many times its compressed bytes is refused."""

    allow_private: bool = False
    """Whether the server may have an address that is not public, such as this machine's."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_url()
        self._check_paging()
        for name in ("timeout_seconds", "attempts", "max_pages", "max_page_bytes", "max_ratio"):
            if getattr(self, name) <= 0:
                option = "--" + name.removesuffix("_seconds").replace("_", "-")
                raise InputError(f"{option} {getattr(self, name):g} leaves nothing to read")
        if self.max_rate is not None and self.max_rate <= 0:
            raise InputError(f"--max-rate {self.max_rate:g} lets no request pass")
        return self

    @property
    def kind(self) -> str:
        """What the catalog calls it."""
        return "api"

    @property
    def uri(self) -> str:
        """The URL, without the value of any parameter that looks like a secret."""
        return redact_url(self.url)

    @property
    def counter(self) -> str:
        """The parameter that says which page is meant."""
        return self.parameter or str(self.page_by)

    @property
    def secrets(self) -> tuple[SecretName, ...]:
        """The secrets that it names."""
        in_url = (
            SecretName.find(value)
            for _, value in parse_qsl(urlsplit(self.url).query, keep_blank_values=True)
        )
        named = (self.auth, *(header.secret for header in self.headers), *in_url)
        return tuple(dict.fromkeys(secret for secret in named if secret is not None))

    def facts(self) -> dict[str, JsonValue]:
        """Return what tells this source from every other; no secret is among it."""
        facts: dict[str, JsonValue] = {
            "kind": self.kind,
            "uri": self.uri,
            "page_by": str(self.page_by),
            "records": self.records,
            "next": self.next,
            "parameter": self.parameter,
        }
        # Parameters such as `keyword` are hidden too, and yet tell one source from another.
        return facts if self.uri == self.url else facts | {"url": fingerprint(self.url)}

    def _check_url(self) -> None:
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise InputError(f"{self.uri} is no URL: {error}") from error
        if parts.scheme.lower() not in ("http", "https") or not host or not self.url.isprintable():
            raise InputError(f"{self.uri} is no URL of an API", hint="https://host/path")
        if parts.username is not None or parts.password is not None:
            raise InputError(
                f"{self.uri}: name and password in the URL: a secret is named, not written",
                hint="put the base64 of NAME:PASSWORD into the environment, then "
                "--header 'Authorization: Basic env:NAME'",
            )
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            if value and _SECRET_NAME.fullmatch(name) and SecretName.find(value) is None:
                raise InputError(
                    f"{self.uri}: a secret is named, not written: commands are seen by others",
                    hint=f"put it into the environment, then ?{name}=env:NAME",
                )
        if self.secrets and parts.scheme.lower() == "http" and not self.allow_private:
            raise InputError(
                f"{self.uri}: over http: everybody on the way reads the secret",
                hint="https://, or --allow-private for a server in your own network",
            )

    def _check_paging(self) -> None:
        if self.page_by is PageBy.CURSOR and self.next is None:
            raise InputError(
                "--page-by cursor needs to know where a page has the next cursor",
                hint="--next meta.next_cursor",
            )
        if self.page_by in (PageBy.PAGE, PageBy.OFFSET) and self.next is not None:
            raise InputError(f"--next means nothing for --page-by {self.page_by}")
        if self.page_by is PageBy.LINK and self.parameter is not None:
            raise InputError("--page-parameter means nothing for --page-by link")
        for option, path in (("--records", self.records), ("--next", self.next)):
            if path is not None and not all(path.split(".")):
                raise InputError(
                    f"{option} {path!r} is no path of keys", hint=f"{option} data.items"
                )
