"""Mixtures: the parts of a version, with their weights."""

from sqlalchemy import select

from registry.catalog.engine import Database
from registry.catalog.models import name_versions
from registry.catalog.resolving import resolve
from registry.catalog.tables import DatasetRow, MixturePartRow, VersionRow
from registry.domain.mixture import Mixture, MixturePart
from registry.domain.names import Reference, reference_to
from registry.errors import InputError


class MixtureStore:
    """Reads what mixtures are made of; they are sealed as versions are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, reference: Reference) -> Mixture:
        """Return a mixture with its parts, by reference.

        Raises:
            InputError: The version is no mixture.
            UnknownError: There is no such version.
        """
        part = MixturePartRow
        query = (
            select(
                DatasetRow.name,
                VersionRow.number,
                VersionRow.manifest_digest,
                VersionRow.num_documents,
                VersionRow.num_text_bytes,
                part.weight,
            )
            .join_from(part, VersionRow, VersionRow.id == part.parent_id)
            .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
            .where(part.weight.is_not(None))
        )
        with self._database.reading() as connection:
            version_id = resolve(connection, reference)
            rows = connection.execute(query.where(part.version_id == version_id)).all()
            (name,) = name_versions(connection, {version_id}).values()
        if not rows:
            raise InputError(f"{name} is no mixture", hint="muster mixture make NAME REF=WEIGHT")
        parts = [
            MixturePart(
                reference=reference_to(row.name, row.number),
                digest=row.manifest_digest,
                weight=row.weight,
                num_documents=row.num_documents,
                num_text_bytes=row.num_text_bytes,
            )
            for row in rows
        ]
        return Mixture(reference=name, parts=tuple(sorted(parts, key=lambda one: one.reference)))
