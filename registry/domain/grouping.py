"""What versions have in common: language, kind, domain, tag."""

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
    TAG = "tag"
    """A tag that points to the version."""


def group_values(version: Version, by: GroupBy) -> tuple[str, ...]:
    """Return the groups of one sort that a version belongs to."""
    name = str(version.dataset)
    return {
        GroupBy.LANGUAGE: version.languages,
        GroupBy.KIND: (version.kind.value,),
        GroupBy.SPACE: (name.partition("/")[0],),
        GroupBy.DATASET: (name,),
        GroupBy.TAG: version.tags,
    }[by]
