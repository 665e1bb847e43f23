"""Cut a version into units of work; a finished unit leaves a checkpoint.

The same command, run again after a crash, takes up the finished units and goes on behind them.
Where the cuts fall depends on the version's shards alone, so the result is the same bytes.
"""

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import ValidationError

from registry.document_index import DocumentIndexBuilder
from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.names import Reference
from registry.domain.version import Shard, Version
from registry.normalization.pipeline import Pipeline
from registry.operations.context import Context
from registry.operations.indexes import read_index, write_index
from registry.operations.quarantine import join_quarantines


class Unit(Value):
    """What a finished unit of work left behind: objects in the store, and its account."""

    shards: tuple[Shard, ...]
    ledger: Ledger
    index: Digest
    quarantine: Digest | None
    state: str
    """What the recipe's stateful steps learned in this unit, base64."""

    def objects(self) -> list[Digest]:
        """Return the objects that must be there for the unit to count as finished."""
        quarantine = [] if self.quarantine is None else [self.quarantine]
        return [*(shard.digest for shard in self.shards), self.index, *quarantine]


_Unit = TypeVar("_Unit", bound=Unit)


def run_units(
    context: Context,
    version: Version,
    pipeline: Pipeline,
    *,
    derivation: Digest,
    task: str,
    kind: type[_Unit],
    work_on: Callable[[Sequence[Shard], int], _Unit],
) -> list[_Unit]:
    """Work on every unit of a version in order, taking up those that are already finished.

    Args:
        context: The open registry.
        version: The input.
        pipeline: The recipe at work; its state is restored from finished units.
        derivation: Which checkpoints are meant.
        task: What the progress is called.
        kind: The class of the checkpoints.
        work_on: Works on the shards of one unit, given its number.
    """
    work = context.work(derivation)
    context.progress.start(task, total_bytes=version.num_text_bytes)
    units: list[_Unit] = []
    try:
        for number, group in enumerate(_group(context, version)):
            name = f"unit-{number:06}"
            unit = _load(context, work.load(name), kind)
            if unit is None:
                unit = work_on(group, number)
                work.save(name, unit.model_dump(mode="json"))
            else:
                pipeline.restore_state(base64.b64decode(unit.state))
                context.progress.advance(
                    num_bytes=unit.ledger.bytes_in, num_documents=unit.ledger.documents_in
                )
            units.append(unit)
    finally:
        context.progress.finish()
    return units


def encode_state(pipeline: Pipeline) -> str:
    """Return what the recipe's steps learned since the last unit, for a checkpoint."""
    return base64.b64encode(pipeline.take_state()).decode()


def total_ledger(units: Sequence[Unit]) -> Ledger:
    """Return the balanced ledger of all units.

    Raises:
        BalanceError: The books do not balance.
    """
    return add_ledgers([unit.ledger for unit in units if unit.ledger.entries]).check()


def join_indexes(context: Context, units: Sequence[Unit]) -> tuple[Digest, int]:
    """Store the document index of all units as one; return it and its distinct documents."""
    builder = DocumentIndexBuilder()
    for unit in units:
        builder.add_index(read_index(context.store, unit.index))
    index = builder.to_batch()
    return write_index(context.store, index), len(index)


def join_unit_quarantines(context: Context, units: Sequence[Unit]) -> Digest | None:
    """Store the rejected rows of all units as one object; None if there are none."""
    return join_quarantines(context.store, (unit.quarantine for unit in units))


def _group(context: Context, version: Version) -> list[tuple[Shard, ...]]:
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    groups: list[tuple[Shard, ...]] = []
    held: list[Shard] = []
    num_bytes = 0
    for shard in shards:
        held.append(shard)
        num_bytes += shard.num_bytes
        if num_bytes >= context.settings.shard_bytes:
            groups.append(tuple(held))
            held, num_bytes = [], 0
    if held:
        groups.append(tuple(held))
    return groups


def _load(context: Context, checkpoint: object, kind: type[_Unit]) -> _Unit | None:
    try:
        unit = kind.model_validate(checkpoint)
    except ValidationError:
        return None
    return unit if all(context.store.exists(digest) for digest in unit.objects()) else None
