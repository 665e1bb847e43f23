"""Real text that every Python installation has, for `muster demo`.

The standard library's sources are registered where they lie. The help topics of `pydoc` become
JSON Lines, and so does a small synthetic dataset made from the sources by `SYNTHETIC_RULE`.
"""

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from registry.domain.digest import canonical_json
from registry.storage.objects import write_atomically

SYNTHETIC_RULE = (
    "for each public function of the standard library with a docstring of two lines or more: "
    "a question that names it, its signature and its docstring"
)
"""How the synthetic dataset is made."""

_LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "__pycache__"}
"""Folders of the standard library that are not the library itself: installed packages and tests."""


def source_paths() -> list[str]:
    """Return the files and folders of the standard library's Python sources."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    folders = sorted(
        path
        for path in stdlib.iterdir()
        if path.is_dir() and path.name not in _LEFT_OUT and any(path.rglob("*.py"))
    )
    return [str(stdlib / "*.py"), *(f"{folder}/**/*.py" for folder in folders)]


def write_topics(path: Path) -> None:
    """Write the help topics of `pydoc` as JSON Lines with `id` and `text`."""
    from pydoc_data.topics import topics  # noqa: PLC0415 - 700 kB of text, only for the demo

    _write(path, ({"id": name, "text": text} for name, text in sorted(topics.items())))


def write_questions(path: Path) -> None:
    """Write the synthetic dataset as JSON Lines with `id`, `text` and `module`."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    _write(path, (question for file in sorted(stdlib.glob("*.py")) for question in _ask(file)))


def _ask(file: Path) -> Iterator[dict[str, JsonValue]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        docstring = ast.get_docstring(node)
        if docstring is None or "\n" not in docstring:
            continue
        name = f"{file.stem}.{node.name}"
        yield {
            "id": name,
            "module": file.stem,
            "text": f"Question: what does {name} do, and how is it called?\n\n"
            f"{node.name}({ast.unparse(node.args)})\n\n{docstring}\n",
        }


def _write(path: Path, records: Iterator[dict[str, JsonValue]]) -> None:
    write_atomically(path, b"".join(canonical_json(record) + b"\n" for record in records))
