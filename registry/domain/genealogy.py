"""Synthetic genealogy: which models stand behind a version, how deep, and for how much of it.

A version that a model wrote comes from what the model was trained on and from the documents that it
was given. Ids rise with time along both, so one pass in their order sees every parent first.

Example:
    web@1 was written by people. A model trained on it wrote made@1; mix@1 took 8 documents of web@1
    and 2 of made@1. mix@1 has depth 1, and exactly 2 of its 10 documents are synthetic.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from registry.domain.base import Value
from registry.domain.generation import Generation, Retraction, Role
from registry.domain.model import PREFIX
from registry.domain.run import Operation
from registry.domain.shares import Bounds, Part, combine, weigh
from registry.domain.version import DatasetKind


class Depth(Value):
    """The most models on any way from people's text to a version: 0 for people's text itself."""

    low: int
    high: int | None
    """None: nobody knows how many."""

    def __str__(self) -> str:
        if self.high is None:
            return f"at least {self.low}"
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


class GenerationUse(Value):
    """A model that wrote or judged documents upstream."""

    reference: str
    model: str
    role: Role
    distance: int
    """Steps from the version that was asked for, models included; 0: itself."""


class Genealogy(Value):
    """The answer of `generation show`."""

    reference: str
    depth: Depth
    documents: Bounds
    """How many documents are synthetic."""

    tokens: Bounds | None
    """How many tokens are; None: not counted by the tokenizer, or none was named or used."""

    run: Bounds | None = None
    """Of a mixture, how many billionths of the tokens of a run at its weights are; None: it is
    none."""

    tokenizer: str | None
    """The name of the tokenizer that counted."""

    generations: tuple[Generation, ...]
    """What is stated of the version itself, oldest first."""

    retracted: tuple[Retraction, ...] = ()
    """What was stated of it and taken back, oldest first."""

    models: tuple[GenerationUse, ...]
    """All models upstream, the nearest first."""

    unstated: tuple[str, ...]
    """The versions upstream of which nobody says who wrote them, the nearest first."""

    claimed: tuple[str, ...] = ()
    """Who wrote it by documents that were imported: claims, which count for nothing."""

    num_ancestors: int


class ModelCheck(Value):
    """The answer of `lineage --no-model`."""

    reference: str
    model: str
    """As it was asked for: a name, which means all revisions, or `name@revision`."""

    path: tuple[str, ...]
    """A shortest way from the version to the model; empty: nothing upstream is by it."""

    num_ancestors: int

    @property
    def is_free(self) -> bool:
        """Whether nothing upstream was written by the model."""
        return not self.path


@dataclass(frozen=True, slots=True)
class ModelNode:
    """A model in the graph."""

    reference: str
    name: str
    trained_on: tuple[int, ...]
    """The ids of the versions that it was trained on."""


@dataclass(frozen=True, slots=True)
class GenealogyNode:
    """A version in the graph."""

    reference: str
    parents: tuple[int, ...]
    """The ids of what it was made from, and of what its models were given."""

    num_documents: int
    num_tokens: int | None
    """By the tokenizer that was asked for, counted exactly; None: it was not."""

    kind: DatasetKind
    operation: Operation
    is_unchanged: bool
    """Whether its run left the text of what it kept as it was."""

    has_recipe: bool = False
    """Whether a recipe made it, or put back what a recipe had dropped."""

    generations: tuple[Generation, ...] = ()
    writers: tuple[int, ...] = ()
    """The ids of the models that wrote it."""

    taken: Mapping[int, int] | None = None
    """The documents that were taken from each parent; None: not stated."""

    weights: Mapping[int, int] | None = None
    """Of a mixture, the billionths of a run that are read from each parent."""


@dataclass(frozen=True, slots=True)
class GenealogyGraph:
    """Versions with everything upstream of them, through models, by id."""

    nodes: Mapping[int, GenealogyNode]
    models: Mapping[int, ModelNode]
    starts: Mapping[str, int]
    """The id of each version that was asked for, by its canonical reference."""


@dataclass(frozen=True, slots=True)
class Traced:
    """What follows for one version."""

    depth: Depth
    documents: Bounds
    tokens: Bounds | None
    run: Bounds | None
    """Of a mixture, in billionths of a run."""


def trace(graph: GenealogyGraph) -> dict[int, Traced]:
    """Return depth and shares of every version in a graph, parents before children."""
    traced: dict[int, Traced] = {}
    for key in sorted(graph.nodes):
        node = graph.nodes[key]
        documents = _documents(node, traced)
        traced[key] = Traced(
            depth=_depth(graph, node, traced),
            documents=documents,
            tokens=_tokens(node, documents, traced),
            run=_run(node, traced),
        )
    return traced


def describe(
    graph: GenealogyGraph,
    reference: str,
    *,
    tokenizer: str | None,
    retracted: Sequence[Retraction] = (),
) -> Genealogy:
    """Return the genealogy of a version, one of the graph's starts."""
    start = graph.starts[reference]
    found, ways = trace(graph)[start], walk(graph, start)
    reached = [(key, graph.nodes[key]) for key in ways if key > 0]
    return Genealogy(
        reference=reference,
        depth=found.depth,
        documents=found.documents,
        tokens=found.tokens,
        run=found.run,
        tokenizer=tokenizer,
        generations=graph.nodes[start].generations,
        retracted=tuple(retracted),
        models=tuple(
            GenerationUse(
                reference=node.reference,
                model=one.model,
                role=one.role,
                distance=len(path_to(ways, key)) - 1,
            )
            for key, node in reached
            for one in node.generations
            if one.model is not None
        ),
        unstated=list_unstated(node for _, node in reached),
        num_ancestors=len(reached) - 1,
    )


