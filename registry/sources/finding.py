"""Which files a person means by paths, folders and globs."""

import json
import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

from registry.errors import InputError, UnreadableError
from registry.sources.file import SourceFile, explain, is_left_out
from registry.sources.finding_remote import find_remote
from registry.sources.places import open_file, path_of, scheme_of_place

_ANY_DEPTH: Final = "**"
_SAVED_BY_HUGGING_FACE: Final = frozenset({"state.json", "dataset_info.json"})
_SPLITS_OF_HUGGING_FACE: Final = "dataset_dict.json"


@dataclass(frozen=True, slots=True)
class _Found:
    uri: str
    name: str
    """The logical name."""

    folder: str
    """What the name is prefixed with where two files would have the same."""


def find_files(patterns: Sequence[str]) -> list[SourceFile]:
    """Return the files that paths, folders and globs mean, each once, under unique names.

    A file is known by its base name, those of a folder by their path in it, those of a glob by
    their path below its fixed part; where two names meet, the folder's name goes before them.
    Hidden files and compiled Python are left out of folders and globs. Of a data set saved by
    Hugging Face only the data files count.

    Args:
        patterns: Files, folders (walked to any depth) and globs (`**` is any number of folders), on
            this machine or at URLs such as `s3://bucket/folder`.
            The files of each are sorted by name.

    Raises:
        InputError: A pattern means nothing, or two files would have the same name.
        UnreadableError: A file, folder or link cannot be followed.
    """
    found: dict[str, _Found] = {}
    for pattern in patterns:
        matches = sorted(_find(pattern), key=lambda match: match.name)
        if not matches:
            place = "no file in the folder" if Path(pattern).is_dir() else "no file"
            raise InputError(f"{place} {pattern!r}", hint=_suggest(pattern))
        for match in matches:
            found.setdefault(match.uri, match)
    named = _make_unique(list(found.values()))
    return [open_file(match.uri, name=match.name) for match in named]


def find_twins(files: Sequence[SourceFile], *, named: Collection[str]) -> dict[str, str]:
    """Return the links among files to another of them: their names, and the names of those.

    Args:
        files: Of `find_files`.
        named: The paths that somebody named; a link among them is meant.
    """
    local = [(file, file.local_path) for file in files if file.local_path is not None]
    meant = {Path(path).absolute() for path in named}
    links = [
        (file, path) for file, path in local if path.is_symlink() and path.absolute() not in meant
    ]
    if not links:
        return {}
    resolve = cache(os.path.realpath)
    places = {
        str(Path(resolve(path.absolute().parent), path.name)): file.name
        for file, path in local
        if not path.is_symlink()
    }
    found = ((file.name, places.get(os.path.realpath(path))) for file, path in links)
    return {name: target for name, target in found if target is not None}


def is_glob(text: str) -> bool:
    """Whether a path has a mark of a glob."""
    return any(character in text for character in "*?[")


def matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether the parts of a path are those that a glob means; `**` is any number of folders."""
    if not pattern:
        return not parts
    first, rest = pattern[0], pattern[1:]
    if first == _ANY_DEPTH:
        if not rest:
            return True
        return any(matches(parts[start:], rest) for start in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], first) and matches(parts[1:], rest)


def _find(pattern: str) -> Iterator[_Found]:
    if scheme_of_place(pattern) is not None:
        for uri, name, folder in find_remote(pattern):
            yield _Found(uri, name, folder)
        return
    path = Path(pattern)
    if _is_folder(path):
        folder = path.absolute().name
        for file in _walk(path, ancestors=frozenset()):
            yield _Found(_uri(file), file.relative_to(path).as_posix(), folder)
    elif os.path.lexists(path):
        yield _Found(_uri(path), path.name, path.absolute().parent.name)
    elif is_glob(pattern):
        fixed, rest = _split_glob(path)
        if _is_folder(fixed):
            for file in _expand(fixed, rest):
                yield _Found(_uri(file), file.relative_to(fixed).as_posix(), fixed.absolute().name)


def _walk(folder: Path, *, ancestors: frozenset[tuple[int, int]]) -> Iterator[Path]:
    ancestors |= {_identity(folder)}
    files: list[Path] = []
    folders: list[Path] = []
    for entry in _entries(folder):
        (folders if _is_folder(entry) else files).append(entry)
    yield from _data_files(folder, files)
    for child in folders:
        if _identity(child) in ancestors:
            raise UnreadableError(path=str(child), reason="the link leads in a circle")
        yield from _walk(child, ancestors=ancestors)


def _expand(folder: Path, pattern: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files below a folder that match the parts of a glob."""
    first, rest = pattern[0], pattern[1:]
    if first == _ANY_DEPTH:
        for file in _walk(folder, ancestors=frozenset()):
            if matches(file.relative_to(folder).parts, pattern):
                yield file
        return
    for entry in _entries(folder, shows_hidden=first.startswith(".")):
        if fnmatchcase(entry.name, first):
            if rest and _is_folder(entry):
                yield from _expand(entry, rest)
            elif not rest and not _is_folder(entry):
                yield entry


