"""What versions bring to a supply, each by itself and in groups."""

import math
from collections.abc import Mapping, Sequence

from registry.domain.base import Value
from registry.domain.count import CountMethod
from registry.domain.digest import Digest
from registry.domain.grouping import QUALITY_TAG, GroupBy, group_values
from registry.domain.version import DatasetKind, Version

SEVERAL = "mul"
"""ISO 639-2 for several languages: nobody knows how much of the version is in which. Of a version
with several quality buckets as well."""

UNSTATED = "und"
"""ISO 639-2 for a version of which no language is stated; or no quality bucket."""

UNTAGGED = "untagged"


class SupplyLine(Value):
    """What one version brings to the supply."""

    reference: str
    licence: str
    """The effective one: its own and that of everything upstream."""

    kind: DatasetKind
    num_documents: int
    num_bytes: int
    """UTF-8 bytes of text."""

    num_tokens: int
    """Tokens of the text as it stands, duplicates included."""

    num_tokens_low: int
    """Lower end of the 95 % confidence interval; equal to num_tokens when exact."""

    num_tokens_high: int
    """Upper end of the 95 % confidence interval; equal to num_tokens when exact."""

    num_unique_tokens: int | None
    """Tokens left after exact duplicates inside the version and those that stand in an earlier
    line of the report, after what overlaps with evaluation data, and after near duplicates that are
    known among the rest; None: not measured."""

    num_near_duplicate_tokens: int | None = None
    """Tokens of the others that are near duplicates of one that stays in the report; None: the
    version was not measured."""

    num_contaminated_tokens: int = 0
    """Tokens of documents that overlap with evaluation data, one copy of each."""

    method: CountMethod
    recipe: Digest | None = None
    """The fingerprint of the recipe applied on the fly while counting; None: as it stands."""

    @property
    def known_tokens(self) -> int:
        """The unique tokens, or an upper bound of them."""
        return self.num_tokens if self.num_unique_tokens is None else self.num_unique_tokens


class SupplyGroup(Value):
    """The versions of a supply that have something in common."""

    by: GroupBy
    value: str
    num_versions: int
    num_tokens: int
    unique_tokens: int
    """The known ones; of a version where none were measured all its tokens, an upper bound."""

    weight: float | None = None
    """Of a mixture: the share of a run that is read from it; None: versions seen alike."""

    @property
    def size(self) -> float:
        """What groups of one sort are compared by."""
        return self.unique_tokens if self.weight is None else self.weight


def compose(
    versions: Sequence[Version],
    lines: Sequence[SupplyLine],
    *,
    weights: Mapping[str, float] | None = None,
) -> tuple[SupplyGroup, ...]:
    """Return the groups of a supply, the largest of each sort first.

    Languages, kinds, domains and quality buckets each add up to the supply, or, of a mixture, to a
    run. A version with several tags stands in the group of each, but for those of quality buckets.
    Quality buckets and tags are left out where no version has one.

    Args:
        versions: At least those of the lines, in any order.
        lines: What each of them brings.
        weights: Of a mixture: the share of a run that each line is given, by reference.
    """
    known = {version.reference: version for version in versions}
    held = [(known[line.reference], line) for line in lines]
    return tuple(group for by in _SORTS for group in _group(by, held, weights))


_SORTS = (GroupBy.LANGUAGE, GroupBy.KIND, GroupBy.SPACE, GroupBy.QUALITY, GroupBy.TAG)
_NAMELESS = {
    GroupBy.LANGUAGE: UNSTATED,
    GroupBy.QUALITY: UNSTATED,
    GroupBy.TAG: UNTAGGED,
}
_OPTIONAL = (GroupBy.QUALITY, GroupBy.TAG)


def _group(
    by: GroupBy,
    held: Sequence[tuple[Version, SupplyLine]],
    weights: Mapping[str, float] | None,
) -> list[SupplyGroup]:
    members: dict[str, list[SupplyLine]] = {}
    for version, line in held:
        for value in _values(version, by):
            members.setdefault(value, []).append(line)
    if by in _OPTIONAL and set(members) == {_NAMELESS[by]}:
        return []
    groups = [
        SupplyGroup(
            by=by,
            value=value,
            num_versions=len(lines),
            num_tokens=sum(line.num_tokens for line in lines),
            unique_tokens=sum(line.known_tokens for line in lines),
            weight=None
            if weights is None
            else math.fsum(weights.get(line.reference, 0.0) for line in lines),
        )
        for value, lines in members.items()
    ]
    return sorted(groups, key=lambda group: (-group.size, group.value))


def _values(version: Version, by: GroupBy) -> tuple[str, ...]:
    found = group_values(version, by)
    if by is GroupBy.TAG:
        found = tuple(tag for tag in found if not tag.startswith(QUALITY_TAG))
    if by in (GroupBy.LANGUAGE, GroupBy.QUALITY) and len(found) > 1:
        return (SEVERAL,)
    return found or (_NAMELESS.get(by, ""),)
