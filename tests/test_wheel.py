"""What people install: the wheel alone, in an environment without the repository."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel's files in a folder; the libraries it needs are those of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("muster_catalog-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed, *words, home):
    """Run muster from the root of the file system, with the wheel before everything else."""
    code = (
        "import registry, sys; assert registry.__file__.startswith(sys.argv.pop(1)); "
        "from cli.main import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(installed), "--home", str(home), *words],
        cwd="/",
        env=os.environ | {"PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.slow
def test_the_wheel_makes_upgrades_and_checks_a_catalog_from_any_folder(installed, tmp_path):
    home = tmp_path / ".muster"
    run(installed, "init", str(tmp_path), home=home)
    run(installed, "db", "upgrade", home=home)

    assert run(installed, "db", "check", home=home).startswith("ok: ")
    assert "text-default" in run(installed, "recipe", "list", home=home)
    assert "epoch-2024" in run(installed, "law", "list", home=home)


def test_the_wheel_carries_migrations_data_and_licence_and_no_tests(installed):
    names = {path.relative_to(installed).as_posix() for path in installed.rglob("*")}

    assert "registry/_migrations/env.py" in names
    assert "registry/scaling/laws.toml" in names
    assert "registry/py.typed" in names
    assert [name for name in names if name.endswith("/licenses/LICENSE")]
    assert not [name for name in names if name.startswith(("tests", "docs", "benchmarks"))]
