"""What the verbs that keep a registry answer: copies, backups, verification, waste, health."""

from enum import StrEnum

from pydantic import AwareDatetime

from registry.domain.base import Value
from registry.domain.digest import Digest


class CopiedTable(Value):
    """One table of a catalog: how many rows, and the digest of all of them."""

    name: str
    num_rows: int
    digest: Digest
    """Over the rows in the order of their keys, as values that are the same on every engine."""


class CatalogCopy(Value):
    """The answer of `db copy`."""

    status: str
    """`copied`; `planned` for a dry run; `refused` where there are findings."""

    source: str
    target: str
    """Both without password."""

    revision: str
    tables: tuple[CopiedTable, ...]
    """As the source holds them; a copy holds the same, or nothing was written."""

    findings: tuple[str, ...] = ()
    """Why nothing was written."""

    @property
    def num_rows(self) -> int:
        """Rows of all tables."""
        return sum(table.num_rows for table in self.tables)


class Backup(Value):
    """The answer of `db backup`: a SQLite file that is a whole catalog, and was checked."""

    source: str
    file: str
    num_bytes: int
    num_rows: int
    revision: str
    last_entry: int
    """The id of the newest entry in its audit log; 0: none."""


class UnwantedObject(Value):
    """An object that nothing refers to."""

    digest: Digest
    num_bytes: int
    modified: AwareDatetime


class OldestRun(Value):
    """The open run that began first: what was written since may still be wanted by it."""

    id: str
    started_at: AwareDatetime


class Collection(Value):
    """The answer of `gc`."""

    status: str
    """`done`, or `planned` for a dry run."""

    store: str
    num_objects: int
    num_bytes: int
    """All that lies in the store, what is removed included."""

    before: AwareDatetime
    """Only what was written before may go."""

    oldest_run: OldestRun | None
    """Where there is an open run; then nothing goes that was written since it began."""

    removed: tuple[UnwantedObject, ...]
    """Or what would be removed."""

    num_staged: int
    staged_bytes: int
    """Half-written files of processes that died, removed as well."""

    num_spared: int
    spared_bytes: int
    """What nothing refers to either, and is too new to go."""

    @property
    def removed_bytes(self) -> int:
        """Bytes of the objects removed."""
        return sum(one.num_bytes for one in self.removed)


class AuditVerification(Value):
    """The answer of `verify --audit`."""

    num_entries: int
    last_hash: Digest
    """Of the newest entry. Kept elsewhere, it shows later that nothing before it was changed, or
    cut off and written anew."""

    broken: int | None
    """The first entry that does not follow from the one before; None: all do."""

    @property
    def is_intact(self) -> bool:
        """Every entry follows from the one before."""
        return self.broken is None


class Finding(Value):
    """Something that is not as it was sealed."""

    subject: str
    """A version, one of its files, a run, an object, or `catalog`."""

    problem: str


class RegistryVerification(Value):
    """The answer of `verify` without a reference: of all that was sealed."""

    num_versions: int
    num_files: int
    """Files and objects whose bytes were read, each once."""

    num_erased: int = 0
    """Objects that were erased for takedowns, of which nothing can be read again."""

    num_bytes: int
    num_derivations: int
    """Derivations that were computed again from what their runs say."""

    num_entries: int
    """Of the audit log."""

    findings: tuple[Finding, ...]

    @property
    def is_intact(self) -> bool:
        """Everything is as it was sealed."""
        return not self.findings


class Health(StrEnum):
    """How something that muster needs is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should look."""

    FAILED = "failed"
    MISSING = "missing"
    """It is optional and not installed."""


class Check(Value):
    """One thing that was looked at."""

    name: str
    health: Health
    found: str
    hint: str | None = None
    """What mends it."""


class Examination(Value):
    """The answer of `doctor`."""

    checks: tuple[Check, ...]

    @property
    def is_well(self) -> bool:
        """Nothing that is needed is broken."""
        return all(check.health is not Health.FAILED for check in self.checks)


class DatabaseHealth(Value):
    """What a database says of itself."""

    place: str
    """Its URL without password."""

    engine: str
    """With version."""

    revision: str | None
    """None: it holds no catalog."""

    settings: tuple[str, ...] = ()
    """Pragmas of SQLite; who is connected to PostgreSQL, and what they may do."""

    findings: tuple[str, ...] = ()
    """Settings under which it does not keep its promises."""

    last_entry: int = 0
    last_entry_at: AwareDatetime | None = None
    """When the newest entry of the audit log was written, by the clock of who wrote it."""
