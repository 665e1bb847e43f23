"""What the environment says reaches the commands, and its secrets reach nobody."""

import pytest

from registry.settings import Settings

SECRET = "s3cret"


def test_init_makes_the_home_that_is_named(muster, tmp_path):
    home = tmp_path / "elsewhere" / "home"
    folder = tmp_path / "work"
    folder.mkdir()
    muster.folder = folder
    muster.run("--home", home, "init")

    assert (home / "catalog.db").is_file()
    assert [] == list(folder.iterdir())
    assert [] == muster.json("--home", home, "list")


def test_the_demo_never_registers_into_the_catalog_of_the_environment(
    muster, tmp_path, monkeypatch
):
    team = tmp_path / "team"
    muster.run("--home", team, "init")
    muster.environment |= {
        "MUSTER_HOME": str(team),
        "MUSTER_DATABASE_URL": f"sqlite:///{team / 'catalog.db'}",
        "MUSTER_STORE": str(team / "objects"),
    }
    line = tmp_path / "one.py"
    line.write_text("print('one file instead of a whole library')\n" * 50)
    monkeypatch.setattr(
        "registry.operations.collecting.demo_data.source_paths", lambda: [str(line)]
    )
    monkeypatch.setattr("cli.commands.demo._tokenize", lambda *_: None)
    monkeypatch.setattr("cli.commands.demo._trace", lambda *_: None)
    monkeypatch.setattr("cli.commands.demo._report", lambda *_: None)
    muster.run("demo", tmp_path / "demo")

    assert [] == muster.json("list")
    assert [] == [path for path in (team / "objects").rglob("*") if path.is_file()]
    del muster.environment["MUSTER_DATABASE_URL"], muster.environment["MUSTER_STORE"]
    listed = muster.json("--home", tmp_path / "demo" / ".muster", "list")
    assert "python/stdlib@1" in {one["reference"] for one in listed}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MUSTER_BATCH_BYTES", "abc"),
        ("MUSTER_SHARD_BYTES", "1"),
        ("MUSTER_STORE", "foo://x"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(muster, variable, value):
    muster.environment[variable] = value

    assert f"{variable}={value}" in muster.run("list", code=2).stderr


def test_credentials_are_shown_nowhere(muster, tmp_path):
    url = f"sqlite:///{tmp_path / '.muster' / 'catalog.db'}?password={SECRET}"
    settings = Settings(database_url=url, store=f"ftp://u:{SECRET}@h")

    assert SECRET not in repr(settings)
    muster.environment["MUSTER_STORE"] = f"ftp://u:{SECRET}@h"
    shown = muster.json("init")
    assert "ftp://h" == shown["store"]
    muster.environment["MUSTER_STORE"] = f"foo://u:{SECRET}@h"
    assert SECRET not in muster.run("list", code=2).stderr


def test_a_password_among_the_parameters_of_a_database_is_not_shown(muster):
    muster.environment["MUSTER_DATABASE_URL"] = (
        f"postgresql://127.0.0.1:1/db?user=ada&password={SECRET}&connect_timeout=1"
    )
    failed = muster.run("list", code=1)

    assert "password=REDACTED" in failed.stderr
    assert SECRET not in failed.stderr
