"""Files elsewhere that an earlier registration read, and that are still the same."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.digest import PREFIX, Digest
from registry.domain.names import DatasetName, Reference
from registry.domain.reading import MEMBER_MARK
from registry.domain.version import Shard, Version, VersionState
from registry.operations.collecting.scan import FileFacts, RejectedRows
from registry.operations.context import Context
from registry.operations.passes.quarantine import QuarantineWriter, read_quarantine
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
        """Return what is known of a file, if it is still the same; else None."""
        shard = self._shards.get(file.name)
        if shard is None or self._version is None or not _is_same(shard, file):
            return None
        if shard.uri is not None:
            # At another commit the same file has another place.
            shard = shard.model_copy(update={"uri": file.uri})
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
        return {shard.path: shard for shard in shards}

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


def _is_same(shard: Shard, file: SourceFile) -> bool:
    """Whether a file has the content of a shard, by its entity tag or what its commit states."""
    if file.proof is not None:
        stated = (shard.etag, shard.digest.removeprefix(PREFIX))
        return file.num_bytes == shard.num_bytes and file.proof in stated
    if shard.etag is None or shard.uri != file.uri:
        return False
    return read_stamp(shard.uri or "") == Stamp(shard.num_bytes, etag=shard.etag)


def _outer(name: str) -> str:
    """Return the file that a member of an archive lies in."""
    return name.partition(MEMBER_MARK)[0]
