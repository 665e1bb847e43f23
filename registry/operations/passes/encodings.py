"""Which encodings the files of a version are in, and how that came to be known."""

from collections.abc import Iterator, Sequence
from typing import Final

from registry.domain.answers import EncodingUse
from registry.domain.reading import MEMBER_MARK, Container, Encoding, EncodingBasis
from registry.domain.version import Metric, Shard

NUM_FILES: Final = "other_encodings.num_files"
"""The metric that counts files which are not UTF-8."""

NUM_REPLACED: Final = "other_encodings.num_replaced"
"""The metric that counts characters which the bytes of files do not give."""

_MAX_PATHS = 100
_UNTOLD: Final = Encoding(name="unknown", basis=EncodingBasis.UNTOLD)


def sum_up_encodings(shards: Sequence[Shard]) -> tuple[EncodingUse, ...]:
    """Return what the readings of files say of their encodings, the most files first."""
    found: dict[tuple[str, str], list[tuple[str, Encoding]]] = {}
    for shard in shards:
        for path, encoding in _list_encodings(shard):
            found.setdefault((encoding.name, encoding.basis), []).append((path, encoding))
    uses = (_sum_up(files) for files in found.values())
    return tuple(sorted(uses, key=lambda use: (-use.num_files, use.name, use.basis)))


def measure_encodings(shards: Sequence[Shard]) -> tuple[Metric, ...]:
    """Return the metrics of a version whose files are not all UTF-8; none where they are."""
    uses = sum_up_encodings(shards)
    if not uses:
        return ()
    return (
        Metric(name=NUM_FILES, value=sum(use.num_files for use in uses)),
        Metric(name=NUM_REPLACED, value=sum(use.num_replaced for use in uses)),
    )


def _list_encodings(shard: Shard) -> Iterator[tuple[str, Encoding]]:
    """Yield what a file, or the members of an archive, are written in, if it is not UTF-8."""
    reading = shard.reading
    if reading is None:
        return
    inside = f"{shard.path}{MEMBER_MARK}"
    for member in reading.member_encodings:
        yield f"{inside}{member.name}", member.encoding
    if reading.encoding is not None:
        others = reading.encoding.num_files - len(reading.member_encodings)
        if not reading.member_encodings:
            yield shard.path, reading.encoding
        elif others > 0:
            good = {"num_files": others, "num_replaced": 0}
            yield shard.path, reading.encoding.model_copy(update=good)
    is_archive = reading.container is not Container.NONE
    for name in reading.untold:
        yield f"{inside}{name}" if is_archive else shard.path, _UNTOLD


def _sum_up(files: Sequence[tuple[str, Encoding]]) -> EncodingUse:
    _, first = files[0]
    worst = sorted(files, key=lambda file: -file[1].num_replaced)
    sure = [one.confidence for _, one in files if one.confidence is not None]
    told = [(path, one.num_telling) for path, one in files if one.num_telling is not None]
    return EncodingUse(
        name=first.name,
        basis=first.basis,
        least_confidence=min(sure, default=None),
        num_files=sum(one.num_files for _, one in files),
        num_replaced=sum(one.num_replaced for _, one in files),
        paths=tuple(path for path, _ in worst[:_MAX_PATHS]),
        least_told=min(told, key=lambda one: one[1], default=None),
    )
