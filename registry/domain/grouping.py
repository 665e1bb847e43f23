"""What versions have in common: language, kind, domain, quality, tag."""

from collections.abc import Sequence
from enum import StrEnum

from registry.domain.version import Version


class GroupBy(StrEnum):
    """What makes versions a group."""

    LANGUAGE = "language"
    """A language that a version's text is stated to be in: `de` means `de-AT` as well."""

    KIND = "kind"
    """What a dataset is made of, such as `code`."""

    SPACE = "space"
    """The first half of a dataset's name: the domain or team that it belongs to."""

    DATASET = "dataset"
    QUALITY = "quality"
    """A quality bucket: what stands behind `quality-` in a tag, such as `quality-high`."""

    TAG = "tag"
    """A tag that points to the version."""


QUALITY_TAG = "quality-"
"""What the tag of a quality bucket begins with."""


def group_values(version: Version, by: GroupBy) -> tuple[str, ...]:
    """Return the groups of one sort that a version belongs to."""
    name = str(version.dataset)
    return {
        GroupBy.LANGUAGE: version.languages,
        GroupBy.KIND: (version.kind.value,),
        GroupBy.SPACE: (name.partition("/")[0],),
        GroupBy.DATASET: (name,),
        GroupBy.QUALITY: tuple(
            tag.removeprefix(QUALITY_TAG) for tag in version.tags if tag.startswith(QUALITY_TAG)
        ),
        GroupBy.TAG: version.tags,
    }[by]


def list_members(
    versions: Sequence[Version], by: GroupBy, value: str
) -> tuple[list[str], list[str]]:
    """Return the versions that belong to a group, and those of which nobody knows how much does."""
    certain, unclear = [], []
    for version in versions:
        if by is GroupBy.LANGUAGE:
            fits = [one == value or one.startswith(f"{value}-") for one in version.languages]
            if fits and all(fits):
                certain.append(version.reference)
            elif any(fits):
                unclear.append(version.reference)
        elif value in group_values(version, by):
            certain.append(version.reference)
    return certain, unclear
