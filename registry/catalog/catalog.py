"""The catalog: a database at the right revision, and one store for each noun."""

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from registry.catalog.audit import AuditStore
from registry.catalog.costs import CostStore
from registry.catalog.counts import CountStore
from registry.catalog.datasets import DatasetStore
from registry.catalog.declarations import DeclarationStore
from registry.catalog.engine import Database
from registry.catalog.engine_checks import EngineCheckStore
from registry.catalog.erasures import ErasureStore
from registry.catalog.generations import GenerationStore
from registry.catalog.imports import ImportStore
from registry.catalog.licences import LicenceStore
from registry.catalog.lineage import LineageStore
from registry.catalog.measurements import MeasurementStore
from registry.catalog.mentions import iter_mentions
from registry.catalog.mixtures import MixtureStore
from registry.catalog.models import ModelStore
from registry.catalog.reports import ReportStore
from registry.catalog.revision import check_revision, read_revision
from registry.catalog.runs import RunStore
from registry.catalog.sealed import SealedStore
from registry.catalog.takedowns import TakedownStore
from registry.catalog.targets import TargetStore
from registry.catalog.tokenizers import TokenizerStore
from registry.catalog.versions import VersionStore
from registry.errors import InputError


class Catalog:
    """The ledger of datasets, versions, runs, tokenizers and counts, on SQLite or PostgreSQL.

    Each method of a store is one transaction. Stores may be used by several threads at once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.datasets = DatasetStore(database)
        self.versions = VersionStore(database)
        self.runs = RunStore(database)
        self.imports = ImportStore(database)
        self.licences = LicenceStore(database)
        self.mixtures = MixtureStore(database)
        self.models = ModelStore(database)
        self.generations = GenerationStore(database)
        self.takedowns = TakedownStore(database)
        self.erasures = ErasureStore(database)
        self.lineage = LineageStore(database)
        self.tokenizers = TokenizerStore(database)
        self.engine_checks = EngineCheckStore(database)
        self.costs = CostStore(database)
        self.counts = CountStore(database)
        self.measurements = MeasurementStore(database)
        self.targets = TargetStore(database)
        self.reports = ReportStore(database)
        self.declarations = DeclarationStore(database)
        self.audit = AuditStore(database)
        self.sealed = SealedStore(database)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the catalog at a URL. It is never upgraded without being asked.

        Raises:
            InputError: The URL is not that of a catalog, or there is no file.
            SchemaRevisionError: It is at another revision; the hint is the command that mends it.
            StorageError: The database cannot be opened or reached.
            MissingExtraError: The PostgreSQL driver is not installed.
        """
        database = Database(url)
        if database.file is not None and not database.file.exists():
            raise InputError(f"no catalog at {database.file}", hint="muster init")
        try:
            with database.reading() as connection:
                check_revision(read_revision(connection))
        except BaseException:
            database.close()
            raise
        return cls(database)

    @classmethod
    def open_replica(cls, url: str) -> Self:
        """Return the catalog at a URL to read from. It is connected to when something is read.

        Raises:
            InputError: The URL is not that of a catalog.
            MissingExtraError: The PostgreSQL driver is not installed.
        """
        database = Database(url)
        database.be_replica(
            lambda connection: check_revision(read_revision(connection)),
            hint="without MUSTER_READ_DATABASE_URL the catalog itself is read",
        )
        return cls(database)

    def iter_mentions(self) -> Iterator[bytes]:
        """Yield the 32 bytes of every digest that is written anywhere in the catalog."""
        with self._database.reading() as connection:
            yield from iter_mentions(connection)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
