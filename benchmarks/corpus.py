"""The corpus: English and code that every Python installation has, as JSON Lines, cached.

Half of the bytes is prose (docstrings and the help topics of `pydoc`), half is source. Where the
asked size needs a text again, words change places with others of about their frequency, so that
no engine meets the same text twice and the statistics of words stay as they were.
"""

import ast
import os
import platform
import re
import shutil
import sysconfig
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from pydoc_data.topics import topics

import orjson

FOLDER = Path(__file__).parent / "corpus"
SHARED_DATA = "MUSTER_SHARED_DATA"
"""The variable that names a folder whose English text and code is added."""

_PART_BYTES = 10_000_000
_PROSE_BYTES = 4_000
_WORD = re.compile(r"[A-Za-z]{4,}")


def make_corpus(num_bytes: int) -> list[Path]:
    """Return the files of a corpus of about so many bytes, 10 MB each; made once, then kept."""
    shared = os.environ.get(SHARED_DATA)
    name = f"{num_bytes // 1_000_000}mb-py{platform.python_version()}"
    folder = FOLDER / (f"{name}-shared" if shared else name)
    if not folder.exists():
        staged = folder.with_name(f".{folder.name}")
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        _write(staged, num_bytes, Path(shared) if shared else None)
        staged.rename(folder)
    return sorted(folder.iterdir())


def _write(folder: Path, num_bytes: int, shared: Path | None) -> None:
    prose, code = _collect(shared)
    streams = {"prose": _vary(prose), "code": _vary(code)}
    written = dict.fromkeys(streams, 0)
    numbers = count()
    for part in range(-(-num_bytes // _PART_BYTES)):
        wanted = min(_PART_BYTES * (part + 1), num_bytes)
        with (folder / f"part-{part:03}.jsonl").open("wb") as file:
            while sum(written.values()) < wanted:
                kind = min(written, key=lambda kind: written[kind])
                record = {"id": f"{next(numbers)}", "text": next(streams[kind]), "kind": kind}
                written[kind] += file.write(orjson.dumps(record) + b"\n")


def _collect(shared: Path | None) -> tuple[list[str], list[str]]:
    """Return the documents of prose and of code."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    code, prose = [], [topics[name] for name in sorted(topics)]
    for path in sorted(stdlib.rglob("*.py")):
        if {"site-packages", "dist-packages"}.isdisjoint(path.parts):
            text = _read(path)
            if text:
                code.append(text)
                prose += _docstrings(text)
    for path in [] if shared is None else sorted(shared.rglob("*")):
        text = _read(path) if path.suffix in {".txt", ".md", ".py"} else None
        if text and _is_mostly_ascii(text):
            (code if path.suffix == ".py" else prose).append(text)
    return prose, code


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_mostly_ascii(text: str) -> bool:
    return len(text.encode("ascii", "ignore")) >= 0.98 * len(text)


def _docstrings(source: str) -> Iterator[str]:
    """Yield the docstrings of a module, joined to documents of a few thousand characters."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    held: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring:
                held.append(docstring)
        if sum(map(len, held)) >= _PROSE_BYTES:
            yield "\n\n".join(held)
            held = []
    if held:
        yield "\n\n".join(held)


def _vary(documents: list[str]) -> Iterator[str]:
    """Yield the documents, then, without end, the documents in ever other words."""
    yield from documents
    ranked = [
        word
        for word, _ in Counter(
            word for text in documents for word in _WORD.findall(text)
        ).most_common()
    ]
    for turn in count(1):
        # Ranks differ in their lowest bits alone: pairs of words change places.
        other = {
            word: ranked[rank ^ turn] if rank ^ turn < len(ranked) else word
            for rank, word in enumerate(ranked)
        }
        for text in documents:
            yield _WORD.sub(partial(_replace, other), text)


def _replace(other: dict[str, str], match: re.Match[str]) -> str:
    return other[match[0]]
