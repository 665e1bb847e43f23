"""The digests that a WARC record states of itself."""

import base64
import hashlib
from collections.abc import Iterable

_ALGORITHMS = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
"""Those that archives use, with the bytes of each."""


def is_stated_of(digest: str | None, *candidates: bytes | memoryview) -> bool:
    """Return whether a stated digest is that of some bytes.

    True as well where nothing is stated, or in an algorithm or notation that is not known: then
    nobody can say that it is wrong.

    Args:
        digest: Such as `sha1:` and 32 characters in base 32, or 40 in base 16.
        candidates: The bytes of which one has to have it.
    """
    if digest is None:
        return True
    algorithm, _, text = digest.partition(":")
    expected = _read(algorithm.lower().replace("-", ""), text.strip())
    if expected is None:
        return True
    name, value = expected
    return any(
        hashlib.new(name, data, usedforsecurity=False).digest() == value
        for data in _distinct(candidates)
    )


def _read(algorithm: str, text: str) -> tuple[str, bytes] | None:
    num_bytes = _ALGORITHMS.get(algorithm)
    try:
        if num_bytes is None:
            return None
        value = bytes.fromhex(text) if len(text) == 2 * num_bytes else _base32(text)
    except ValueError:
        return None
    return (algorithm, value) if len(value) == num_bytes else None


def _base32(text: str) -> bytes:
    text = text.rstrip("=").upper()
    return base64.b32decode(text + "=" * (-len(text) % 8))


def _distinct(candidates: Iterable[bytes | memoryview]) -> list[bytes | memoryview]:
    distinct: list[bytes | memoryview] = []
    for data in candidates:
        if all(data is not other for other in distinct):
            distinct.append(data)
    return distinct
