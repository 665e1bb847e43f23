"""One page of an API: its records, and what leads to the next."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import parse_qsl, quote_plus, unquote_plus, urlsplit

import orjson
from pydantic import JsonValue

from registry.collection.answers import Answer, Incomplete
from registry.domain.api_source import ApiSource, PageBy
from registry.domain.collecting import Position
from registry.domain.digest import Digest, digest_of_bytes
from registry.domain.reading import Format, Reading
from registry.errors import InputError

_LINES_TYPES: Final = ("ndjson", "jsonl", "jsonlines", "json-lines", "json-seq")
_LINES_SUFFIXES: Final = (".jsonl", ".ndjson")
_CONTINUATIONS: Final = frozenset(
    {"next", "next_page", "next_url", "next_cursor", "nextcursor", "next_page_token"}
    | {"nextpagetoken", "next_token", "nexttoken", "continuation_token", "has_more", "hasmore"}
)
"""Keys by which an API says that more is to come, in small letters."""

_MAX_SEARCHED_DEPTH: Final = 3


@dataclass(frozen=True)
class Page:
    """A page that came whole."""

    answer: Answer
    records: Sequence[JsonValue]
    value: JsonValue
    """All that stands in it; None: it is JSON Lines."""

    reading: Reading

    @cached_property
    def digest(self) -> Digest:
        """The digest of its records, whatever stands around them."""
        return _digest(self.records)

    @property
    def first_record(self) -> Digest:
        """The digest of its first record."""
        return _digest(self.records[:1])

    def position(self, at: JsonValue) -> Position:
        """Return how far an API was read, when this was the last page."""
        return {
            "at": at,
            "num_records": len(self.records),
            "first_record": self.first_record,
            "records": self.digest,
        }


def read_page(answer: Answer, source: ApiSource) -> Page:
    """Read the records of a page.

    Raises:
        Incomplete: It is cut off, or no JSON; a faulty server may do better the next time.
        InputError: It is JSON, and has no records where they should be or is nested too deep; or it
            is a web page.
    """
    if _is_lines(answer) and source.records is None:
        return _read_lines(answer)
    try:
        value = _load(answer.body)
    except ValueError as error:
        lines = answer.body.split(b"\n", 1)
        if source.records is None and len(lines) > 1 and _is_object(lines[0]):
            return _read_lines(answer)
        if isinstance(error, _TooDeepError):
            raise InputError(f"{source.uri}: a page of JSON that is nested too deep") from error
        if _is_html(answer):
            raise InputError(
                f"{source.uri}: a web page, and no JSON",
                hint="the address of the API itself; of a page to log in, --auth env:NAME",
            ) from error
        raise Incomplete(f"no whole JSON: {error}") from error
    reading = Reading(format=Format.JSON, records=source.records)
    return Page(answer, _find_records(value, source), value, reading)


def next_of(page: Page, at: JsonValue, source: ApiSource) -> JsonValue:
    """Return what leads to the next page: a link, cursor, page or offset; None: it is the last.

    Args:
        page: The page.
        at: What led to it.
        source: How pages lead to each other.

    Raises:
        InputError: What should lead there does not.
    """
    match source.page_by:
        case PageBy.LINK:
            return _next_link(page, source)
        case PageBy.CURSOR:
            return _next_cursor(page, source)
        case PageBy.PAGE:
            return _number(at) + 1 if page.records else None
        case PageBy.OFFSET:
            return _number(at) + len(page.records) if page.records else None


def first_of(source: ApiSource) -> JsonValue:
    """Return what leads to the first page; None: the URL alone."""
    if source.page_by not in (PageBy.PAGE, PageBy.OFFSET):
        return None
    stated = dict(parse_qsl(urlsplit(source.url).query)).get(source.counter)
    if stated is None:
        return 1 if source.page_by is PageBy.PAGE else 0
    if not stated.isdecimal():
        raise InputError(
            f"{source.uri}: {source.counter} is {stated!r}, no number to count from",
            hint="--page-parameter names the parameter",
        )
    return int(stated)


def url_of(at: JsonValue, source: ApiSource) -> str:
    """Return the URL of a page; secrets in it stand by their names."""
    if at is None:
        return source.url
    if source.page_by is PageBy.LINK:
        return str(at)
    return _with_parameter(source.url, source.counter, str(at))


def _with_parameter(url: str, name: str, value: str) -> str:
    """Return a URL with one parameter set; all else stays as it is written."""
    place, _, query = url.partition("#")[0].partition("?")
    kept = [
        parameter
        for parameter in query.split("&")
        if parameter and unquote_plus(parameter.partition("=")[0]) != name
    ]
    return f"{place}?" + "&".join([*kept, f"{quote_plus(name)}={quote_plus(value)}"])


def _next_link(page: Page, source: ApiSource) -> str | None:
    if source.next is None:
        found: JsonValue = page.answer.links.get("next", {}).get("url")
        if found is None:
            _require_no_more(page.value, source)
    else:
        found = _find(page.value, source.next)
    if not found:
        return None
    if not isinstance(found, str):
        raise InputError(
            f"{source.uri}: {source.next} is no link: {str(found)[:60]!r}",
            hint=f"--page-by cursor --next {source.next}",
        )
    return str(page.answer.url.join(found))


def _next_cursor(page: Page, source: ApiSource) -> JsonValue:
    found = _find(page.value, source.next or "")
    if found is None or found is False or found == "":
        return None
    if not isinstance(found, str | int):
        raise InputError(f"{source.uri}: {source.next} is no cursor: {str(found)[:60]!r}")
    return found


def _require_no_more(value: JsonValue, source: ApiSource) -> None:
    """Require that an answer without a link does not say in other words that more is to come."""
    path = next(_iter_continuations(value, (), _MAX_SEARCHED_DEPTH), None)
    if path is None:
        return
    said = _find(value, path)
    if said is True:
        hint = "--page-by page, or --page-by offset"
    elif isinstance(said, str) and ("/" in said or said.startswith("?")):
        hint = f"--next {path}"
    else:
        hint = f"--page-by cursor --next {path}"
    raise InputError(
        f"{source.uri}: a page says by {path!r} that there are more, and not how to ask for them",
        hint=hint,
    )


def _iter_continuations(value: JsonValue, path: tuple[str, ...], depth: int) -> Iterator[str]:
    """Yield the paths of what says so, outside of records."""
    if not isinstance(value, dict) or depth == 0:
        return
    for key, inner in value.items():
        if key.lower() in _CONTINUATIONS and inner and not isinstance(inner, dict | list):
            yield ".".join((*path, key))
        yield from _iter_continuations(inner, (*path, key), depth - 1)


def _find_records(value: JsonValue, source: ApiSource) -> Sequence[JsonValue]:
    found = value if source.records is None else _find(value, source.records)
    if isinstance(found, list):
        return found
    paths = ", ".join(_iter_arrays(value, (), _MAX_SEARCHED_DEPTH)) or "none"
    raise InputError(
        f"{source.uri}: a page has no array of records"
        + ("" if source.records is None else f" at {source.records!r}"),
        hint=f"--records says where it stands; arrays are at: {paths}",
    )


def _iter_arrays(value: JsonValue, path: tuple[str, ...], depth: int) -> Iterator[str]:
    if isinstance(value, list) and path:
        yield ".".join(path)
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield from _iter_arrays(inner, (*path, key), depth - 1)


def _find(value: JsonValue, path: str) -> JsonValue:
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _read_lines(answer: Answer) -> Page:
    if not answer.is_framed:
        raise InputError(
            "JSON Lines of which the server does not say how long they are: a lost connection "
            "would look like their end"
        )
    lines = [line for line in answer.body.split(b"\n") if line.strip()]
    if lines and not answer.body.endswith(b"\n"):
        try:
            _load(lines[-1])
        except ValueError as error:
            raise Incomplete("the last line is cut off") from error
    records: list[JsonValue] = [line.decode("utf-8", "replace") for line in lines]
    return Page(answer, records, None, Reading(format=Format.JSONL))


def _is_lines(answer: Answer) -> bool:
    type_ = str(answer.headers.get("content-type", "")).lower()
    return any(name in type_ for name in _LINES_TYPES) or answer.url.path.lower().endswith(
        _LINES_SUFFIXES
    )


def _is_html(answer: Answer) -> bool:
    is_declared = "html" in str(answer.headers.get("content-type", "")).lower()
    return is_declared or answer.body.lstrip()[:1] == b"<"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(_load(line), dict)
    except ValueError:
        return False


class _TooDeepError(ValueError):
    """JSON whose nesting is beyond the parser."""


def _load(data: bytes) -> JsonValue:
    try:
        value: JsonValue = orjson.loads(data)
    except orjson.JSONDecodeError:
        # Lone surrogates and integers of any size; what is wrong with one record is told later.
        try:
            value = json.loads(data.decode("utf-8-sig", "replace"))
        except RecursionError as error:
            raise _TooDeepError("nested too deep") from error
    return value


def _digest(records: Sequence[JsonValue]) -> Digest:
    return digest_of_bytes(json.dumps(records, sort_keys=True).encode())


def _number(at: JsonValue) -> int:
    return at if isinstance(at, int) else 0
