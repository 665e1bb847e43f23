"""Files elsewhere that an earlier registration read, and that are still the same."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.digest import Digest
from registry.domain.names import DatasetName, Reference
from registry.domain.version import Shard, Version, VersionState
from registry.operations.collecting.scan import FileFacts, RejectedRows
from registry.operations.context import Context
from registry.operations.passes.quarantine import QuarantineWriter, read_quarantine
from registry.sources.archive import MEMBER_MARK
from registry.sources.file import SourceFile
from registry.sources.places import Stamp, read_stamp


class KnownFiles:
    """What the newest version of a dataset says of files elsewhere.

    It holds where the same command made that version: the same places, reading and limits, and
    nothing taken down since.

    Args:
        context: The open registry.
        name: The dataset; it may be new.
        derivation: Of the command.
    """

    def __init__(self, context: Context, name: DatasetName, derivation: Digest) -> None:
        self._context = context
        self._version = self._find(name, derivation)

    def find(self, file: SourceFile, *, keep: bool) -> FileFacts | None:
        """Return what is known of a file, if its entity tag is still the same; else None."""
        shard = self._shards.get(file.uri or "")
        if shard is None or self._version is None or shard.path != file.name:
            return None
        if read_stamp(file.uri or "") != Stamp(shard.num_bytes, etag=shard.etag):
            return None
        return FileFacts(
            shard=shard,
            fields=self._version.fields,
            rejected=self._counts[shard.path].summary if shard.path in self._counts else (),
            quarantine=self._write_rejected(shard.path) if keep else None,
        )

    def _find(self, name: DatasetName, derivation: Digest) -> Version | None:
        catalog = self._context.catalog
        known = catalog.datasets.find(name)
        if known is None or not known.head:
            return None
        version = catalog.versions.get(Reference(dataset=name, number=known.head))
        if version.run is None or version.state is not VersionState.SEALED:
            return None
        return version if catalog.runs.get(version.run).derivation == derivation else None

    @cached_property
    def _shards(self) -> Mapping[str, Shard]:
        if self._version is None:
            return {}
        shards = self._context.catalog.versions.list_shards(
            Reference.parse(self._version.reference)
        )
        return {shard.uri: shard for shard in shards if shard.uri and shard.etag}

    @cached_property
    def _counts(self) -> Mapping[str, RejectedRows]:
        """Return how many rows of each file were rejected, by reason."""
        counts: dict[str, RejectedRows] = {}
        for batch in self._read_rejected():
            for name in pc.unique(batch.column("file")).to_pylist():
                rows = batch.filter(pc.equal(batch.column("file"), name))
                counts.setdefault(_outer(name), RejectedRows()).add(rows)
        return counts

    def _write_rejected(self, path: str) -> Digest | None:
        """Store the rejected rows of one file by themselves; None if there are none."""
        if path not in self._counts:
            return None
        writer = QuarantineWriter(self._context.store)
        for batch in self._read_rejected():
            is_wanted = [_outer(name) == path for name in batch.column("file").to_pylist()]
            writer.write([batch.filter(pa.array(is_wanted))])
        return writer.finish()

    def _read_rejected(self) -> Iterator[pa.RecordBatch]:
        run = self._version.run if self._version else None
        quarantine = self._context.catalog.runs.get(run).quarantine if run else None
        if quarantine is not None:
            yield from read_quarantine(self._context.store, quarantine)


def _outer(name: str) -> str:
    """Return the file that a member of an archive lies in."""
    return name.partition(MEMBER_MARK)[0]