def _entries(folder: Path, *, shows_hidden: bool = False) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UnreadableError(path=str(folder), reason=explain(error)) from error
    return [entry for entry in entries if shows_hidden or not is_left_out(entry.name)]


def _is_folder(path: Path) -> bool:
    try:
        # `is_dir` alone calls a dangling or circular link no folder, and it would be lost.
        if path.is_symlink() and not path.exists():
            raise UnreadableError(path=str(path), reason="the link leads nowhere or in a circle")
        return path.is_dir()
    except OSError as error:
        raise UnreadableError(path=str(path), reason=explain(error)) from error


def _identity(folder: Path) -> tuple[int, int]:
    try:
        status = folder.stat()
    except OSError as error:
        raise UnreadableError(path=str(folder), reason=explain(error)) from error
    return status.st_dev, status.st_ino


def _data_files(folder: Path, files: list[Path]) -> list[Path]:
    """Return the files of a folder that hold data; of all but saved data sets, every one."""
    names = {file.name for file in files}
    if not names >= _SAVED_BY_HUGGING_FACE:
        return [file for file in files if file.name != _SPLITS_OF_HUGGING_FACE]
    arrow_files = [file for file in files if file.suffix == ".arrow"]
    if not arrow_files:
        return files
    listed = _listed_files(folder / "state.json")
    if listed is None:
        return arrow_files
    for name in listed:
        if name not in names:
            raise UnreadableError(
                path=str(folder / name), reason="state.json lists it, but it does not exist"
            )
    return [folder / name for name in sorted(listed)]


def _listed_files(state: Path) -> list[str] | None:
    try:
        entries = json.loads(state.read_bytes()).get("_data_files")
        names = [str(entry["filename"]) for entry in entries or ()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(path=str(state), reason=explain(error)) from error
    return names or None


def _make_unique(found: list[_Found]) -> list[_Found]:
    if max(Counter(match.name for match in found).values()) > 1:
        found = [replace(match, name=f"{match.folder}/{match.name}") for match in found]
    first: dict[str, str] = {}
    for match in found:
        other = first.setdefault(match.name, match.uri)
        if other != match.uri:
            raise InputError(
                f"{_place(other)} and {_place(match.uri)} would have the same name {match.name!r}",
                hint="register the folder that holds both",
            )
    return found


def _uri(path: Path) -> str:
    return path.absolute().as_uri()


def _place(uri: str) -> str:
    """Return a place as a person writes it."""
    return str(path_of(uri) or uri)


def _split_glob(path: Path) -> tuple[Path, tuple[str, ...]]:
    parts = path.parts
    place = next(place for place, part in enumerate(parts) if is_glob(part))
    return Path(*parts[:place]), parts[place:]


def _suggest(pattern: str) -> str | None:
    if scheme_of_place(pattern) is not None:
        return None
    path = Path(pattern)
    if path.is_dir():
        return "hidden files are left out"
    parent = path.parent
    if not parent.is_dir():
        return f"there is no folder {str(parent)!r}"
    names = [entry.name for entry in _entries(parent)]
    nearest = get_close_matches(path.name, names, n=3, cutoff=0.6)
    return (
        "did you mean " + ", ".join(str(parent / name) for name in nearest) + "?"
        if nearest
        else None
    )
