"""The files of a git repository at one commit, by the `git` command."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

import pyarrow as pa

from registry.collection.base import Landed, Look
from registry.collection.parquet_file import write_parquet
from registry.domain.collecting import EntryKind, Position, RepositorySource
from registry.domain.reading import Format, Reading
from registry.errors import InputError, StorageError

_COLUMNS: Final = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.large_binary()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("blob", pa.string(), nullable=False),
    ]
)
"""`id` is the path. `text` is null for what holds none, of which `kind` says why."""

_READING: Final = Reading(format=Format.PARQUET, reason_column="kind")

_BATCH_BYTES: Final = 8 << 20


_KINDS: Final = {"120000": EntryKind.LINK, "160000": EntryKind.SUBMODULE}
"""By mode; every other entry is a file."""

_SEARCHED_BYTES: Final = 8_000
_LFS: Final = b"version https://git-lfs.github.com/spec/"
_LICENCE_NAMES: Final = frozenset({"license", "licence", "copying", "unlicense"})
_WORDS_SUFFIXES: Final = frozenset({"", ".md", ".txt", ".rst"})


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    kind: EntryKind | None
    """None: a file, of which its bytes say what it is."""

    blob: str
    num_bytes: int


class RepositoryCollector:
    """The committed files of a repository, a row each; see `Collector`.

    What the work tree holds besides does not count: the bytes are those of the commit. Entries that
    hold no text are rows without, so that each is accounted for.

    Raises:
        InputError: There is no `git`, no repository, or no such revision.
    """

    def __init__(self, source: RepositorySource) -> None:
        if shutil.which("git") is None:
            raise InputError("a repository is read by git, which is not installed")
        self._path = source.path
        try:
            self._commit = self._say("rev-parse", "--verify", f"{source.revision}^{{commit}}")
        except StorageError as error:
            raise InputError(
                f"no commit {source.revision!r} in {source.path}: {error.message}",
                hint=f"git -C {source.path} log --oneline",
            ) from error

    def look(self, since: Position | None) -> Look:
        """See `Collector.look`."""
        if since is not None and since.get("commit") == self._commit:
            return Look(goes_on=True, num_rows=0, details=self._details([]))
        entries = self._list()
        return Look(
            goes_on=False,
            num_rows=len(entries),
            num_bytes=sum(entry.num_bytes for entry in entries),
            details=self._details(entries),
        )

    def collect(self, folder: Path, since: Position | None) -> Iterator[Landed]:  # noqa: ARG002 - a commit is read as a whole
        """See `Collector.collect`."""
        path = folder / "files.parquet"
        write_parquet(self._batches(), _COLUMNS, path)
        yield Landed(path, "files", ".parquet", {"commit": self._commit}, reading=_READING)

    def close(self) -> None:
        """See `Collector.close`."""

    def _details(self, entries: Sequence[_Entry]) -> tuple[tuple[str, str], ...]:
        licences = [entry.path for entry in entries if _may_state_licence(entry.path)]
        found = (("licence files", ", ".join(licences)),) if licences else ()
        return (("commit", self._commit), *found)

    def _list(self) -> list[_Entry]:
        """Return what the commit holds below the folder, by path."""
        listed = self._run("ls-tree", "-r", "-z", "-l", self._commit)
        entries = []
        for line in listed.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            facts, _, path = line.partition("\t")
            mode, _, blob, size = facts.split()
            if size == "BAD":
                raise self._lost(path)
            num_bytes = int(size) if size != "-" else 0
            entries.append(_Entry(_as_unicode(path), _KINDS.get(mode), blob, num_bytes))
        return entries

    def _batches(self) -> Iterator[pa.RecordBatch]:
        rows: list[tuple[str, bytes | None, str, str]] = []
        num_bytes = 0
        entries = self._list()
        contents = self._read([entry for entry in entries if entry.kind is None])
        for entry in entries:
            data = next(contents) if entry.kind is None else b""
            kind = entry.kind or _kind_of(data)
            rows.append((entry.path, data if kind is EntryKind.TEXT else None, kind, entry.blob))
            num_bytes += len(data)
            if num_bytes >= _BATCH_BYTES:
                yield _make_batch(rows)
                rows, num_bytes = [], 0
        if rows:
            yield _make_batch(rows)

    def _read(self, files: Sequence[_Entry]) -> Iterator[bytes]:
        """Yield the bytes of each file; one process of git hands them all out."""
        process = subprocess.Popen(  # noqa: S603 - the caller's own repository
            [*self._command(), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
        )
        assert process.stdin is not None  # noqa: S101 - as asked for above
        assert process.stdout is not None  # noqa: S101
        try:
            for file in files:
                process.stdin.write(f"{file.blob}\n".encode())
                process.stdin.flush()
                yield self._take(process.stdout, file)
        finally:
            process.kill()
            process.communicate()

    def _take(self, stream: IO[bytes], file: _Entry) -> bytes:
        answer = stream.readline().split()
        data = stream.read(file.num_bytes + 1)[:-1] if len(answer) == 3 else b""
        if len(answer) != 3 or int(answer[2]) != file.num_bytes or len(data) != file.num_bytes:
            raise self._lost(file.path)
        return data

    def _lost(self, path: str) -> StorageError:
        return StorageError(
            f"{self._path}: git has lost the content of {path}", hint=f"git -C {self._path} fsck"
        )

    def _say(self, *arguments: str) -> str:
        return self._run(*arguments).decode("utf-8", "replace").strip()

    def _run(self, *arguments: str) -> bytes:
        done = subprocess.run(  # noqa: S603 - the caller's own repository
            [*self._command(), *arguments], capture_output=True, check=False, env=_environment()
        )
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
            raise StorageError(reason.splitlines()[0] if reason else "git failed")
        return done.stdout

    def _command(self) -> list[str]:
        return ["git", "-C", str(self._path)]


def _environment() -> dict[str, str]:
    """Return the environment without what would ask a person, or lead to another repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _kind_of(data: bytes) -> EntryKind:
    if data.startswith(_LFS):
        return EntryKind.POINTER
    return EntryKind.BINARY if b"\0" in data[:_SEARCHED_BYTES] else EntryKind.TEXT


def _make_batch(rows: Sequence[tuple[str, bytes | None, str, str]]) -> pa.RecordBatch:
    pairs = zip(zip(*rows, strict=True), _COLUMNS.types, strict=True)
    arrays = [pa.array(column, type_) for column, type_ in pairs]
    return pa.RecordBatch.from_arrays(arrays, schema=_COLUMNS)


def _as_unicode(path: str) -> str:
    r"""Return a path in characters that can be written, with `\xff` for what is not UTF-8."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _may_state_licence(path: str) -> bool:
    name = PurePosixPath(path)
    return name.stem.lower() in _LICENCE_NAMES and name.suffix.lower() in _WORDS_SUFFIXES
