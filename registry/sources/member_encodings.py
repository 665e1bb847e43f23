"""The encodings of an archive's members: each is told by its own bytes, as that of a file is."""

from collections.abc import Iterator

from registry.domain.reading import Container, Encoding, MemberEncoding, Reading
from registry.errors import UnreadableError
from registry.sources.archive import iter_members, name_inside
from registry.sources.detecting import UNKNOWN_FORMAT, detect
from registry.sources.encoding import examine, find_encoding, may_be_encoded
from registry.sources.file import SourceFile
from registry.sources.partial import as_partial


def find_member_encodings(file: SourceFile, reading: Reading) -> tuple[MemberEncoding, ...]:
    """Return the encodings of those members that are not plain UTF-8, by name.

    Of several members of one name nothing is said, since only a name tells them apart: their bytes
    stay, for the recipe's `decode`.

    Args:
        file: An archive, which is read to its end.
        reading: How it is read, with no encoding declared.

    Raises:
        UnreadableError: It is cut off or corrupt.
    """
    found: dict[str, Encoding | None] = {}
    for member, detected in _iter_files(file, reading):
        name = name_inside(member.name)
        found[name] = None if name in found else _find_one(member, detected)
    return tuple(
        MemberEncoding(name=name, encoding=encoding)
        for name, encoding in sorted(found.items())
        if encoding is not None
    )


def examine_members(file: SourceFile, reading: Reading, encoding: Encoding) -> Encoding:
    """Return a declared encoding with the number of characters that all members lack in it.

    Raises:
        UnreadableError: The archive is cut off or corrupt.
    """
    num_replaced = 0
    for member, detected in _iter_files(file, reading):
        plain, as_plain, _ = as_partial(member, detected)
        num_replaced += examine(plain, as_plain, encoding.name, basis=encoding.basis).num_replaced
    return encoding.model_copy(update={"num_replaced": num_replaced})


def _iter_files(file: SourceFile, reading: Reading) -> Iterator[tuple[SourceFile, Reading]]:
    """Yield the members that are no archives, those of archives inside among them."""
    for member in iter_members(file, reading):
        try:
            detected = detect(member, reading).reading
        except UnreadableError as error:
            if error.reason != UNKNOWN_FORMAT:
                raise
            continue
        if detected.container is Container.NONE:
            yield member, detected
        else:
            yield from _iter_files(member, detected)


def _find_one(member: SourceFile, reading: Reading) -> Encoding | None:
    if reading.encoding is not None or not may_be_encoded(reading):
        return reading.encoding
    plain, as_plain, _ = as_partial(member, reading)
    return find_encoding(plain, as_plain)
