"""A lineage graph as a tree in the terminal."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

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


class _Entry(NamedTuple):
    """A version, a run or a model that is yet to be drawn."""

    indent: str
    guide: str
    reference: str | None
    edges: tuple[LineageEdge, ...] = ()
    writer: Writer | None = None


def lineage_tree(lineage: Lineage) -> "Text":
    """Return a lineage as a tree: a version, below it each run and what stands beyond it.

    Upstream the inputs of a run stand below it, downstream its outputs. Of one version in both
    directions there are two trees, what it was made from first. The models that wrote a version
    stand below it, with what they were trained on. A version is drawn in full once; where it comes
    again it says `(see above)`. Licence, documents and size of the files stand beside each. An
    answer that was cut, or goes on beyond the generations that were asked for, ends in a line that
    says so.
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
    reached = {_ends(edge, direction)[1] for edge in lineage.edges}
    roots = [node.reference for node in lineage.nodes if node.reference not in reached]
    return _draw_trees(lineage, roots, direction=direction)


def _draw_trees(lineage: Lineage, roots: Sequence[str], *, direction: str) -> list[_Line]:
    """Walk the graph without recursion, so that the longest chain is drawn."""
    nodes = {node.reference: node for node in lineage.nodes}
    onward = _group_by_run(lineage, direction)
    writers: dict[str, list[Writer]] = defaultdict(list)
    for writer in lineage.writers:
        writers[writer.reference].append(writer)
    lines: list[_Line] = []
    seen: set[str] = set()
    entries = [_Entry("", "", root) for root in reversed(roots)]
    while entries:
        entry = entries.pop()
        below = entry.indent + {_LAST: _BLANK, _BETWEEN: _THROUGH}.get(entry.guide, "")
        if entry.writer is not None:
            lines.append(_Line(entry.indent + entry.guide, _describe_writer(entry.writer)))
        elif entry.reference is None:
            lines.append(_Line(entry.indent + entry.guide, _describe_run(entry.edges[0])))
            entries += _versions_below(entry.edges, below, direction)
        elif entry.reference in seen:
            lines.append(_Line(entry.indent + entry.guide, f"{entry.reference} (see above)"))
        else:
            seen.add(entry.reference)
            lines.append(_describe_version(entry.indent + entry.guide, nodes[entry.reference]))
            entries += _runs_below(onward[entry.reference], writers[entry.reference], below)
    return lines


def _group_by_run(lineage: Lineage, direction: str) -> dict[str, dict[str, list[LineageEdge]]]:
    """Return for each version the edges that lead on from it, by run."""
    onward: dict[str, dict[str, list[LineageEdge]]] = defaultdict(lambda: defaultdict(list))
    for edge in lineage.edges:
        onward[_ends(edge, direction)[0]][edge.run].append(edge)
    return onward


def _ends(edge: LineageEdge, direction: str) -> tuple[str, str]:
    """Return the end of an edge that is nearer to the version asked for, and the farther one."""
    return (edge.parent, edge.child) if direction == "downstream" else (edge.child, edge.parent)


def _runs_below(
    runs: dict[str, list[LineageEdge]], writers: Sequence[Writer], indent: str
) -> list[_Entry]:
    """Return the models that wrote a version and the runs that lead on from it, last one first."""
    below = [_Entry(indent, _BETWEEN, None, writer=writer) for writer in writers]
    below += [_Entry(indent, _BETWEEN, None, tuple(group)) for group in runs.values()]
    below[-1:] = [entry._replace(guide=_LAST) for entry in below[-1:]]
    return below[::-1]


def _versions_below(edges: tuple[LineageEdge, ...], indent: str, direction: str) -> list[_Entry]:
    references = [_ends(edge, direction)[1] for edge in edges]
    return [
        _Entry(indent, _BETWEEN if index else _LAST, reference)
        for index, reference in enumerate(reversed(references))
    ]


def _describe_run(edge: LineageEdge) -> str:
    parts = [edge.operation.value, edge.recipe or "", f"(run {edge.run[-_SHORT_RUN:]})"]
    return plain(" ".join(part for part in parts if part))


def _describe_writer(writer: Writer) -> str:
    trained = f", trained on {', '.join(writer.trained_on)}" if writer.trained_on else ""
    return plain(f"{writer.role} {writer.model}{trained}")


def _describe_version(guide: str, node: LineageNode) -> _Line:
    note = plain(node.licence)
    if node.state is VersionState.WITHDRAWN:
        note += f", {plain(describe_state(node))}"
    return _Line(
        guide,
        node.reference,
        documents=format_number(node.num_documents, "document"),
        size=format_bytes(node.num_bytes),
        note=note,
    )
