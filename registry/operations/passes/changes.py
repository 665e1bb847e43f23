"""How a version differs from the one before: in its files, and in what it was made from."""

from collections.abc import Sequence

from registry.domain.answers import Changes, ReadingChange
from registry.domain.names import DatasetName, Reference, reference_to
from registry.domain.reading import Encoding, Reading
from registry.domain.version import Shard, Version
from registry.operations.context import Context


def compare(
    previous: Version,
    before: Sequence[Shard],
    after: Sequence[Shard],
    *,
    num_documents: int,
    num_bytes: int,
) -> Changes:
    """Return what was added, removed, changed and read otherwise, by the files' logical paths."""
    old = {shard.path: shard.digest for shard in before}
    new = {shard.path: shard.digest for shard in after}
    return Changes(
        previous=previous.reference,
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(path for path in new.keys() & old.keys() if new[path] != old[path])),
        readings=_compare_readings(before, after),
        documents=num_documents - previous.num_documents,
        num_bytes=num_bytes - previous.num_bytes,
    )


def note_other_origin(context: Context, target: DatasetName, version: Version) -> None:
    """Say so if a dataset's newest version was made from another dataset than its next one will be.

    Nothing is wrong with that, but it is often a slip: readers of the dataset get other data.

    Args:
        context: The open registry.
        target: The dataset that gets a version; it may be new.
        version: What the next version is made from.
    """
    known = context.catalog.datasets.find(target)
    if known is None or not known.head:
        return
    newest = reference_to(target, known.head)
    parents = context.catalog.lineage.parents(Reference.parse(newest))
    if any(Reference.parse(parent).dataset == version.dataset for parent in parents):
        return
    origin = f"made from {', '.join(parents)}" if parents else "registered"
    context.progress.note(
        f"note: {newest} was {origin}; the next version of {target} is made from "
        f"{version.reference}"
    )


def _compare_readings(before: Sequence[Shard], after: Sequence[Shard]) -> tuple[ReadingChange, ...]:
    old = {shard.path: _told(shard.reading) for shard in before}
    paths: dict[tuple[Reading, Reading], list[str]] = {}
    for shard in after:
        reading, now = old.get(shard.path), _told(shard.reading)
        if reading is not None and now is not None and reading != now:
            paths.setdefault((reading, now), []).append(shard.path)
    return tuple(
        ReadingChange(paths=tuple(found), before=reading, after=now)
        for (reading, now), found in paths.items()
    )


def _told(reading: Reading | None) -> Reading | None:
    """Return a reading without how it came to be told, which is no other way to read."""
    if reading is None or not (reading.untold or reading.encoding or reading.member_encodings):
        return reading
    members = tuple(
        one.model_copy(update={"encoding": _uncounted(one.encoding)})
        for one in reading.member_encodings
    )
    encoding = None if reading.encoding is None else _uncounted(reading.encoding)
    told = {"untold": (), "encoding": encoding, "member_encodings": members}
    return reading.model_copy(update=told)


def _uncounted(encoding: Encoding) -> Encoding:
    return encoding.model_copy(update={"num_telling": None})
