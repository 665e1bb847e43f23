"""Digests of bytes and fingerprints of descriptions: the one road for hashing.

A *digest* is the SHA-256 of bytes. A *fingerprint* is the digest of the canonical JSON of a
description. Both are written `sha256:` and 64 hexadecimal digits.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, BinaryIO, Protocol, TypeAlias

from pydantic import JsonValue, StringConstraints

from registry.errors import InputError

PREFIX = "sha256:"

_PIECE_BYTES = 1 << 20
_NUM_DIGITS = 64

# Made once: `json.dumps` would make one for each value.
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)

Digest: TypeAlias = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""SHA-256 of bytes, or of the canonical JSON of a description, with its prefix."""


class Hasher(Protocol):
    """What `hashlib` hash objects offer and this module needs."""

    def update(self, data: bytes, /) -> None: ...  # noqa: D102 - the protocol of hashlib

    def hexdigest(self) -> str: ...  # noqa: D102 - the protocol of hashlib


def new_hasher() -> Hasher:
    """Return an empty hasher, for bytes that arrive in pieces."""
    return hashlib.sha256()


NUM_BLOB_DIGITS = 40


def new_blob_hasher(num_bytes: int) -> Hasher:
    """Return an empty hasher for the name that git gives to a file of so many bytes.

    Example:
        >>> new_blob_hasher(0).hexdigest()
        'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'

    Source:
        Git's object format: the SHA-1 of `blob`, a space, the length, a NUL and the content.
    """
    return hashlib.sha1(f"blob {num_bytes}\0".encode(), usedforsecurity=False)


def finish(hasher: Hasher) -> Digest:
    """Return the digest of everything the hasher has seen."""
    return PREFIX + hasher.hexdigest()


def digest_of_bytes(data: bytes) -> Digest:
    """Return the digest of bytes held in memory."""
    return PREFIX + hashlib.sha256(data).hexdigest()


def digest_of_file(path: Path) -> Digest:
    """Return the digest of a local file, read once in bounded memory."""
    with path.open("rb") as file:
        return PREFIX + hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_stream(stream: BinaryIO) -> Digest:
    """Return the digest of what is left in a stream, read once in bounded memory."""
    hasher = hashlib.sha256()
    while piece := stream.read(_PIECE_BYTES):
        hasher.update(piece)
    return finish(hasher)


def canonical_json(value: JsonValue) -> bytes:
    r"""Return the one byte form of a JSON value: sorted keys, no spaces, UTF-8, no NaN.

    Raises:
        ValueError: A number is NaN or infinite.

    Example:
        >>> canonical_json({"b": 1, "a": "é"})
        b'{"a":"\\xc3\\xa9","b":1}'
    """
    return _ENCODER.encode(value).encode("utf-8")


def parse_digest(text: str) -> Digest:
    """Return a digest as it is written here; the prefix may be left out.

    Raises:
        InputError: It is none.
    """
    digits = text.strip().lower().removeprefix(PREFIX)
    if len(digits) != _NUM_DIGITS or set(digits) - set("0123456789abcdef"):
        raise InputError(
            f"{text!r} is not a digest", hint="sha256: and 64 hexadecimal digits: sha256sum FILE"
        )
    return PREFIX + digits


def keyed_digits(data: bytes, *, key: bytes) -> str:
    """Return 32 hexadecimal digits that stand for data, and that nobody without the key can make.

    Source:
        HMAC-SHA256, RFC 2104, cut to its first 16 bytes as section 5 allows.
    """
    return hmac.new(key, data, hashlib.sha256).hexdigest()[:32]


def fingerprint(value: JsonValue) -> Digest:
    """Return the digest of the canonical JSON of a description."""
    return digest_of_bytes(canonical_json(value))


def document_key(text: bytes) -> bytes:
    """Return the 16-byte key by which exact duplicates of a document are found.

    The first half of the SHA-256 of the UTF-8 text. Among 10^12 documents the probability that
    any two different ones share a key is below 2e-15 (birthday bound, n^2 / 2^129).
    """
    return hashlib.sha256(text).digest()[:16]


def key_of(digest: Digest) -> bytes:
    """Return the key of the document whose text has a digest."""
    return bytes.fromhex(digest.removeprefix(PREFIX))[:16]


def document_keys(texts: Iterable[bytes | memoryview]) -> list[bytes]:
    """Return the key of each document, in order; see `document_key`."""
    sha256 = hashlib.sha256
    return [sha256(text).digest()[:16] for text in texts]
