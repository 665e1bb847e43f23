"""What stands at the nodes and edges of a drawn lineage, line by line and not yet escaped."""

from collections import defaultdict
from typing import NamedTuple

from registry.domain.lineage import FieldEdge, Lineage, LineageNode, OriginKind
from registry.domain.quantities import format_bytes, format_number
from registry.domain.version import VersionState

_IN_WORDS = {
    OriginKind.BYTES: "the bytes of the files",
    OriginKind.PLACE: "the place in the files",
    OriginKind.NOTHING: "nothing",
    OriginKind.UNKNOWN: "unknown fields",
}


def label_node(node: LineageNode) -> list[str]:
    """Return the lines of a version: reference, size, licence, through what, and its state."""
    documents = (
        "" if not node.num_documents else f"{format_number(node.num_documents, 'document')}, "
    )
    lines = [
        node.reference,
        f"{documents}{format_bytes(node.num_bytes)}",
        f"licence {node.licence}",
    ]
    if node.through is not None:
        lines.append(f"through model {node.through}")
    return [*lines, describe_state(node)] if node.state is VersionState.WITHDRAWN else lines


def describe_state(node: LineageNode) -> str:
    """Return a version's state with the reason for it, where there is one."""
    return f"{node.state}: {node.withdrawal}" if node.withdrawal else node.state.value


def label_edges(lineage: Lineage) -> list[list[str]]:
    """Return the lines of each edge: operation and recipe, then each field and its origins."""
    fields: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in lineage.fields or ():
        fields[one.parent, one.child].append(describe_field(one))
    return [
        [
            " ".join(filter(None, (edge.operation.value, edge.recipe))),
            *fields[edge.parent, edge.child],
        ]
        for edge in lineage.edges
    ]


class ModelEdge(NamedTuple):
    """A model and a version: what it was trained on or given, or what it wrote or judged."""

    model: str
    reference: str
    label: str
    is_into_model: bool
    """Whether it leads from the version to the model; a model may be named as a version is."""


def label_models(lineage: Lineage) -> dict[str, list[str]]:
    """Return the lines of each model: its name, and what it was trained on that is not drawn."""
    drawn = {node.reference for node in lineage.nodes}
    return {
        model: [
            f"model {model}",
            *(f"trained on {one}" for one in trained_on if one not in drawn),
        ]
        for model, trained_on in dict(_list_trainings(lineage)).items()
    }


def list_model_edges(lineage: Lineage) -> list[ModelEdge]:
    """Return the edges of models, each once, in the order of `label_models`."""
    drawn = {node.reference for node in lineage.nodes}
    edges: dict[ModelEdge, None] = {}
    for model, trained_on in _list_trainings(lineage):
        for learned in trained_on:
            if learned in drawn:
                edges[ModelEdge(model, learned, "training", is_into_model=True)] = None
    for one in lineage.writers:
        for given in one.grounded_in:
            if given in drawn:
                edges[ModelEdge(one.model, given, "given", is_into_model=True)] = None
        edges[ModelEdge(one.model, one.reference, one.role.value, is_into_model=False)] = None
    return list(edges)


def _list_trainings(lineage: Lineage) -> list[tuple[str, tuple[str, ...]]]:
    """Return what each model was trained on; of those that wrote, all that is stated comes last."""
    learned = [(one.model, one.trained_on) for one in lineage.learners]
    return learned + [(one.model, one.trained_on) for one in lineage.writers]


def describe_field(one: FieldEdge) -> str:
    """Return a field and what it was made from: `text from question, answer`."""
    return f"{one.field} from {describe_origins(one)}"


def describe_origins(one: FieldEdge) -> str:
    """Return what a field was made from."""
    if one.kind is OriginKind.FIELDS:
        names = ", ".join(origin.field for origin in one.origins)
        return f"{names}, joined by blank lines" if one.is_joined else names
    return _IN_WORDS[one.kind]
