"""A lineage graph in the DOT language of Graphviz."""

from registry.domain.lineage import Lineage
from registry.domain.version import VersionState
from registry.reporting.graph_labels import label_edges, label_models, label_node, list_model_edges
from registry.reporting.text import plain


def lineage_dot(lineage: Lineage) -> str:
    """Return a lineage as a directed graph in DOT, from the oldest version to the newest.

    Edges name operation and recipe; versions that were asked for are bold, withdrawn ones dashed.
    Models that wrote or judged versions are ellipses, with dashed edges that name their role.
    """
    starts = set(lineage.starts)
    lines = ["digraph lineage {", "    rankdir=LR;", "    node [shape=box];"]
    if lineage.reason:
        lines.append(f"    label={quote(f'cut: {lineage.reason}')};")
    for node in lineage.nodes:
        styles = ["bold"] if node.reference in starts else []
        styles += ["dashed"] if node.state is VersionState.WITHDRAWN else []
        style = f", style={quote(','.join(styles))}" if styles else ""
        lines.append(f"    {quote(node.reference)} [label={quote(*label_node(node))}{style}];")
    lines += [
        f"    {quote(edge.parent)} -> {quote(edge.child)} [label={quote(*label)}];"
        for edge, label in zip(lineage.edges, label_edges(lineage), strict=True)
    ]
    lines += [
        f"    {_quote_model(model)} [label={quote(*label)}, shape=ellipse];"
        for model, label in label_models(lineage).items()
    ]
    for one in list_model_edges(lineage):
        ends = (_quote_model(one.model), quote(one.reference))
        source, target = ends[::-1] if one.is_into_model else ends
        lines.append(f"    {source} -> {target} [label={quote(one.label)}, style=dashed];")
    return "\n".join([*lines, "}"]) + "\n"


def quote(*lines: str) -> str:
    r"""Return lines as one quoted string of DOT that shows them as they are.

    In a label a backslash begins an escape, so it is doubled; then a quotation mark is escaped.

    Example:
        >>> print(quote('a "b"', "c"))
        "a \"b\"\nc"
    """
    escaped = [plain(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'


def _quote_model(model: str) -> str:
    # No version has this name: a reference has no blank.
    return quote(f"model {model}")
