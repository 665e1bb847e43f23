"""Look at everything that muster stands on, and say what is broken and what mends it."""

import platform
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module, metadata
from pathlib import Path

from registry.about import __version__
from registry.catalog.catalog import Catalog
from registry.catalog.health import examine_database
from registry.catalog.revision import EXPECTED
from registry.domain.keeping import Check, DatabaseHealth, Examination, Health
from registry.domain.quantities import format_bytes, format_number
from registry.domain.urls import redact_url
from registry.errors import InputError, MusterError
from registry.operations.context import now
from registry.operations.keeping.home import find_home, open_store, read_settings
from registry.operations.keeping.ready_sources import examine_sources
from registry.settings import Settings
from registry.storage.filesystem import find_network_file_system

DISTRIBUTION = "muster-catalog"

EXTRAS = {
    "embed": "vectors of documents, and what is near to what",
    "exchange": "checked Croissant, OpenLineage",
    "fast": "the fast engine for tokens",
    "fit": "laws fitted to your own runs",
    "html": "reports as HTML",
    "mlflow": "versions as datasets of MLflow's runs",
    "ray": "units of work on a cluster",
    "sentencepiece": "SentencePiece tokenizers",
}
"""What each extra is for but those of sources, which `examine_sources` tells, and those for who
works on muster itself."""

_REQUIREMENT = re.compile(r"^([\w.-]+).*;.*extra == ['\"]([\w-]+)['\"]")

_LEAST_FREE_BYTES = 1 << 30
_SKEW = timedelta(seconds=5)
_STALE = timedelta(days=7)


def examine(home: Path | None = None) -> Examination:
    """Examine the installation and, where there is one, the registry; nothing raises.

    In the store a small file is written and removed; all else is only read.
    """
    return Examination(
        checks=(
            *_examine_installation(),
            *_examine_registry(home),
            *examine_sources(DISTRIBUTION),
            *_examine_extras(),
        )
    )


def _examine_installation() -> Iterator[Check]:
    yield _ok("muster", f"{__version__}, Python {platform.python_version()}, {platform.platform()}")


def _examine_registry(home: Path | None) -> Iterator[Check]:
    try:
        settings = read_settings(home)
        found = find_home(settings, Path.cwd())
    except InputError as error:
        yield _failed("home", error)
        return
    if not found.is_dir():
        yield _failed("home", InputError(f"{found} is not there", hint="muster init"))
        return
    yield _ok("home", str(found))
    yield from _examine_catalog(settings, found)
    yield from _examine_store(settings, found)


def _examine_catalog(settings: Settings, home: Path) -> Iterator[Check]:
    url = settings.resolve_database_url(home)
    try:
        health = examine_database(url)
    except MusterError as error:
        yield _failed("database", error)
        return
    facts = f"{health.place}: {', '.join((health.engine, *health.settings))}"
    yield _ok("database", facts)
    for finding in health.findings:
        yield Check(name="database", health=Health.FAILED, found=finding)
    network = find_network_file_system(home) if settings.database_url is None else None
    if network is not None:
        hint = "MUSTER_DATABASE_URL=postgresql://..., then muster db copy --from"
        found = f"on a network file system ({network}), where SQLite loses data"
        yield Check(name="database", health=Health.FAILED, found=found, hint=hint)
    if health.revision != EXPECTED:
        found = f"{health.revision or 'none'}, this program needs {EXPECTED}"
        yield Check(name="revision", health=Health.FAILED, found=found, hint="muster db upgrade")
        return
    yield _ok("revision", EXPECTED)
    yield _examine_clock(health)
    yield _examine_runs(url)
    yield _examine_takedowns(url)
    if settings.read_database_url is not None:
        yield _examine_replica(settings.read_database_url, health)


def _examine_clock(health: DatabaseHealth) -> Check:
    at = health.last_entry_at
    if at is None:
        return _ok("clock", "the audit log is empty")
    ahead = at - now()
    if ahead > _SKEW:
        return Check(
            name="clock",
            health=Health.WARNING,
            found=f"audit entry {health.last_entry} is {ahead.total_seconds():,.0f} s ahead of it: "
            "one of two clocks is wrong",
            hint="set the clock; the audit log is in the order of its entries, whatever they say",
        )
    return _ok("clock", f"audit entry {health.last_entry} was written at {at:%Y-%m-%d %H:%M}")


