"""Remove objects that nothing refers to: what crashes and finished passes left behind.

An object stays if its digest is written anywhere in the catalog or in a checkpoint of this home; if
it is younger than the grace, since whoever wrote it may be about to refer to it; and if it was
written since the oldest open run began, since checkpoints may lie in another home.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from registry.domain.keeping import Collection, OldestRun, UnwantedObject
from registry.domain.progress import Done
from registry.domain.urls import redact_url
from registry.errors import InputError
from registry.operations.context import Context
from registry.storage.waste import LEAST_GRACE, FoundObject, Waste

GRACE = timedelta(days=7)

_DIGEST = re.compile(rb"sha256:([0-9a-f]{64})")
_BATCH = 100
"""Objects removed while writers wait."""


def collect(context: Context, *, grace: timedelta = GRACE, dry_run: bool = False) -> Collection:
    """Remove what nothing refers to, one file after the other; safe to interrupt and repeat.

    What was removed is in the audit log. Safe beside others who write.

    Args:
        context: The open registry.
        grace: How old an object has to be to go.
        dry_run: Say what would go, and remove nothing.

    Raises:
        InputError: The grace is shorter than an hour.
    """
    if grace < LEAST_GRACE:
        raise InputError(
            f"a grace of {grace.total_seconds():.0f} seconds is too short: somebody may have just "
            "written what is about to be sealed",
            hint="an hour at least: --grace-days 0.05",
        )
    oldest = context.catalog.runs.find_oldest_open()
    before = context.clock() - grace
    if oldest is not None:
        before = min(before, oldest.started_at)
    waste = Waste(context.store.url)
    # Listed first: what is referred to after it is looked up was renewed before.
    found = _Found(waste, before)
    unwanted = found.keep_unmentioned(_iter_mentions(context))
    staged = [file for file in waste.iter_staged() if file.modified < before]
    removed = unwanted if dry_run else _remove(context, waste, unwanted)
    if not dry_run:
        staged = [file for file in staged if waste.remove(file)]
    return Collection(
        status="planned" if dry_run else "done",
        store=redact_url(context.store.url),
        num_objects=found.num_objects,
        num_bytes=found.num_bytes,
        before=before,
        oldest_run=oldest and OldestRun(id=oldest.id, started_at=oldest.started_at),
        removed=tuple(
            UnwantedObject(digest=one.digest, num_bytes=one.num_bytes, modified=one.modified)
            for one in removed
        ),
        num_staged=len(staged),
        staged_bytes=sum(file.num_bytes for file in staged),
        num_spared=len(found.young),
        spared_bytes=sum(found.young.values()),
    )


class _Found:
    """The objects of a store, divided by age."""

    def __init__(self, waste: Waste, before: datetime) -> None:
        self.num_objects = self.num_bytes = 0
        self.young: dict[bytes, int] = {}
        self._old: dict[bytes, FoundObject] = {}
        for one in waste.iter_objects():
            self.num_objects += 1
            self.num_bytes += one.num_bytes
            key = bytes.fromhex(one.digest.removeprefix("sha256:"))
            if one.modified < before:
                self._old[key] = one
            else:
                self.young[key] = one.num_bytes

    def keep_unmentioned(self, mentions: Iterator[bytes]) -> list[FoundObject]:
        """Forget what is mentioned; return what is left of the old ones, oldest first."""
        for key in mentions:
            self._old.pop(key, None)
            self.young.pop(key, None)
        return sorted(self._old.values(), key=lambda one: (one.modified, one.digest))


def _iter_mentions(context: Context) -> Iterator[bytes]:
    yield from context.catalog.iter_mentions()
    for path in (context.home / "work").rglob("*.json"):
        yield from map(_to_bytes, _DIGEST.findall(_read(path)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""  # sealed meanwhile: then the catalog has it, or it is new


def _to_bytes(digits: bytes) -> bytes:
    return bytes.fromhex(digits.decode())


def _remove(context: Context, waste: Waste, unwanted: list[FoundObject]) -> list[FoundObject]:
    removed: list[FoundObject] = []
    context.progress.start("gc", total_bytes=_sum(unwanted))
    try:
        for start in range(0, len(unwanted), _BATCH):
            with waste.removing():
                for one in unwanted[start : start + _BATCH]:
                    if waste.remove(one):
                        removed.append(one)
                        context.progress.advance(Done(num_bytes=one.num_bytes))
    finally:
        context.progress.finish()
        if removed:
            context.catalog.audit.record(
                "objects.remove",
                redact_url(context.store.url),
                {"num_objects": len(removed), "num_bytes": _sum(removed)},
                actor=context.actor,
                at=context.clock(),
            )
    return removed


def _sum(found: list[FoundObject]) -> int:
    return sum(one.num_bytes for one in found)
