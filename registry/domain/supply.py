"""What versions bring to a supply, each by itself and in groups."""

from collections.abc import Sequence

from registry.domain.base import Value
from registry.domain.count import CountMethod
from registry.domain.digest import Digest
from registry.domain.grouping import GroupBy, group_values
from registry.domain.version import DatasetKind, Version

SEVERAL_LANGUAGES = "mul"
"""ISO 639-2 for several languages: nobody knows how much of the version is in which."""

UNSTATED_LANGUAGE = "und"
"""ISO 639-2 for a version of which no language is stated."""

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
    line of the report, and after near ones where those were measured; None: not measured."""

    num_near_duplicate_tokens: int | None = None
    """Tokens of documents that are near duplicates of one that stays, here or in an earlier line;
    None: not measured in every version of the report."""

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


def compose(versions: Sequence[Version], lines: Sequence[SupplyLine]) -> tuple[SupplyGroup, ...]:
    """Return the groups of a supply, the largest of each sort first.

    Languages, kinds and domains each add up to the supply. A version with several tags stands in
    the group of each; tags are left out where no version has one.

    Args:
        versions: At least those of the lines, in any order.
        lines: What each of them brings.
    """
    known = {version.reference: version for version in versions}
    held = [(known[line.reference], line) for line in lines]
    return tuple(
        group
        for by in (GroupBy.LANGUAGE, GroupBy.KIND, GroupBy.SPACE, GroupBy.TAG)
        for group in _group(by, held)
    )


def _group(by: GroupBy, held: Sequence[tuple[Version, SupplyLine]]) -> list[SupplyGroup]:
    members: dict[str, list[SupplyLine]] = {}
    for version, line in held:
        for value in _values(version, by):
            members.setdefault(value, []).append(line)
    if by is GroupBy.TAG and set(members) == {UNTAGGED}:
        return []
    groups = [
        SupplyGroup(
            by=by,
            value=value,
            num_versions=len(lines),
            num_tokens=sum(line.num_tokens for line in lines),
            unique_tokens=sum(line.known_tokens for line in lines),
        )
        for value, lines in members.items()
    ]
    return sorted(groups, key=lambda group: (-group.unique_tokens, group.value))


def _values(version: Version, by: GroupBy) -> tuple[str, ...]:
    found = group_values(version, by)
    if by is GroupBy.LANGUAGE and len(found) > 1:
        return (SEVERAL_LANGUAGES,)
    return found or (UNTAGGED if by is GroupBy.TAG else UNSTATED_LANGUAGE,)
