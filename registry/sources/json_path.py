"""Where an array stands in a JSON object: found by its keys, without reading what is in it.

Only brackets, strings and colons are looked at, as in `json_array`, so the bytes of a record stay
as they are, whatever is wrong with them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from registry.errors import UnreadableError
from registry.sources.lines import UTF8_BOM

_MARKS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{}:]', re.DOTALL)
_QUOTE, _COLON, _OPENING_BRACKET = b'":['
_OPENING: Final = b"[{"
_SPACE: Final = b" \t\r\n"


_MAX_NAMED: Final = 10
"""How many keys an error names."""


@dataclass(slots=True)
class _Open:
    """An array or object that was opened and not yet closed."""

    is_array: bool
    key: str | None = None
    """The last key that was met in it."""

    keys: list[str] = field(default_factory=list)
    """The first ones."""

    def meet(self, key: str) -> None:
        self.key = key
        if len(self.keys) < _MAX_NAMED:
            self.keys.append(key)


def find_array(data: bytes, path: str, *, name: str) -> int:
    """Return where the array at a path of keys begins; of a key that is repeated, the first.

    Args:
        data: One JSON object.
        path: The keys with dots between them, as `data.items`.
        name: The file's name, for errors.

    Raises:
        UnreadableError: It is no object, is cut off, or has no array there.
    """
    wanted = path.split(".")
    opened: list[_Open] = []
    """The outermost ones, as many as there are keys in the path."""
    depth, last = 0, b""
    farthest, there = 0, list[str]()
    for start, end in _iter_marks(data, 0, name):
        mark = data[start]
        is_near = depth <= len(wanted)
        if mark == _QUOTE:
            last = data[start:end]
        elif mark == _COLON:
            if is_near:
                opened[-1].meet(_decode(last))
        elif mark in _OPENING:
            is_array = mark == _OPENING_BRACKET
            if is_array and depth == len(wanted) and _path_to(opened) == wanted:
                return start
            depth += 1
            if depth <= len(wanted):
                opened.append(_Open(is_array))
        else:
            closed = opened.pop() if is_near else None
            is_on_the_way = closed is not None and _path_to(opened) == wanted[: len(opened)]
            if closed is not None and is_on_the_way and depth > farthest:
                farthest, there = depth, closed.keys
            depth -= 1
            if depth == 0:
                break
    if depth:
        raise _cut_off(name)
    raise _no_array(path, there, name)


def require_end(data: bytes, offset: int, path: str, *, name: str) -> None:
    """Require that an object ends where it should, behind the array at a path in it.

    Raises:
        UnreadableError: It is cut off, or more stands behind it.
    """
    depth = path.count(".") + 1
    for start, end in _iter_marks(data, offset, name):
        mark = data[start]
        if mark in (_QUOTE, _COLON):
            continue
        depth += 1 if mark in _OPENING else -1
        if depth == 0:
            if data[end:].strip(_SPACE):
                reason = "more bytes behind the end of the JSON object"
                raise UnreadableError(path=name, reason=reason, offset=end)
            return
    raise _cut_off(name)


def _iter_marks(data: bytes, offset: int, name: str) -> Iterator[tuple[int, int]]:
    """Yield where each mark begins and ends; the first one must open the object."""
    if offset == 0:
        offset = len(UTF8_BOM) if data.startswith(UTF8_BOM) else 0
        if data[offset:].strip(_SPACE)[:1] not in (b"", b"{"):
            raise UnreadableError(
                path=name,
                reason="not a JSON object",
                hint="--records is for an object with the records in it",
            )
    for match in _MARKS.finditer(data, offset):
        if data[match.start()] == _QUOTE and not match[1]:
            raise _cut_off(name)
        yield match.span()


def _path_to(opened: list[_Open]) -> list[str] | None:
    """Return the keys under which the innermost value stands; None: an array is among them."""
    keys = [one.key for one in opened if one.key is not None and not one.is_array]
    return keys if len(keys) == len(opened) else None


def _no_array(path: str, keys: list[str], name: str) -> UnreadableError:
    has = ", ".join(keys) or "no keys"
    return UnreadableError(
        path=name,
        reason=f"no array at {path!r}",
        hint=f"--records takes the keys that lead to it, such as data.items; there is {has}",
    )


def _decode(key: bytes) -> str:
    try:
        decoded: str = json.loads(key)
    except ValueError:
        return ""
    return decoded


def _cut_off(name: str) -> UnreadableError:
    return UnreadableError(path=name, reason="the JSON object is cut off")
