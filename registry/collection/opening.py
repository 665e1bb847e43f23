"""Open a source by its kind."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from registry.collection.base import Collector
from registry.collection.repositories import RepositoryCollector
from registry.domain.api_source import ApiSource
from registry.domain.collecting import RepositorySource, Source
from registry.errors import MissingExtraError


@contextmanager
def open_source(source: Source) -> Iterator[Collector]:
    """Open a source for reading.

    Raises:
        InputError: It is not there.
        MissingExtraError: The library that reads it is not installed.
        StorageError: It cannot be reached.
    """
    with closing(_make(source)) as collector:
        yield collector


def _make(source: Source) -> Collector:
    if isinstance(source, RepositorySource):
        return RepositoryCollector(source)
    if isinstance(source, ApiSource):
        return _make_api_collector(source)
    # SQLAlchemy takes a third of a second to load.
    from registry.collection.databases import TableCollector  # noqa: PLC0415

    return TableCollector(source)


def _make_api_collector(source: ApiSource) -> Collector:
    try:
        from registry.collection.web_api import ApiCollector  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(task="reading HTTP APIs", extra="web") from error
    return ApiCollector(source)
