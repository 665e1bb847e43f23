"""What was erased of the store: digests and sizes stay, for whoever asks where the bytes went."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.inserting import insert_rows
from registry.catalog.resolving import chunked
from registry.catalog.tables import DatasetRow, ErasedObjectRow, ShardRow, VersionRow
from registry.domain.digest import Digest
from registry.domain.erasure import ErasedObject
from registry.domain.names import reference_to
from registry.domain.version import VersionState


class ErasureStore:
    """Records erasures, and says what was erased and what is still in use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, takedown_id: int, objects: Sequence[ErasedObject], *, actor: str, at: datetime
    ) -> None:
        """Record that objects are erased, in one transaction; what is recorded already stays so.

        It comes before the objects go: what is gone without a word would look like a loss.
        """
        with self._database.writing() as connection:
            known = set(
                connection.execute(
                    select(ErasedObjectRow.digest).where(ErasedObjectRow.takedown_id == takedown_id)
                ).scalars()
            )
            new = {one.digest: one.num_bytes for one in objects if one.digest not in known}
            if not new:
                return
            facts = {"takedown_id": takedown_id, "actor": actor, "at": at}
            rows = [{"digest": digest, "num_bytes": size, **facts} for digest, size in new.items()]
            insert_rows(connection, ErasedObjectRow, rows)
            detail = {"num_objects": len(new), "num_bytes": sum(new.values())}
            change = Change("takedown.erase", str(takedown_id), detail)
            audit.append(connection, [change], actor=actor, at=at)

    def list_all(self) -> list[Digest]:
        """Return every object that was erased."""
        with self._database.reading() as connection:
            return list(connection.execute(select(ErasedObjectRow.digest).distinct()).scalars())

    def find(self, digests: Iterable[Digest]) -> dict[Digest, int]:
        """Return by which takedown objects were erased; what was not is left out."""
        row = ErasedObjectRow
        query = select(row.digest, row.takedown_id).order_by(row.takedown_id.desc())
        with self._database.reading() as connection:
            return {
                digest: takedown_id
                for chunk in chunked(dict.fromkeys(digests))
                for digest, takedown_id in connection.execute(query.where(row.digest.in_(chunk)))
            }

    def find_users(self, digests: Iterable[Digest]) -> Mapping[Digest, list[str]]:
        """Return the versions that were not withdrawn and are made of some bytes, by digest."""
        query = (
            select(ShardRow.digest, DatasetRow.name, VersionRow.number)
            .join_from(ShardRow, VersionRow, VersionRow.id == ShardRow.version_id)
            .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
            .where(VersionRow.state != VersionState.WITHDRAWN)
            .order_by(VersionRow.id)
        )
        users: defaultdict[Digest, list[str]] = defaultdict(list)
        with self._database.reading() as connection:
            for chunk in chunked(dict.fromkeys(digests)):
                for row in connection.execute(query.where(ShardRow.digest.in_(chunk))):
                    users[row.digest].append(reference_to(row.name, row.number))
        return users
