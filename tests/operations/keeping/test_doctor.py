"""What is broken is named, with what mends it; what is missing and optional is no failure."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

import pytest

from registry.api import open_registry
from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from registry.domain.keeping import Health
from registry.errors import InputError, StorageError
from registry.operations.keeping import doctor, ready_sources
from registry.operations.keeping.doctor import examine
from registry.operations.keeping.home import read_settings
from registry.operations.keeping.ready_sources import examine_sources
from registry.storage.objects import ObjectStore
from tests.catalog.factories import make_draft, make_run, seal

NOW = datetime.now(UTC)


@pytest.fixture
def home(tmp_path, catalog_url, monkeypatch):
    folder = tmp_path / "home"
    (folder / "objects").mkdir(parents=True)
    monkeypatch.setenv("MUSTER_DATABASE_URL", catalog_url)
    return folder


def named(answer):
    return {check.name: check for check in answer.checks}


def test_a_registry_that_works_is_well(home, engine):
    answer = examine(home)

    found = named(answer)
    assert answer.is_well
    assert {Health.OK} == {found[name].health for name in ("home", "database", "revision", "store")}
    assert {"sqlite": "SQLite 3", "postgresql": "PostgreSQL 1"}[engine] in found["database"].found
    assert [] == list((home / "objects").glob("probe*"))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
class TestBroken:
    def test_no_registry(self, home, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        check = named(examine())["home"]

        assert (Health.FAILED, "muster init") == (check.health, check.hint)

    def test_an_older_revision(self, home, catalog_url):
        migrate.downgrade(catalog_url, revision="0006")
        answer = examine(home)

        assert not answer.is_well
        assert "muster db upgrade" == named(answer)["revision"].hint

    def test_no_database(self, home, monkeypatch, tmp_path):
        monkeypatch.setenv("MUSTER_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")

        assert Health.FAILED is named(examine(home))["database"].health
        assert not (tmp_path / "none.db").exists()

    def test_a_store_that_is_gone_is_not_made_again(self, home):
        (home / "objects").rmdir()
        answer = examine(home)

        check = named(answer)["store"]
        assert not answer.is_well
        assert (Health.FAILED, f"{home / 'objects'} is not there") == (check.health, check.found)
        assert "muster init makes an empty one" in check.hint
        assert not (home / "objects").exists()

    def test_a_store_that_cannot_be_written(self, home, monkeypatch):
        def fail(_self):
            raise StorageError("the disk is full")

        monkeypatch.setattr(ObjectStore, "probe", fail)

        assert (Health.FAILED, "the disk is full") == (
            named(examine(home))["store"].health,
            named(examine(home))["store"].found,
        )

    def test_a_clock_behind_the_audit_log_and_a_run_left_open(self, home, catalog):
        ahead = NOW + timedelta(hours=1)
        catalog.versions.seal(make_draft(), run=make_run(), actor="ada", at=ahead)
        run = catalog.runs.open(make_run("open", started_at=NOW - timedelta(days=30)))

        answer = examine(home)

        found = named(answer)
        assert answer.is_well
        # The newest entry is that of the run, which was opened with a clock of 30 days ago.
        assert Health.WARNING is found["runs"].health
        assert f"muster run cancel {run.id}" in found["runs"].hint
        catalog.versions.seal(make_draft(content="x"), run=make_run("x"), actor="ada", at=ahead)
        assert Health.WARNING is named(examine(home))["clock"].health

    def test_an_extra_that_is_not_installed(self, home, monkeypatch):
        installed = metadata.version

        def find(library):
            if library == "ray":
                raise metadata.PackageNotFoundError(library)
            return installed(library)

        monkeypatch.setattr(doctor.metadata, "version", find)
        check = named(examine(home))["extra ray"]

        assert examine(home).is_well
        assert (Health.MISSING, 'pip install "muster-catalog[ray]"') == (check.health, check.hint)


def test_every_source_is_ready_or_names_what_it_waits_for(monkeypatch):
    def find(module):
        return None if module in {"s3fs", "stamina"} else object()

    monkeypatch.setattr(ready_sources, "find_spec", find)
    monkeypatch.setattr(ready_sources.shutil, "which", lambda _name: None)
    found = {check.name: (check.health, check.hint) for check in examine_sources("muster-catalog")}

    missing = {name: hint for name, (health, hint) in found.items() if health is Health.MISSING}
    assert {
        "source s3": 'pip install "muster-catalog[s3]"',
        "source http": 'pip install "muster-catalog[web]"',
        "source git": "install git, which reads them",
    } == missing
    assert (Health.OK, None) == found["source files"]


def test_every_module_that_a_source_needs_comes_with_its_extra():
    """`httpx2` is the distribution `httpx2`; `psycopg` comes as `psycopg[binary]`."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]

    for source in ready_sources.SOURCES:
        brought = project["optional-dependencies"][source.extra] if source.extra else []
        names = {re.match(r"[\w-]+", one)[0].replace("-", "_") for one in brought}
        assert set(source.modules) <= names


def test_every_extra_has_its_line():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].keys() - {"dev", "bench"}

    of_sources = {source.extra for source in ready_sources.SOURCES if source.extra}
    assert extras - of_sources == doctor.EXTRAS.keys()
    assert all(re.fullmatch(r"[^.]+", line) for line in doctor.EXTRAS.values())


def test_lists_and_look_ups_read_the_replica_and_nothing_is_written_there(
    home, catalog_url, tmp_path, monkeypatch
):
    replica = f"sqlite:///{tmp_path / 'replica.db'}"
    migrate.upgrade(replica)
    with Catalog.open(replica) as behind:
        seal(behind, "web/old")
        entries = behind.audit.list()
    monkeypatch.setenv("MUSTER_READ_DATABASE_URL", replica)
    corpus = tmp_path / "a.txt"
    corpus.write_text("a text")

    with open_registry(home) as muster:
        made = muster.register([str(corpus)], name="web/new").reference
        muster.datasets.tag(made, "gold")

        assert ["web/old@1"] == [one.reference for one in muster.datasets.list()]
        assert [] == muster.datasets.search("new")
        assert "web/old@1" == muster.show("web/old").version.reference
        assert "web/old@1" == muster.lineage("web/old").reference
        assert muster.verify(made).is_intact
    with Catalog.open(replica) as behind, Catalog.open(catalog_url) as catalog:
        assert entries == behind.audit.list()
        assert ["web/new@1"] == [one.reference for one in catalog.datasets.list()]
    found = named(examine(home))["replica"]
    assert (Health.OK, "behind") == (found.health, found.found[-6:])


def test_a_secret_that_is_refused_is_not_printed(monkeypatch):
    monkeypatch.setenv("MUSTER_CONTRIBUTOR_KEY", "hunter2secret")

    with pytest.raises(InputError, match=r"^MUSTER_CONTRIBUTOR_KEY: ") as caught:
        read_settings()
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
