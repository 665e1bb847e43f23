"""Pages of an HTTP API, each kept as it came.

What is read is everything between the first page and one that leads nowhere. The last page is the
place where reading goes on: it is asked for again, since it may have grown or lead further now. If
it no longer begins with the record it began with, pages have moved, and nobody could say what was
missed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from pydantic import JsonValue

from registry.collection.base import Landed, Look
from registry.collection.credentials import Secrets
from registry.collection.fetching import Fetcher
from registry.collection.pages import Page, first_of, next_of, read_page, url_of
from registry.domain.api_source import ApiSource, PageBy
from registry.domain.collecting import Position
from registry.domain.digest import Digest, canonical_json
from registry.domain.reading import Format
from registry.errors import ConflictError, InputError


@dataclass(frozen=True, slots=True)
class _New:
    """A page with records that were not read before."""

    page: Page
    at: JsonValue
    replaces_last: bool


class ApiCollector:
    """The pages of an API; see `Collector`.

    Raises:
        InputError: A secret is not there.
    """

    def __init__(self, source: ApiSource) -> None:
        self._source = source
        self._secrets = Secrets(source.secrets)
        self._fetcher = Fetcher(source, self._secrets)
        self._new: Iterator[_New] | None = None

    def look(self, since: Position | None) -> Look:
        """See `Collector.look`; the first page that is new is asked for, and kept for `collect`."""
        new = self._iter_new(since)
        first = next(new, None)
        if first is None and since is None:
            raise InputError(
                f"{self._source.uri}: no records on the first page",
                hint="--records says where they stand in a page",
            )
        self._new = new if first is None else chain([first], new)
        return Look(
            goes_on=since is not None,
            num_rows=0 if first is None else None,
            details=self._details(first, "first page" if since is None else "next page"),
            resumes=True,
        )

    def collect(self, folder: Path, since: Position | None) -> Iterator[Landed]:
        """See `Collector.collect`."""
        new = self._iter_new(since) if self._new is None else self._new
        for one in new:
            page = one.page
            suffix = ".jsonl" if page.reading.format is Format.JSONL else ".json"
            path = folder / f"page{suffix}"
            path.write_bytes(page.answer.body)
            yield Landed(
                path,
                "page",
                suffix,
                page.position(one.at),
                reading=page.reading,
                replaces_last=one.replaces_last,
            )

    def close(self) -> None:
        """See `Collector.close`."""
        self._fetcher.close()

    def _details(self, first: _New | None, which: str) -> tuple[tuple[str, str], ...]:
        found = () if first is None else ((which, f"{len(first.page.records):,} records"),)
        secrets = ", ".join(map(str, self._source.secrets))
        named = (("secrets", secrets),) if secrets else ()
        return (("pages by", self._source.page_by), *found, *named)

    def _iter_new(self, since: Position | None) -> Iterator[_New]:
        """Yield the pages with records that were not read before."""
        at = since["at"] if since else first_of(self._source)
        seen: set[bytes] = set()
        before: Digest | None = None
        while True:
            self._require_unseen(at, seen)
            page = self._fetch(at)
            if since is not None and before is None:
                self._require_same(since, page)
                if page.digest != since["records"]:
                    yield _New(page, at, replaces_last=True)
            elif page.records:
                self._require_other(before, page)
                yield _New(page, at, replaces_last=False)
            before = page.digest
            following = next_of(page, at, self._source)
            if following is None:
                return
            at = self._hide(following)

    def _fetch(self, at: JsonValue) -> Page:
        return self._fetcher.fetch(
            url_of(at, self._source), partial(read_page, source=self._source)
        )

    def _hide(self, at: JsonValue) -> JsonValue:
        """Return what leads to a page, without the secrets that the server repeats in a link."""
        if self._source.page_by is PageBy.LINK:
            place, mark, query = str(at).partition("?")
            at = f"{place}{mark}{self._secrets.hide(query)}"
        if (repeated := self._secrets.find_in(str(at).encode())) is not None:
            raise InputError(
                f"{self._source.uri}: the way to the next page repeats {repeated}, which would be "
                "kept with it"
            )
        return at

    def _require_unseen(self, at: JsonValue, seen: set[bytes]) -> None:
        key = canonical_json(at)
        if key in seen:
            raise InputError(
                f"{self._source.uri}: the pages lead in a circle, back to {self._show(at)}",
                hint="is it another path than --next says?",
            )
        if len(seen) == self._source.max_pages:
            raise InputError(
                f"{self._source.uri}: more than {self._source.max_pages:,} pages",
                hint="raise --max-pages: the same command goes on behind the last page that came",
            )
        seen.add(key)

    def _require_same(self, since: Position, page: Page) -> None:
        """Require that the last page of before still begins as it did, and has lost nothing."""
        num_before = since["num_records"]
        assert isinstance(num_before, int)  # noqa: S101 - as `Page.position` wrote it
        if len(page.records) < num_before or page.first_record != since["first_record"]:
            raise ConflictError(
                f"{self._source.uri}: the last page that was read, {self._show(since['at'])}, "
                "has other records now",
                hint="--from-start reads all pages again",
            )

    def _require_other(self, before: Digest | None, page: Page) -> None:
        is_counted = self._source.page_by in (PageBy.PAGE, PageBy.OFFSET)
        if is_counted and before == page.digest:
            raise InputError(
                f"{self._source.uri}: two pages in a row have the same records",
                hint="the server may not know the parameter: --page-parameter NAME",
            )

    def _show(self, at: JsonValue) -> str:
        if at is None:
            return "the first one"
        return self._secrets.scrub(f"{self._source.page_by} {at}")[:200]
