"""Which files of a dataset repository are meant: by a path, by its card, or by what they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Final

from pydantic import JsonValue

from registry.domain.hub_source import HubSource
from registry.errors import InputError, UnknownError
from registry.sources.file import is_left_out
from registry.sources.finding import is_glob, matches
from registry.sources.sniffing import is_named_as_data

CARD: Final = "README.md"

_BESIDE: Final = frozenset(
    {
        *("dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json"),
        "requirements.txt",
    }
)
"""What stands beside data or loading scripts, and is none."""

_PARTIAL: Final = "partial-"
"""Before a split of the converted branch: the Hub converted the beginning alone."""


@dataclass(frozen=True, slots=True)
class Subset:
    """A configuration of a dataset: its splits, and the files of each."""

    name: str
    splits: Mapping[str | None, tuple[str, ...]]
    """Paths and globs by split; None: files of no split."""

    is_default: bool = False


def choose_files(
    paths: Sequence[str], subsets: Sequence[Subset], source: HubSource
) -> tuple[str, ...]:
    """Return the files that a source means, in order.

    Args:
        paths: Every file of the commit.
        subsets: As the card or the converted branch has them.
        source: What is asked for.

    Raises:
        InputError: A path means no file, or which of several subsets is meant was not said.
        UnknownError: There is no such subset or split.
    """
    if source.path is not None:
        found = _match(paths, [source.path])
        if not found:
            raise _nothing(paths, source)
        return found
    if not subsets:
        if source.subset or source.split:
            raise InputError(
                f"the card of {source.repository} names no subsets and no splits",
                hint=f"name the files: {source.uri}/train*; or {_converted(source)}",
            )
        return tuple(path for path in paths if _holds_data(path))
    subset = _choose_subset(subsets, source)
    patterns = [one for split in _choose_splits(subset, source) for one in subset.splits[split]]
    found = tuple(path for path in _match(paths, patterns) if path != CARD)
    if not found:
        raise InputError(
            f"the card of {source.repository} says {', '.join(patterns)} for {subset.name}, "
            "and there is no such file",
            hint=f"name the files: {source.uri}/**",
        )
    return found


def read_subsets(fields: Mapping[str, JsonValue]) -> list[Subset]:
    """Return the subsets that the front matter of a card names, under `configs`."""
    listed = fields.get("configs")
    return [
        Subset(
            name=str(one.get("config_name") or "default"),
            splits=_read_splits(one.get("data_files"), str(one.get("data_dir") or "")),
            is_default=one.get("default") is True,
        )
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict) and (one.get("data_files") or one.get("data_dir"))
    ]


def converted_subsets(paths: Sequence[str]) -> list[Subset]:
    """Return the subsets of the converted branch, whose files are `SUBSET/SPLIT/NUMBER.parquet`."""
    found: dict[str, dict[str | None, tuple[str, ...]]] = {}
    for path in paths:
        parts = path.split("/")
        if len(parts) == 3 and path.endswith(".parquet"):
            splits = found.setdefault(parts[0], {})
            split = parts[1].removeprefix(_PARTIAL)
            splits[split] = (*splits.get(split, ()), path)
    return [Subset(name, splits) for name, splits in sorted(found.items())]


def is_partial(path: str) -> bool:
    """Whether a file of the converted branch is of a split that was converted in part."""
    return any(part.startswith(_PARTIAL) for part in path.split("/"))


def _read_splits(stated: JsonValue, folder: str) -> dict[str | None, tuple[str, ...]]:
    splits: dict[str | None, tuple[str, ...]] = {}
    for split, pattern in _iter_patterns(stated or "**"):
        below = f"{folder.strip('/')}/{pattern}" if folder.strip("/.") else pattern
        splits[split] = (*splits.get(split, ()), below.removeprefix("./"))
    return splits


def _iter_patterns(stated: JsonValue) -> Iterator[tuple[str | None, str]]:
    for one in stated if isinstance(stated, list) else [stated]:
        if isinstance(one, dict):
            paths = one.get("path")
            split = one.get("split")
            for path in paths if isinstance(paths, list) else [paths]:
                if isinstance(path, str):
                    yield (None if split is None else str(split)), path
        elif isinstance(one, str):
            yield None, one


def _choose_subset(subsets: Sequence[Subset], source: HubSource) -> Subset:
    named = {subset.name: subset for subset in subsets}
    if source.subset is not None:
        if source.subset not in named:
            raise UnknownError(
                what=f"subset of {source.repository}",
                value=source.subset,
                known=named,
                hint=_list(named),
            )
        return named[source.subset]
    marked = [subset for subset in subsets if subset.is_default or len(subsets) == 1]
    if marked or "default" in named:
        return marked[0] if marked else named["default"]
    raise InputError(
        f"{source.repository} has {len(subsets):,} subsets: say which is meant",
        hint=f"--subset, one of {_list(named)}; or {source.uri}/** for all files",
    )


def _choose_splits(subset: Subset, source: HubSource) -> list[str | None]:
    if source.split is None:
        return list(subset.splits)
    if source.split not in subset.splits:
        known = [split for split in subset.splits if split is not None]
        raise UnknownError(
            what=f"split of {source.repository}",
            value=source.split,
            known=known,
            hint=_list(known) or "its card names none",
        )
    return [source.split]


def _match(paths: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        path
        for path in paths
        if any(_means(pattern, path) for pattern in patterns)
        and (path in patterns or not is_left_out(path))
    )


def _means(pattern: str, path: str) -> bool:
    if is_glob(pattern):
        return matches(tuple(path.split("/")), tuple(pattern.split("/")))
    return path == pattern or path.startswith(f"{pattern.rstrip('/')}/")


def _holds_data(path: str) -> bool:
    return (
        is_named_as_data(path) and not is_left_out(path) and PurePosixPath(path).name not in _BESIDE
    )


def _nothing(paths: Sequence[str], source: HubSource) -> InputError:
    nearest = get_close_matches(source.path or "", paths, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(nearest)}?" if nearest else _list(paths)
    return InputError(f"no file {source.path!r} in {source.repository}", hint=hint)


def _converted(source: HubSource) -> str:
    return f"hf://datasets/{source.repository}@~parquet"


def _list(names: Sequence[str] | Mapping[str, object], *, most: int = 10) -> str:
    shown = ", ".join(list(names)[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
