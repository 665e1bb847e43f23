"""A lineage graph in Mermaid's language, as GitHub renders it."""

from registry.domain.lineage import Lineage, LineageEdge, LineageNode
from registry.domain.quantities import format_bytes
from registry.domain.version import VersionState
from registry.reporting.text import plain

MAX_RENDERED_EDGES = 500
"""Mermaid's default for `maxEdges`; a page cannot raise it from inside a diagram."""

_LITERAL = frozenset(" .,:/@+-=_()")


def lineage_mermaid(lineage: Lineage) -> str:
    """Return a lineage as a Mermaid flowchart from the oldest version to the newest.

    It stands without a code fence, as a `.mmd` file does. Edges name operation and recipe; the
    version that was asked for is outlined, withdrawn ones are dashed.
    """
    ids = {node.reference: f"n{number}" for number, node in enumerate(lineage.nodes, start=1)}
    lines = ["flowchart LR"]
    if len(lineage.edges) > MAX_RENDERED_EDGES:
        lines.append(f"    %% {len(lineage.edges)} edges: renderers stop at {MAX_RENDERED_EDGES}")
    if lineage.truncated:
        lines.append(f"    %% cut at {lineage.limit or len(lineage.nodes)} versions")
    lines += [f'    {ids[node.reference]}["{_node_label(node)}"]' for node in lineage.nodes]
    lines += [
        f'    {ids[edge.parent]} -->|"{_edge_label(edge)}"| {ids[edge.child]}'
        for edge in lineage.edges
        # Of a graph that was cut, an edge may lead to a version that is not in the answer.
        if edge.parent in ids and edge.child in ids
    ]
    lines += _classes(lineage, ids)
    return "\n".join(lines) + "\n"


def escape_label(text: str) -> str:
    """Return a text that cannot end a quoted Mermaid label or become markup inside it.

    Every sign outside letters, digits and a few harmless ones becomes its entity, `#34;` for a
    quotation mark.
    """
    return "".join(
        char if char.isalnum() or char in _LITERAL else f"#{ord(char)};" for char in plain(text)
    )


def _node_label(node: LineageNode) -> str:
    documents = "" if not node.num_documents else f"{node.num_documents:,} documents, "
    facts = f"{documents}{format_bytes(node.num_bytes)}"
    lines = [node.reference, facts, f"licence {node.licence}"]
    if node.state is VersionState.WITHDRAWN:
        lines.append("withdrawn")
    return "<br/>".join(escape_label(line) for line in lines)


def _edge_label(edge: LineageEdge) -> str:
    parts = [edge.operation.value, edge.recipe or ""]
    return escape_label(" ".join(part for part in parts if part))


def _classes(lineage: Lineage, ids: dict[str, str]) -> list[str]:
    withdrawn = [
        ids[node.reference] for node in lineage.nodes if node.state is VersionState.WITHDRAWN
    ]
    lines = []
    if lineage.reference in ids:
        lines += [f"    style {ids[lineage.reference]} stroke-width:3px"]
    if withdrawn:
        lines += [
            "    classDef withdrawn stroke-dasharray:4 4",
            f"    class {','.join(withdrawn)} withdrawn",
        ]
    return lines
