"""Open the version that is about to be worked on, and list what there is."""

from collections.abc import Iterable

from registry.domain.exchange import MetadataFormat
from registry.domain.names import Reference
from registry.domain.version import Content, DatasetKind, Lifecycle, Version, VersionState
from registry.errors import InputError
from registry.operations.context import Context

_PAGE = 500

_DESCRIBED = frozenset(one.value for one in MetadataFormat)
"""The kinds of sources of versions that an import made of a description."""


def open_input(
    context: Context,
    reference: Reference,
    *,
    or_table: bool = False,
    or_withdrawn: bool = False,
) -> Version:
    """Return a version whose documents are about to be read.

    Args:
        context: The open registry.
        reference: The version.
        or_table: Whether the rows of a table will do as well.
        or_withdrawn: Whether one that was withdrawn will do, to look at; it is said.

    Raises:
        UnknownError: There is no such version.
        InputError: It holds something else, only stands for data that is not here, was erased, or
            was withdrawn: what is made of it would bring back what had to go.
    """
    version = context.catalog.versions.get(reference)
    if version.content is Content.MIXTURE:
        raise InputError(
            f"{version.reference} is a mixture and holds no document itself",
            hint=f"name one of its parts: muster mixture show {version.reference}",
        )
    if version.content is Content.TABLE and not or_table:
        raise InputError(
            f"{version.reference} is a table, not documents",
            hint="a recipe that ends in to_text makes documents of it: muster recipe steps",
        )
    if version.content not in (Content.DOCUMENTS, Content.TABLE):
        raise InputError(
            f"{version.reference} holds {version.content}, not documents",
            hint=f"muster lineage {version.reference}",
        )
    if not version.num_documents and any(one.kind in _DESCRIBED for one in version.sources):
        raise InputError(
            f"{version.reference} stands for data elsewhere: it was imported as a description",
            hint=f"muster register PATH --name {version.dataset}",
        )
    if or_withdrawn:
        warn_of_withdrawn(context, [version])
        _refuse_erased(context, version)
    else:
        refuse_withdrawn(context, version)
    return version


def list_heads(context: Context, *, kind: DatasetKind | None = None) -> list[str]:
    """Return the newest version of each active dataset of documents, of a kind or of any."""
    heads: list[str] = []
    after: str | None = None
    while True:
        page = context.catalog.datasets.list(kind=kind, limit=_PAGE, after=after)
        heads.extend(
            item.reference
            for item in page
            if item.content is Content.DOCUMENTS and item.lifecycle is Lifecycle.ACTIVE
        )
        if len(page) < _PAGE:
            return heads
        after = page[-1].reference.partition("@")[0]


def refuse_withdrawn(context: Context, version: Version) -> None:
    """Refuse to read what is not to be used any more.

    Raises:
        InputError: It was withdrawn.
    """
    if version.state is VersionState.WITHDRAWN:
        raise InputError(
            _say_withdrawn(context, version),
            hint=f"what stands in its place: muster show {version.dataset}",
        )


def warn_of_withdrawn(context: Context, versions: Iterable[Version]) -> None:
    """Say which versions are not to be used any more, and why; facts of them can be stated."""
    for version in versions:
        if version.state is VersionState.WITHDRAWN:
            context.progress.note(f"warning: {_say_withdrawn(context, version)}")


def _refuse_erased(context: Context, version: Version) -> None:
    if version.state is not VersionState.WITHDRAWN:
        return
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    stored = [shard.digest for shard in shards if shard.uri is None]
    for takedown_id in context.catalog.erasures.find(stored).values():
        raise InputError(
            f"{version.reference} was erased for takedown {takedown_id}",
            hint=f"muster takedown show {takedown_id}",
        )


def _say_withdrawn(context: Context, version: Version) -> str:
    found = context.catalog.versions.find_withdrawal(Reference.parse(version.reference))
    reason = "" if found is None else f": {found.reason}"
    return f"{version.reference} was withdrawn{reason}"
