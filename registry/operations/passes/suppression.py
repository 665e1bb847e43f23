"""What takedowns keep out: texts by digest, documents by the ids and URLs asked for."""

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pyarrow as pa

from registry.domain.digest import Digest, digest_of_bytes
from registry.domain.takedown import Selector, SelectorKind
from registry.operations.context import Context

_OPENS = ("{", "[", '"')
"""How an object, a list or a text begins in JSON."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """The keys of all takedowns. Whatever one of them fits is left out."""

    digests: frozenset[Digest] = frozenset()
    selectors: tuple[Selector, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is kept out."""
        return bool(self.digests or self.selectors)

    @property
    def keys(self) -> list[str]:
        """All keys as text, in order."""
        selectors = (f"{one.kind} {one.value}" for one in self.selectors)
        return [*sorted(self.digests), *sorted(selectors)]

    def find(self, documents: pa.RecordBatch) -> set[Digest]:
        """Return the digests of the texts of a batch that are kept out.

        Args:
            documents: `registry.documents.RAW_DOCUMENTS`.
        """
        digests = list(map(digest_of_bytes, documents.column("text").to_pylist()))
        met = set(self.digests.intersection(digests))
        if self.selectors:
            columns = (documents.column(name).to_pylist() for name in ("id", "source", "metadata"))
            met.update(
                digest
                for digest, *named in zip(digests, *columns, strict=True)
                if any(names(one, *named) for one in self.selectors)
            )
        return met


def names(selector: Selector, identity: str, source: str, metadata: str) -> bool:
    """Return whether a selector by id or URL names a document.

    Args:
        selector: What is asked for.
        identity: The id of the document.
        source: Its locator.
        metadata: Its other fields, as JSON: a URL stands in one of them, at any depth.
    """
    match selector.kind:
        case SelectorKind.ID:
            return identity == selector.value
        case SelectorKind.URL_PATTERN:
            texts = (identity, source, *_list_texts(metadata))
            return any(fnmatchcase(text, selector.value) for text in texts)
    return False


def load_suppression(context: Context) -> Suppression:
    """Return what all takedowns keep out; a dataset's name keeps nothing out but its texts."""
    takedowns = context.catalog.takedowns
    kept = (SelectorKind.ID, SelectorKind.URL_PATTERN)
    return Suppression(
        digests=frozenset(takedowns.list_digests()),
        selectors=tuple(one for one in takedowns.list_selectors() if one.kind in kept),
    )


def _list_texts(metadata: str) -> list[str]:
    """Return the texts of metadata, however deep they lie in objects, lists, or JSON as text."""
    texts: list[str] = []
    left = [] if metadata == "{}" else [json.loads(metadata)]
    while left:
        value = left.pop()
        if isinstance(value, str):
            texts.append(value)
            left += _read_nested(value)
        elif isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
    return texts


def _read_nested(text: str) -> list[object]:
    """Return what a text holds as JSON, as a column of Parquet may; or nothing."""
    if text.lstrip()[:1] not in _OPENS:
        return []
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        # A text that only begins like JSON, such as a note in brackets.
        return []
