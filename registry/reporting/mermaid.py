"""A lineage graph in Mermaid's language, as GitHub renders it."""

from collections.abc import Iterable

from registry.domain.lineage import Lineage
from registry.domain.version import VersionState
from registry.reporting.graph_labels import label_edges, label_models, label_node, list_model_edges
from registry.reporting.text import plain

MAX_RENDERED_EDGES = 500
"""Mermaid's default for `maxEdges`; a page cannot raise it from inside a diagram."""

_LITERAL = frozenset(" .,:/@+-=_()")


def lineage_mermaid(lineage: Lineage) -> str:
    """Return a lineage as a Mermaid flowchart from the oldest version to the newest.

    It stands without a code fence, as a `.mmd` file does. Edges name operation and recipe; the
    versions that were asked for are outlined, withdrawn ones are dashed. Models that wrote or
    judged versions are round, with dotted edges that name their role.
    """
    ids = {node.reference: f"n{number}" for number, node in enumerate(lineage.nodes, start=1)}
    models, model_edges = label_models(lineage), list_model_edges(lineage)
    model_ids = {model: f"m{number}" for number, model in enumerate(models, start=1)}
    lines = ["flowchart LR"]
    num_edges = len(lineage.edges) + len(model_edges)
    if num_edges > MAX_RENDERED_EDGES:
        lines.append(f"    %% {num_edges} edges: renderers stop at {MAX_RENDERED_EDGES}")
    if lineage.truncated:
        lines.append(f"    %% cut: {lineage.reason}")
    lines += [f'    {ids[node.reference]}["{_join(label_node(node))}"]' for node in lineage.nodes]
    lines += [
        f'    {ids[edge.parent]} -->|"{_join(label)}"| {ids[edge.child]}'
        for edge, label in zip(lineage.edges, label_edges(lineage), strict=True)
    ]
    lines += [f'    {model_ids[model]}(["{_join(label)}"])' for model, label in models.items()]
    for one in model_edges:
        ends = (model_ids[one.model], ids[one.reference])
        source, target = ends[::-1] if one.is_into_model else ends
        lines.append(f'    {source} -.->|"{escape_label(one.label)}"| {target}')
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


def _join(lines: Iterable[str]) -> str:
    return "<br/>".join(map(escape_label, lines))


def _classes(lineage: Lineage, ids: dict[str, str]) -> list[str]:
    withdrawn = [
        ids[node.reference] for node in lineage.nodes if node.state is VersionState.WITHDRAWN
    ]
    lines = [f"    style {ids[start]} stroke-width:3px" for start in lineage.starts]
    if withdrawn:
        lines += [
            "    classDef withdrawn stroke-dasharray:4 4",
            f"    class {','.join(withdrawn)} withdrawn",
        ]
    return lines