def _examine_runs(url: str) -> Check:
    with Catalog.open(url) as catalog:
        oldest, number = catalog.runs.find_oldest_open(), catalog.runs.count_open()
    if oldest is None:
        return _ok("runs", "none is open")
    found = f"{format_number(number, 'run')} open, {oldest.id} since {oldest.started_at:%Y-%m-%d}"
    if now() - oldest.started_at < _STALE:
        return _ok("runs", found)
    hint = f"the same command goes on with it; or muster run cancel {oldest.id}"
    return Check(name="runs", health=Health.WARNING, found=found, hint=hint)


def _examine_takedowns(url: str) -> Check:
    with Catalog.open(url) as catalog:
        overdue = catalog.takedowns.list_overdue(now())
    if not overdue:
        return _ok("takedowns", "none is overdue")
    (first, deadline), *_ = overdue
    found = f"{len(overdue):,} overdue, number {first} since {deadline:%Y-%m-%d %H:%M} UTC"
    hint = f"muster takedown plan {first}"
    return Check(name="takedowns", health=Health.WARNING, found=found, hint=hint)


def _examine_replica(url: str, primary: DatabaseHealth) -> Check:
    try:
        health = examine_database(url)
    except MusterError as error:
        return _failed("replica", error)
    if health.revision != EXPECTED:
        found = f"{health.place} is at revision {health.revision or 'none'}, not {EXPECTED}"
        return Check(name="replica", health=Health.FAILED, found=found)
    behind = primary.last_entry - health.last_entry
    lag = format_number(max(0, behind), "audit entry", "audit entries")
    facts = ", ".join((health.engine, *health.settings, f"{lag} behind"))
    return _ok("replica", f"{health.place}: {facts}")


def _examine_store(settings: Settings, home: Path) -> Iterator[Check]:
    try:
        store = open_store(settings, home)
        store.probe()
    except MusterError as error:
        yield _failed("store", error)
        return
    yield _ok("store", f"{redact_url(store.url)}: a file was written, read and removed")
    folder = store.local_path_of(f"sha256:{'0' * 64}")
    if folder is not None:
        free = shutil.disk_usage(home if settings.store is None else Path(store.url)).free
        if free < _LEAST_FREE_BYTES:
            hint = "muster gc; or another MUSTER_STORE"
            yield Check(
                name="disk", health=Health.WARNING, found=f"{format_bytes(free)} free", hint=hint
            )
        else:
            yield _ok("disk", f"{format_bytes(free)} free")


def _examine_extras() -> Iterator[Check]:
    for extra, libraries in sorted(_list_extras().items()):
        found = {library: _find_version(library) for library in libraries}
        missing = [library for library, version in found.items() if version is None]
        what = EXTRAS[extra]
        name = f"extra {extra}"
        if missing:
            hint = f'pip install "{DISTRIBUTION}[{extra}]"'
            yield Check(name=name, health=Health.MISSING, found=what, hint=hint)
        elif extra == "fast" and (error := _find_import_error("gigatoken.gigatoken_rs")):
            yield Check(name=name, health=Health.WARNING, found=f"does not load: {error}")
        else:
            versions = ", ".join(f"{library} {version}" for library, version in found.items())
            yield _ok(name, f"{what}: {versions}")


def _list_extras() -> dict[str, list[str]]:
    """Return the libraries of each extra, as the installed distribution states them."""
    extras: dict[str, list[str]] = {}
    try:
        stated = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return extras
    for line in stated:
        found = _REQUIREMENT.match(line)
        if found and found[2] in EXTRAS:
            extras.setdefault(found[2], []).append(found[1])
    return extras


def _find_version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _find_import_error(module: str) -> str | None:
    try:
        import_module(module)
    except ImportError as error:
        return str(error)
    return None


def _ok(name: str, found: str) -> Check:
    return Check(name=name, health=Health.OK, found=found)


def _failed(name: str, error: Exception) -> Check:
    hint = error.hint if isinstance(error, MusterError) else None
    return Check(name=name, health=Health.FAILED, found=str(error), hint=hint)
