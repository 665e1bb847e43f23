"""Versions: sealed once, read by reference, withdrawn but never changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.collector import collector_paused
from registry.catalog.engine import Database
from registry.catalog.loading import load_version, load_versions
from registry.catalog.orders import Order
from registry.catalog.resolving import resolve, resolve_all, unknown_dataset
from registry.catalog.sealing import Sealing
from registry.catalog.shards import load_shards
from registry.catalog.tables import DatasetRow, VersionRow
from registry.domain.audit import Withdrawal
from registry.domain.digest import Digest
from registry.domain.names import DatasetName, Reference
from registry.domain.run import RunDraft
from registry.domain.version import Sealed, Shard, Version, VersionDraft, VersionState
from registry.domain.words import require_words

_SLICE = 1_000
"""Drafts that are sealed by one round of statements."""


class VersionStore:
    """Seals and reads versions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seal(self, draft: VersionDraft, *, run: RunDraft | str, actor: str, at: datetime) -> Sealed:
        """Seal a draft in one transaction, with everything that belongs to it; close its run.

        Repeating it is safe: where the dataset already holds these bytes no version is made, and
        only what can be stated later is taken over: description, owner, kind, tags, licence,
        further languages and sources, and where the files lie now.

        Args:
            draft: The version, its facts, inputs and books.
            run: The run to record with it, or the public id of an open one.
            actor: Who does it.
            at: When.

        Raises:
            BalanceError: The books of the run do not balance.
            UnknownError: An input, a counted tokenizer or the run is not there.
            ConflictError: The run is closed, the version with these bytes was withdrawn, or
                somebody else wrote first; nothing was done.
        """
        return self._seal([(draft, run)], actor=actor, at=at)[0]

    def seal_many(
        self,
        drafts: Sequence[tuple[VersionDraft, RunDraft | str]],
        *,
        actor: str,
        at: datetime,
    ) -> list[Sealed]:
        """Seal many drafts in one transaction, in order, all or none; see `seal`.

        A later draft may name as input, by its number, what an earlier one becomes.
        """
        with collector_paused():
            return self._seal(drafts, actor=actor, at=at)

    def get(self, reference: Reference) -> Version:
        """Return the version that a reference means.

        Raises:
            UnknownError: There is none; the nearest names are offered.
            InputError: The beginning of a digest fits several versions.
        """
        with self._database.reading() as connection:
            return load_version(connection, resolve(connection, reference))

    def get_many(self, references: Sequence[Reference]) -> dict[str, Version]:
        """Return many versions by canonical reference, in few queries.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with self._database.reading() as connection:
            ids = dict.fromkeys(resolve_all(connection, references).values())
            return {one.reference: one for one in load_versions(connection, ids).values()}

    def list_many(self, references: Sequence[Reference]) -> list[Version]:
        """Return the version that each reference means, in order, in few queries.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with self._database.reading() as connection:
            ids = resolve_all(connection, references)
            versions = load_versions(connection, dict.fromkeys(ids.values()))
            return [versions[ids[reference]] for reference in references]

    def find_derived(self, dataset: DatasetName, derivation: Digest) -> Version | None:
        """Return the newest version of a dataset that was made in this way and still stands."""
        query = (
            select(VersionRow.id)
            .join_from(VersionRow, DatasetRow, DatasetRow.id == VersionRow.dataset_id)
            .where(
                DatasetRow.name == str(dataset),
                VersionRow.derivation_digest == derivation,
                VersionRow.state == VersionState.SEALED,
            )
            .order_by(VersionRow.number.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).scalar()
            return None if found is None else load_version(connection, found)

    def list_for(self, dataset: DatasetName) -> list[Version]:
        """Return the versions of a dataset, oldest first.

        Raises:
            UnknownError: There is no such dataset; the nearest names are offered.
        """
        query = (
            select(VersionRow.id)
            .join_from(VersionRow, DatasetRow, DatasetRow.id == VersionRow.dataset_id)
            .where(DatasetRow.name == str(dataset))
            .order_by(VersionRow.number)
        )
        with self._database.reading() as connection:
            ids = connection.execute(query).scalars().all()
            if not ids:
                raise unknown_dataset(connection, str(dataset))
            versions = load_versions(connection, ids)
            return [versions[version_id] for version_id in ids]

    def list_shards(self, reference: Reference) -> list[Shard]:
        """Return the shards of a version, in the order of its documents, where they lie now.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.reading() as connection:
            return load_shards(connection, resolve(connection, reference))

    def withdraw(self, reference: Reference, *, reason: str, actor: str, at: datetime) -> Version:
        """Mark a version as withdrawn, in one transaction; repeating it does nothing.

        Raises:
            InputError: No reason is given.
            UnknownError: There is no such version.
        """
        reason = require_words(reason, what="reason")
        with self._database.writing() as connection:
            version = load_version(connection, version_id := resolve(connection, reference))
            if version.state is VersionState.WITHDRAWN:
                return version
            connection.execute(
                update(VersionRow)
                .where(VersionRow.id == version_id)
                .values(state=VersionState.WITHDRAWN)
            )
            change = Change(audit.WITHDRAW, version.reference, {"reason": reason})
            audit.append(connection, [change], actor=actor, at=at)
            return load_version(connection, version_id)

    def find_withdrawal(self, reference: Reference) -> Withdrawal | None:
        """Return who withdrew a version and why; None where nobody did.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.reading() as connection:
            version = load_version(connection, resolve(connection, reference))
            if version.state is not VersionState.WITHDRAWN:
                return None
            return audit.find_withdrawals(connection, [version.reference])[version.reference]

    def _seal(
        self,
        drafts: Sequence[tuple[VersionDraft, RunDraft | str]],
        *,
        actor: str,
        at: datetime,
    ) -> list[Sealed]:
        orders = [Order.prepare(draft, run) for draft, run in drafts]
        with self._database.writing() as connection:
            # In slices, so that the rows of one are gone before the next are made.
            return [
                sealed
                for start in range(0, len(orders), _SLICE)
                for sealed in Sealing(
                    connection, orders[start : start + _SLICE], actor=actor, at=at
                ).seal()
            ]