def find_model(graph: GenealogyGraph, reference: str, model: str) -> ModelCheck:
    """Return a shortest way from a version to a model that wrote something upstream.

    Args:
        graph: The version and everything upstream of it, through models.
        reference: The version, one of the graph's starts.
        model: A name, which means all revisions, or `name@revision`.
    """
    ways = walk(graph, graph.starts[reference])
    fitting = (
        key
        for key in ways
        if key < 0 and model in {graph.models[-key].name, graph.models[-key].reference}
    )
    nearest = next(fitting, None)
    path = () if nearest is None else tuple(_say(graph, key) for key in path_to(ways, nearest))
    return ModelCheck(
        reference=reference,
        model=model,
        path=path,
        num_ancestors=sum(key > 0 for key in ways) - 1,
    )


def find_source(graph: GenealogyGraph, reference: str, source: str) -> tuple[str, ...]:
    """Return a shortest way from a source to a version, through models too; empty: there is none.

    Args:
        graph: The version and everything upstream of it, through models.
        reference: The version, one of the graph's starts.
        source: The source.
    """
    ways = walk(graph, graph.starts[reference])
    found = (key for key in ways if key > 0 and graph.nodes[key].reference == source)
    nearest = next(found, None)
    path = [] if nearest is None else path_to(ways, nearest)
    return tuple(_say(graph, key) for key in reversed(path))


def list_unstated(nodes: Iterable[GenealogyNode]) -> tuple[str, ...]:
    """Return the references of the versions of which nobody says who wrote them."""
    return tuple(node.reference for node in nodes if _is_unstated(node))


def deepest(depths: Sequence[Depth]) -> Depth:
    """Return the depth of what was made from versions of these depths; of nothing, 0."""
    highs = [depth.high for depth in depths if depth.high is not None]
    return Depth(
        low=max((depth.low for depth in depths), default=0),
        high=max(highs, default=0) if len(highs) == len(depths) else None,
    )


def walk(graph: GenealogyGraph, start: int) -> dict[int, int | None]:
    """Return all that is upstream, the nearest first, each with the next one on its way down.

    A model that wrote a version stands among them under its negative id.
    """
    ways: dict[int, int | None] = {start: None}
    front = [start]
    while front:
        reached = []
        for near in front:
            for far in _neighbours(graph, near):
                if far not in ways:
                    ways[far] = near
                    reached.append(far)
        front = reached
    return ways


def path_to(ways: Mapping[int, int | None], key: int) -> list[int]:
    """Return the way from the start of a walk to what it reached, both included."""
    path: list[int] = []
    here: int | None = key
    while here is not None:
        path.append(here)
        here = ways[here]
    return path[::-1]


def _neighbours(graph: GenealogyGraph, key: int) -> Iterable[int]:
    if key < 0:
        return graph.models[-key].trained_on
    node = graph.nodes[key]
    return (*(-one for one in node.writers), *node.parents)


def _say(graph: GenealogyGraph, key: int) -> str:
    return f"{PREFIX}{graph.models[-key].reference}" if key < 0 else graph.nodes[key].reference


def _is_unstated(node: GenealogyNode) -> bool:
    """Whether nobody says who wrote a version that does not follow from its parents.

    The kind `synthetic` says it of no version: it is the dataset's, and stays when a statement is
    taken back. Where documents were made outside of muster from others, whoever made them may have
    been a model.
    """
    if node.writers or _is_by_people(node) or not _is_made_outside(node):
        return False
    is_judged = bool(node.generations) and node.kind is not DatasetKind.SYNTHETIC
    return not (node.parents and is_judged)


