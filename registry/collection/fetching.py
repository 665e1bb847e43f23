"""Asking an HTTP server politely, until it answers or there is no point in asking again."""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar

import httpx2
import stamina

from registry.about import __version__
from registry.collection.answers import Answer, Incomplete, read_answer, read_first_line
from registry.collection.credentials import Secrets
from registry.collection.public_transport import PublicTransport
from registry.domain.api_source import ApiSource
from registry.domain.urls import redact_url
from registry.errors import InputError, NotAllowedError, StorageError

_T = TypeVar("_T")

_MAX_REDIRECTS: Final = 5
_CONNECT_SECONDS: Final = 10.0
_SILENT_SECONDS: Final = 60.0
"""How long a server may say nothing, once it is connected."""

_FIRST_WAIT_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 60.0
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

# It says that it waits; what that means for the caller is said here, once it waited in vain.
logging.getLogger("stamina").addHandler(logging.NullHandler())
# Below it says all headers of an answer, in which a server may repeat a secret.
logging.getLogger("httpcore2").setLevel(logging.INFO)


class Fetcher:
    """Asks for the pages of one source, within its limits.

    Secrets go to the server of the source's URL and to no other, whatever leads there.

    Args:
        source: The source.
        secrets: What it names.
        clock: Seconds that only grow.
        sleep: Waits so many of them.
    """

    def __init__(
        self,
        source: ApiSource,
        secrets: Secrets,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._secrets = secrets
        self._clock = clock
        self._sleep = sleep
        self._ends_at = clock() + source.timeout_seconds
        self._may_ask_at = clock()
        self._origin = _origin_of(httpx2.URL(source.url))
        self._has_answered = False
        self._transport = PublicTransport(allow_private=source.allow_private)

    def fetch(self, url: str, read: Callable[[Answer], _T]) -> _T:
        """Return what is read of the answer at a URL.

        Args:
            url: Where; secrets in it stand by their names.
            read: Reads the answer; `Incomplete` means that it is asked for again.

        Raises:
            InputError: The server says that the request is wrong, or the answer is no page.
            NotAllowedError: It does not let us in, or stands where we do not go.
            StorageError: It did not answer within attempts and time.
        """
        try:
            for attempt in stamina.retry_context(
                self._choose_wait,
                attempts=self._source.attempts,
                timeout=self._seconds_left(url),
                wait_initial=_FIRST_WAIT_SECONDS,
                wait_max=_LONGEST_WAIT_SECONDS,
            ):
                with attempt:
                    found = read(self._ask(url))
                    self._has_answered = True
                    return found
        except Incomplete as error:
            self._seconds_left(url)
            raise StorageError(
                f"{redact_url(url)}: {self._secrets.scrub(str(error))}",
                hint=self._going_on,
            ) from error
        raise AssertionError  # the last attempt returns or raises

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    @property
    def _going_on(self) -> str:
        if not self._has_answered:
            return "nothing came; the same command asks again, --attempts says how often"
        return "the same command goes on behind the last page that came"

    def _choose_wait(self, error: Exception) -> bool | float:
        """Say whether to ask again, and if the server says when, in how many seconds."""
        if not isinstance(error, Incomplete):
            return False
        wait = error.wait_seconds
        if wait is None:
            return True
        return wait if wait < self._ends_at - self._clock() else False

    def _ask(self, url: str) -> Answer:
        target = self._parse(url)
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                self._wait_for_turn()
                with closing(self._transport.handle_request(self._request(target))) as response:
                    place = response.headers.get("location")
                    if not (response.is_redirect and place):
                        return self._take(response, target)
                target = self._redirect(target, place)
        except httpx2.TransportError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise StorageError(f"{redact_url(url)}: {error}") from error
            if not self._has_answered and _is_refused(error):
                # A server that answered before may be back in a moment; this one may not exist.
                raise StorageError(
                    f"{redact_url(url)}: {error}", hint="is it the right host and port?"
                ) from error
            raise Incomplete(f"{type(error).__name__}: {error}") from error
        raise InputError(f"{redact_url(url)}: more than {_MAX_REDIRECTS} redirects")

    def _take(self, response: httpx2.Response, target: httpx2.URL) -> Answer:
        self._check_status(response, target)
        shown = self._show(target)
        try:
            answer = read_answer(
                response,
                target,
                max_bytes=self._source.max_page_bytes,
                max_ratio=self._source.max_ratio,
                on_block=partial(self._seconds_left, shown),
            )
        except InputError as error:
            raise InputError(f"{shown}: {error.message}", hint=error.hint) from error
        if (repeated := self._secrets.find_in(answer.body)) is not None:
            raise InputError(
                f"{shown}: the answer repeats {repeated}, which would be kept with it",
                hint="--header or --auth instead of a parameter in the URL",
            )
        return answer

    def _request(self, target: httpx2.URL) -> httpx2.Request:
        headers = httpx2.Headers(
            {
                "Accept": "application/json, application/x-ndjson;q=0.9, */*;q=0.5",
                "Accept-Encoding": "gzip",
                "User-Agent": f"muster/{__version__}",
            }
        )
        if _origin_of(target) == self._origin:
            target = target.copy_with(
                query=self._secrets.expand(_query_of(target)).encode() or None
            )
            source = self._source
            if source.auth is not None:
                headers["Authorization"] = f"Bearer {self._secrets.get(source.auth)}"
            for header in source.headers:
                secret = "" if header.secret is None else self._secrets.get(header.secret)
                headers[header.name] = header.value + secret
        left = self._seconds_left(str(target))
        timeout = httpx2.Timeout(
            min(left, _SILENT_SECONDS), connect=min(left, _CONNECT_SECONDS)
        ).as_dict()
        return httpx2.Request("GET", target, headers=headers, extensions={"timeout": timeout})

    def _redirect(self, target: httpx2.URL, place: str) -> httpx2.URL:
        try:
            found = target.join(place)
        except httpx2.InvalidURL as error:
            raise InputError(f"{self._show(target)}: redirects to no URL") from error
        may_follow = ("https",) if target.scheme == "https" else ("http", "https")
        if found.scheme not in may_follow:
            raise NotAllowedError(f"{self._show(target)}: redirects to {found.scheme}:")
        return found.copy_with(query=self._secrets.hide(_query_of(found)).encode() or None)

    def _check_status(self, response: httpx2.Response, target: httpx2.URL) -> None:
        status = response.status_code
        if status == HTTPStatus.OK:
            return
        said = " ".join(part for part in (str(status), _phrase(status)) if part)
        wait = _read_wait(response.headers.get("retry-after"))
        if status in _TRANSIENT or (status == HTTPStatus.FORBIDDEN and wait is not None):
            later = "" if wait is None else f", to be asked again in {wait:,.0f} seconds"
            raise Incomplete(said + later, wait_seconds=wait)
        line = self._secrets.scrub(read_first_line(response))
        message = f"{self._show(target)}: {said}" + (f": {line}" if line else "")
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise NotAllowedError(message, hint="--auth env:NAME, or --header 'Name: env:NAME'")
        raise InputError(message)

    def _wait_for_turn(self) -> None:
        now = self._clock()
        if now < self._may_ask_at:
            self._sleep(self._may_ask_at - now)
        rate = self._source.max_rate
        self._may_ask_at = self._clock() + (1 / rate if rate else 0)

    def _seconds_left(self, url: str) -> float:
        left = self._ends_at - self._clock()
        if left <= 0:
            raise StorageError(
                f"{redact_url(url)}: not read within {self._source.timeout_seconds:g} seconds",
                hint=f"{self._going_on}, and --timeout gives it longer",
            )
        return left

    def _parse(self, url: str) -> httpx2.URL:
        try:
            return httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise InputError(f"{redact_url(url)} is no URL: {error}") from error

    def _show(self, url: httpx2.URL) -> str:
        return self._secrets.scrub(redact_url(str(url)))


def _is_refused(error: BaseException | None) -> bool:
    """Say whether nobody listens there, whatever a library made of it."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _origin_of(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _query_of(url: httpx2.URL) -> str:
    return url.query.decode("ascii")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in list(HTTPStatus) else ""


def _read_wait(text: str | None) -> float | None:
    """Return the seconds in `Retry-After`, which is a number or a date; None: it says nothing."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
