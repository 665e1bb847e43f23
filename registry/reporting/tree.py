"""A lineage graph as a tree in the terminal."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from registry.domain.generation import Role
from registry.domain.lineage import Lineage, LineageEdge, LineageNode, Writer
from registry.domain.quantities import format_bytes, format_number
from registry.domain.version import VersionState
from registry.reporting.graph_labels import describe_state
from registry.reporting.text import plain

if TYPE_CHECKING:
    from rich.text import Text

_LAST, _BETWEEN, _BLANK, _THROUGH = "└─ ", "├─ ", "   ", "│  "
_SHORT_RUN = 8


class _Line(NamedTuple):
    guide: str
    name: str
    documents: str = ""
    size: str = ""
    note: str = ""


class _Way(NamedTuple):
    """What leads on from a version: a run or a model, with the versions that stand beyond it."""

    label: str
    beyond: tuple[str, ...] = ()
    is_drawn_once: bool = False


class _Entry(NamedTuple):
    """A version or a way that is yet to be drawn."""

    indent: str
    guide: str
    reference: str = ""
    way: _Way | None = None


def lineage_tree(lineage: Lineage) -> "Text":
    """Return a lineage as a tree: a version, below it each run and what stands beyond it.

    Upstream the inputs of a run stand below it, downstream its outputs. Of one version in both
    directions there are two trees, what it was made from first. The models that wrote a version
    stand below it, with what they were trained on; of an impact, the models that learned from a
    version stand below it, and below those what they wrote. A version is drawn in full once; where
    it comes again it says `(see above)`. Licence, documents and size of the files stand beside
    each; where models wrote, the last line says that their terms apply as well. An answer that was
    cut, or goes on beyond the generations that were asked for, ends in a line that says so.
    """
    from rich.text import Text

    lines = _draw(lineage)
    name_width = max(
        (len(line.guide) + len(line.name) for line in lines if line.documents), default=0
    )
    documents_width = max((len(line.documents) for line in lines), default=0)
    size_width = max((len(line.size) for line in lines), default=0)
    text = Text(no_wrap=True, overflow="ignore")
    for line in lines:
        text.append(line.guide, style="dim")
        if line.documents:
            text.append(line.name.ljust(name_width - len(line.guide)))
            text.append(f"  {line.documents:>{documents_width}}  {line.size:>{size_width}}")
            text.append(f"  {line.note}")
        else:
            text.append(line.name, style="dim")
        text.append("\n")
    if lineage.reason:
        text.append(f"cut: {lineage.reason}\n")
    if lineage.continues:
        text.append("there is more beyond these generations\n")
    written = [one.reference for one in lineage.writers if one.role.writes]
    if written:
        nearest = written[0] if lineage.direction == "downstream" else lineage.starts[0]
        text.append("licences are those stated, without the models': ", style="dim")
        text.append(f"muster licence effective {nearest}\n", style="dim")
    text.rstrip()
    return text


def _draw(lineage: Lineage) -> list[_Line]:
    """Return the lines of all trees."""
    if lineage.direction == "both" and len(lineage.starts) == 1:
        return [
            _Line("", "made from"),
            *_draw_trees(lineage, lineage.starts, direction="upstream"),
            _Line("", "made into"),
            *_draw_trees(lineage, lineage.starts, direction="downstream"),
        ]
    direction = "downstream" if lineage.direction == "downstream" else "upstream"
    ways = _list_ways(lineage, direction)
    reached = {one for listed in ways.values() for way in listed for one in way.beyond}
    roots = [node.reference for node in lineage.nodes if node.reference not in reached]
    return _draw_trees(lineage, roots, direction=direction)


def _draw_trees(lineage: Lineage, roots: Sequence[str], *, direction: str) -> list[_Line]:
    """Walk the graph without recursion, so that the longest chain is drawn."""
    nodes = {node.reference: node for node in lineage.nodes}
    ways = _list_ways(lineage, direction)
    lines: list[_Line] = []
    seen: set[str] = set()
    entries = [_Entry("", "", root) for root in reversed(roots)]
    while entries:
        entry = entries.pop()
        guide = entry.indent + entry.guide
        below = entry.indent + {_LAST: _BLANK, _BETWEEN: _THROUGH}.get(entry.guide, "")
        name = entry.way.label if entry.way else entry.reference
        is_repeated = name in seen and (entry.way is None or entry.way.is_drawn_once)
        seen.add(name)
        if is_repeated:
            lines.append(_Line(guide, f"{name} (see above)"))
        elif entry.way is None:
            lines.append(_describe_version(guide, nodes[name]))
            onward = [_Entry(below, _BETWEEN, way=way) for way in ways[name]]
            entries += _close(onward)
        else:
            lines.append(_Line(guide, name))
            entries += _close([_Entry(below, _BETWEEN, one) for one in entry.way.beyond])
    return lines


def _close(entries: list[_Entry]) -> list[_Entry]:
    """Return entries of one level in the order of a stack, the last of them drawn as the last."""
    entries[-1:] = [entry._replace(guide=_LAST) for entry in entries[-1:]]
    return entries[::-1]


def _list_ways(lineage: Lineage, direction: str) -> dict[str, list[_Way]]:
    """Return the ways on from each version: the models that wrote it, runs, models that learned."""
    ways: defaultdict[str, list[_Way]] = defaultdict(list)
    learners = {one.model for one in lineage.learners}
    for writer in lineage.writers:
        if writer.model not in learners:
            ways[writer.reference].append(_Way(_describe_writer(writer)))
    for near, runs in _group_by_run(lineage, direction).items():
        for group in runs.values():
            beyond = tuple(_ends(edge, direction)[1] for edge in group)
            ways[near].append(_Way(_describe_run(group[0]), beyond))
    if direction == "downstream":
        for near, way in _list_model_ways(lineage):
            ways[near].append(way)
    return ways


def _list_model_ways(lineage: Lineage) -> Iterator[tuple[str, _Way]]:
    """Yield the ways of an impact through models: those that were given a version, or learned."""
    tainted = {node.reference for node in lineage.nodes if node.through is not None}
    wrote: defaultdict[str, dict[Role, list[str]]] = defaultdict(lambda: defaultdict(list))
    for writer in lineage.writers:
        if writer.role.writes:
            wrote[writer.model][writer.role].append(writer.reference)
        for near in writer.grounded_in:
            if writer.reference in tainted:
                label = plain(f"given to {writer.model}, {writer.role} of")
                yield near, _Way(label, (writer.reference,))
    for learner in lineage.learners:
        name = plain(f"trained {learner.model}")
        roles = [
            _Way(f"{name}, {role} of", tuple(written), is_drawn_once=True)
            for role, written in wrote[learner.model].items()
        ]
        for near in learner.trained_on:
            for way in roles or [_Way(name, is_drawn_once=True)]:
                yield near, way


def _group_by_run(lineage: Lineage, direction: str) -> dict[str, dict[str, list[LineageEdge]]]:
    """Return for each version the edges that lead on from it, by run."""
    onward: dict[str, dict[str, list[LineageEdge]]] = defaultdict(lambda: defaultdict(list))
    for edge in lineage.edges:
        onward[_ends(edge, direction)[0]][edge.run].append(edge)
    return onward


def _ends(edge: LineageEdge, direction: str) -> tuple[str, str]:
    """Return the end of an edge that is nearer to the version asked for, and the farther one."""
    return (edge.parent, edge.child) if direction == "downstream" else (edge.child, edge.parent)


def _describe_run(edge: LineageEdge) -> str:
    parts = [edge.operation.value, edge.recipe or "", f"(run {edge.run[-_SHORT_RUN:]})"]
    return plain(" ".join(part for part in parts if part))


def _describe_writer(writer: Writer) -> str:
    trained = f", trained on {', '.join(writer.trained_on)}" if writer.trained_on else ""
    given = f", given {', '.join(writer.grounded_in)}" if writer.grounded_in else ""
    return plain(f"{writer.role} {writer.model}{trained}{given}")


def _describe_version(guide: str, node: LineageNode) -> _Line:
    note = plain(node.licence)
    if node.state is VersionState.WITHDRAWN:
        note += f", {plain(describe_state(node))}"
    if node.through is not None:
        note += f", through {plain(node.through)}"
    return _Line(
        guide,
        node.reference,
        documents=format_number(node.num_documents, "document"),
        size=format_bytes(node.num_bytes),
        note=note,
    )