def _is_made_outside(node: GenealogyNode) -> bool:
    """Whether the documents are other ones than those that our own runs took from the parents."""
    is_ours = node.operation not in {Operation.REGISTER, Operation.DERIVE} or node.has_recipe
    return not node.parents or not (is_ours or node.taken is not None)


def _depth(graph: GenealogyGraph, node: GenealogyNode, traced: Mapping[int, Traced]) -> Depth:
    above = [traced[parent].depth for parent in node.parents]
    if node.writers:
        models = [_depth_of_model(graph.models[one], traced) for one in node.writers]
        above_it = deepest([*models, *above])
        return Depth(low=above_it.low + 1, high=_next(above_it.high))
    if _is_unstated(node):
        return Depth(low=deepest(above).low, high=None)
    return deepest(above)


def _depth_of_model(model: ModelNode, traced: Mapping[int, Traced]) -> Depth:
    if not model.trained_on:
        return Depth(low=0, high=None)
    return deepest([traced[version].depth for version in model.trained_on])


def _next(number: int | None) -> int | None:
    return None if number is None else number + 1


def _is_by_people(node: GenealogyNode) -> bool:
    return any(one.role is Role.PEOPLE for one in node.generations)


def _stated(node: GenealogyNode, total: int) -> Bounds | None:
    """Return what holds whatever the parents are; None: it follows from the parents."""
    if node.writers:
        return Bounds.all(total)
    if _is_unstated(node):
        return Bounds.unknown(total)
    return None if node.parents else Bounds.none(total)


def _documents(node: GenealogyNode, traced: Mapping[int, Traced]) -> Bounds:
    total = node.num_documents
    stated = _stated(node, total)
    if stated is not None:
        return stated
    parts = []
    for parent in node.parents:
        held = traced[parent].documents
        least, most, is_subset = _taken(node, parent, held.total)
        parts.append(Part(held, least, most, is_subset))
    return combine(total, parts)


def _taken(node: GenealogyNode, parent: int, held: int) -> tuple[int, int, bool]:
    """Return how many documents of a parent a version holds, and whether each once at most."""
    if node.taken is not None:
        taken = node.taken.get(parent, 0)
        return taken, taken, taken <= held
    if _keeps_documents(node):
        return node.num_documents, node.num_documents, True
    return 0, node.num_documents, False


def _keeps_documents(node: GenealogyNode) -> bool:
    """Whether each document of a version is one of its only parent's, which our own runs hold."""
    return node.operation not in {Operation.REGISTER, Operation.DERIVE} and len(node.parents) == 1


def _tokens(node: GenealogyNode, documents: Bounds, traced: Mapping[int, Traced]) -> Bounds | None:
    total = node.num_tokens
    if total is None:
        return None
    # What holds of every document holds of every token.
    if documents.low == documents.total:
        return Bounds.all(total)
    if documents.high == 0:
        return Bounds.none(total)
    stated = _stated(node, total)
    if stated is not None:
        return stated
    parts = [_token_part(node, traced[parent], parent, total) for parent in node.parents]
    return combine(total, parts)


def _run(node: GenealogyNode, traced: Mapping[int, Traced]) -> Bounds | None:
    """Return how synthetic a run on a mixture is: the shares of its parts, weighed."""
    if node.weights is None:
        return None
    return weigh(
        (traced[parent].run or traced[parent].tokens or _whole(traced[parent].documents), weight)
        for parent, weight in node.weights.items()
    )


def _whole(documents: Bounds) -> Bounds:
    """Return what holds of every token because it holds of every document; else unknown."""
    if documents.low == documents.total:
        return Bounds.all(1)
    return Bounds.none(1) if documents.high == 0 else Bounds.unknown(1)


def _token_part(node: GenealogyNode, parent: Traced, key: int, total: int) -> Part:
    least, most, is_once = _taken(node, key, parent.documents.total)
    held = parent.tokens
    if most == 0:
        return Part(Bounds.none(0), 0, 0, is_subset=True)
    if held is None or not is_once or not _keeps_text(node):
        kept = _whole(parent.documents if held is None else held)
        return Part(kept, 0, total, is_subset=False)
    is_whole = least == parent.documents.total
    return Part(held, held.total if is_whole else 0, held.total, is_subset=True)


def _keeps_text(node: GenealogyNode) -> bool:
    """Whether a token of a version is one of a parent's; what was taken, was taken as it stood."""
    return node.taken is not None or node.is_unchanged
