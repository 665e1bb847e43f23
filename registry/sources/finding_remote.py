"""Which files a person means by the URL of a file, folder or glob in an object store."""

from collections.abc import Iterator
from typing import Any

from registry.sources.file import is_left_out
from registry.sources.places import open_system, remote_errors, scheme_of_place

_GLOB_MARKS = "*?["


def find_remote(url: str) -> Iterator[tuple[str, str, str]]:
    """Yield URI, logical name, and the folder that the name is below, of each file meant.

    A folder is listed as a whole, to any depth, in as few requests as the store allows. Names are
    as `registry.sources.finding.find_files` gives them.

    Raises:
        UnreadableError: The store cannot be reached, or may not be listed.
        InputError: The URL holds credentials.
        MissingExtraError: The library for its scheme is not installed.
    """
    system, place = open_system(url)
    scheme = scheme_of_place(url)
    fixed = _fixed_part(place)
    with remote_errors(url):
        system.invalidate_cache()
        found: dict[str, dict[str, Any]] = (
            system.glob(place, detail=True)
            if fixed != place
            else system.find(place.rstrip("/"), detail=True)
        )
    for path, facts in sorted(found.items()):
        name = path.removeprefix(fixed).lstrip("/") or path.rpartition("/")[2]
        if facts.get("type") == "file" and (path == place or not is_left_out(name)):
            yield f"{scheme}://{path.lstrip('/')}", name, fixed.rstrip("/").rpartition("/")[2]


def _fixed_part(place: str) -> str:
    """Return the folder before the first part with a mark of a glob; all of it without one."""
    parts = place.split("/")
    fixed = [part for part, _ in zip(parts, _until_glob(parts), strict=False)]
    return place if len(fixed) == len(parts) else "/".join(fixed) + "/"


def _until_glob(parts: list[str]) -> Iterator[str]:
    for part in parts:
        if any(mark in part for mark in _GLOB_MARKS):
            return
        yield part
