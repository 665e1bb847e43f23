"""What many versions were made from, in short: enough to ask of all of them at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.domain.run import Operation


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A version upstream, or one that was asked about."""

    reference: str
    is_withdrawn: bool
    operation: Operation
    """Of the run that made it."""

    parents: tuple[int, ...]
    """The ids of what it was made from, each below its own."""

    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Versions with everything upstream of them, by id."""

    nodes: Mapping[int, Ancestor]
    starts: Mapping[str, int]
    """The id of each version that was asked about, by its canonical reference."""

    def made_from_withdrawn(self) -> set[str]:
        """Return the versions asked about that something withdrawn lies upstream of."""
        tainted: set[int] = set()
        # A parent's id is below its child's.
        for key in sorted(self.nodes):
            parents = self.nodes[key].parents
            if any(one in tainted or self.nodes[one].is_withdrawn for one in parents):
                tainted.add(key)
        return {reference for reference, key in self.starts.items() if key in tainted}

    def inherited_tags(self, prefix: str) -> dict[str, tuple[str, ...]]:
        """Return the tags of a sort that versions asked about have, else the documents they are of.

        A version that has none has those of what it was normalized from.
        """
        found: dict[int, tuple[str, ...]] = {}
        # A parent's id is below its child's.
        for key in sorted(self.nodes):
            node = self.nodes[key]
            tags = [tag for tag in node.tags if tag.startswith(prefix)]
            if not tags and node.operation is Operation.NORMALIZE:
                tags = [tag for parent in node.parents for tag in found.get(parent, ())]
            found[key] = tuple(dict.fromkeys(tags))
        return {reference: found[key] for reference, key in self.starts.items()}

    def originals(self) -> set[str]:
        """Return the versions asked about that another one of them was normalized from.

        Only a way of normalizations alone leads to the same documents: what was derived in any
        other manner, such as synthetic data, holds documents of its own.
        """
        asked = set(self.starts.values())
        found: set[int] = set()
        front = sorted(asked)
        while front:
            reached = {
                parent
                for key in front
                if self.nodes[key].operation is Operation.NORMALIZE
                for parent in self.nodes[key].parents
            }
            front = sorted(reached - found)
            found |= reached
        return {self.nodes[key].reference for key in found & asked}
