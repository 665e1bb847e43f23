"""The encodings of an archive's members: each is told by its own bytes, as that of a file is."""

from collections.abc import Iterator

from registry.domain.reading import Container, Encoding, MemberEncoding, Reading
from registry.errors import UnreadableError
from registry.sources.archive import iter_members, name_inside
from registry.sources.detecting import UNKNOWN_FORMAT, detect
from registry.sources.encoding import examine, find_encoding, is_untold, may_be_encoded
from registry.sources.file import SourceFile
from registry.sources.partial import as_partial


def find_member_encodings(file: SourceFile, reading: Reading) -> Reading:
    """Return how an archive is read, with the encodings of members that are not plain UTF-8.

    Of several members of one name it is not told, since only a name tells them apart: their bytes
    stay, for the recipe's `decode`.

    Args:
        file: An archive, which is read to its end.
        reading: How it is read, with no encoding declared.

    Raises:
        UnreadableError: It is cut off or corrupt.
    """
    found: dict[str, Encoding | None] = {}
    untold: list[str] = []
    for member, detected in _iter_files(file, reading):
        name = name_inside(member.name)
        if found.get(name) is not None:
            untold.append(name)
        found[name] = None if name in found else _find_one(member, detected)
        if found[name] is None and _is_untold(member, detected):
            untold.append(name)
    told = tuple(
        MemberEncoding(name=name, encoding=encoding)
        for name, encoding in sorted(found.items())
        if encoding is not None
    )
    return reading.model_copy(update={"member_encodings": told, "untold": tuple(sorted(untold))})


def examine_members(file: SourceFile, reading: Reading, encoding: Encoding) -> Reading:
    """Return how an archive of a declared encoding is read, with the members that deny it.

    Raises:
        UnreadableError: The archive is cut off or corrupt.
    """
    lost: dict[str, int] = {}
    num_files = 0
    for member, detected in _iter_files(file, reading):
        plain, as_plain, _ = as_partial(member, detected)
        one = examine(plain, as_plain, encoding.name, basis=encoding.basis)
        num_files += 1
        if one.num_replaced:
            name = name_inside(member.name)
            lost[name] = lost.get(name, 0) + one.num_replaced
    denied = tuple(
        MemberEncoding(name=name, encoding=encoding.model_copy(update={"num_replaced": number}))
        for name, number in sorted(lost.items())
    )
    whole = {"num_replaced": sum(lost.values()), "num_files": num_files}
    return reading.model_copy(
        update={"encoding": encoding.model_copy(update=whole), "member_encodings": denied}
    )


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


def _is_untold(member: SourceFile, reading: Reading) -> bool:
    if not may_be_encoded(reading):
        return False
    plain, as_plain, _ = as_partial(member, reading)
    return is_untold(plain, as_plain)


def _find_one(member: SourceFile, reading: Reading) -> Encoding | None:
    if reading.encoding is not None or not may_be_encoded(reading):
        return reading.encoding
    plain, as_plain, _ = as_partial(member, reading)
    return find_encoding(plain, as_plain)
