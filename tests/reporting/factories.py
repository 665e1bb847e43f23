"""Values for the tests of this room: valid by default, one thing varied at a time."""

from datetime import UTC, datetime

from registry.domain.count import CountMethod
from registry.domain.embedding import (
    Diversity,
    EmbeddingKind,
    EmbeddingModel,
    Neighbours,
    TextDiversity,
)
from registry.domain.gate import Gate
from registry.domain.generation import Role
from registry.domain.lineage import Learner, Lineage, LineageEdge, LineageNode, Writer
from registry.domain.report import (
    LawSource,
    PinnedInput,
    Report,
    ReportWarning,
    SupplyLine,
    WarningCode,
)
from registry.domain.run import Operation
from registry.domain.target import Requirement, TargetReport, Uncertainty
from registry.domain.tokenizer import CountingPolicy, TokenizerIdentity
from registry.domain.version import Content, DatasetKind, VersionState

DIGEST = "sha256:" + "0123456789abcdef" * 4
NOON = datetime(2025, 1, 2, 12, 0, tzinfo=UTC)


def make_requirement(mid: int, **changes) -> Requirement:
    return Requirement(**({"low": mid, "mid": mid, "high": mid} | changes))


def make_target(**changes) -> TargetReport:
    """A 1.3B model on 10B unique tokens, with the numbers of the Epoch refit."""
    fields = {
        "num_parameters": 1_300_000_000,
        "verdict": "SUFFICIENT-REPEAT",
        "confidence": "firm",
        "law": "epoch-2024",
        "required_tokens": {
            "rule-20": make_requirement(26_000_000_000),
            "epoch-2024": make_requirement(
                29_100_000_000,
                low=25_500_000_000,
                high=33_400_000_000,
                uncertainty=Uncertainty.BOOTSTRAP_80,
            ),
        },
        "unique_tokens": 10_000_000_000,
        "tokens_per_parameter": 7.6923,
        "effective_tokens": {"1": 10**10, "4": 37_257_000_000, "16": 105_820_000_000},
        "epochs_needed": 3.035,
        "shortfall_tokens": 19_100_000_000,
        "probability_sufficient": 0.99,
        "largest_model": make_requirement(423_000_000, low=390_000_000, high=455_000_000),
        "largest_model_repeated": make_requirement(1_690_000_000),
        "epochs": 4,
        "hard_epochs": 16,
        "reasons": ("epoch-2024 asks for 29.1B tokens.", "10B unique tokens are held."),
        "extrapolated": False,
    }
    return TargetReport.model_validate(fields | changes)


def make_supply_line(**changes) -> SupplyLine:
    fields = {
        "reference": "demo/docs.text-default@1",
        "licence": "PSF-2.0",
        "kind": DatasetKind.TEXT,
        "num_documents": 1_204,
        "num_bytes": 44_000_000_000,
        "num_tokens": 11_000_000_000,
        "num_tokens_low": 11_000_000_000,
        "num_tokens_high": 11_000_000_000,
        "num_unique_tokens": 10_000_000_000,
        "method": CountMethod.EXACT,
    }
    return SupplyLine.model_validate(fields | changes)


def make_warning(**changes) -> ReportWarning:
    fields = {
        "code": WarningCode.UNKNOWN_LICENCE,
        "message": "nobody has stated a licence",
        "references": ("demo/code@1",),
        "hint": "muster dataset set demo/code --licence SPDX",
    }
    return ReportWarning.model_validate(fields | changes)


def make_gate(**changes) -> Gate:
    fields = {
        "name": "licence",
        "status": "block",
        "message": "commercial refuses the licence of a/mix@1",
        "evidence": ("block a/mix@1 commercial is no: CC-BY-NC-4.0 by a/mix@1 <- a/raw@1",),
        "policy": "commercial: requires commercial yes; unknown: block",
        "hint": "muster licence list a/raw@1",
    }
    return Gate.model_validate(fields | changes)


def make_diversity(**changes) -> Diversity:
    fields = {
        "reference": "demo/docs.text-default@1",
        "seed": 0,
        "num_documents": 1_204,
        "num_bytes": 9_000_000,
        "text": TextDiversity(compression_ratio=2.968788, distinct=(0.0339, 0.363, 0.712)),
        "embeddings": "demo/docs.text-default.static@1",
        "num_vectors": 1_200,
        "vendi_score": 94.102769,
    }
    return Diversity.model_validate(fields | changes)


def make_neighbours(*neighbours, **changes) -> Neighbours:
    model = EmbeddingModel(
        name="static",
        kind=EmbeddingKind.STATIC,
        fingerprint=DIGEST,
        dimensions=8,
        num_terms=9,
        normalized=True,
    )
    fields = {
        "reference": "demo/docs.static@1",
        "model": model,
        "query": "cat",
        "searched": "documents",
        "num_searched": 9,
        "neighbours": neighbours,
    }
    return Neighbours.model_validate(fields | changes)


def make_report(**changes) -> Report:
    fields = {
        "created_at": NOON,
        "muster_version": "0.1.0",
        "tokenizer": TokenizerIdentity(name="py8k", fingerprint=DIGEST, vocab_size=8_192),
        "policy": CountingPolicy(eos_id=0),
        "law": "epoch-2024",
        "supply": (make_supply_line(),),
        "total_tokens": 11_000_000_000,
        "unique_tokens": 10_000_000_000,
        "unique_is_upper_bound": True,
        "duplicate_documents": 38,
        "targets": (make_target(),),
        "warnings": (make_warning(),),
        "inputs": (PinnedInput(reference="demo/docs.text-default@1", digest=DIGEST),),
        "laws": (
            LawSource(
                id="epoch-2024",
                title="Epoch refit of Chinchilla's approach 3",
                parameters="total",
                source="Besiroglu et al. 2024 (arXiv:2404.10102)",
            ),
        ),
    }
    return Report.model_validate(fields | changes)


def make_node(reference: str, **changes) -> LineageNode:
    fields = {
        "reference": reference,
        "kind": DatasetKind.TEXT,
        "content": Content.DOCUMENTS,
        "state": VersionState.SEALED,
        "withdrawal": None,
        "licence": "MIT",
        "num_documents": 1_200,
        "num_bytes": 3_200_000,
        "digest": DIGEST,
        "depth": 0,
    }
    return LineageNode.model_validate(fields | changes)


def make_edge(parent: str, child: str, **changes) -> LineageEdge:
    fields = {
        "parent": parent,
        "child": child,
        "run": f"0197-{child}",
        "operation": Operation.NORMALIZE,
        "recipe": "text-default 1.0.0",
        "finished_at": NOON,
    }
    return LineageEdge.model_validate(fields | changes)


def make_written(model: str = "a/raw@1") -> Lineage:
    """Text of a model that learned from its parent, and has the name of that version."""
    writers = (
        Writer(
            reference="a/out@1",
            role=Role.GENERATOR,
            model=model,
            trained_on=("a/far@1", "a/raw@1"),
        ),
        Writer(reference="a/raw@1", role=Role.JUDGE, model=model, trained_on=("a/far@1",)),
    )
    nodes = [make_node("a/out@1"), make_node("a/raw@1", depth=1)]
    return make_lineage(nodes, [make_edge("a/raw@1", "a/out@1")], writers=writers)


def make_tainted() -> Lineage:
    """An impact: what was made from a version, two models that learned, and what one wrote."""
    nodes = [
        make_node("a/raw@1"),
        make_node("a/clean@1", depth=1),
        make_node("a/out@1", depth=2, through="org/m@v1"),
        make_node("a/said@1", depth=3, through="org/k@v1"),
    ]
    learners = (
        Learner(model="org/m@v1", trained_on=("a/clean@1", "a/raw@1"), depth=1),
        Learner(model="org/idle@v1", trained_on=("a/clean@1",), depth=2),
    )
    writers = (
        Writer(reference="a/out@1", role=Role.GENERATOR, model="org/m@v1", trained_on=("a/raw@1",)),
        Writer(
            reference="a/said@1",
            role=Role.TRANSLATOR,
            model="org/k@v1",
            trained_on=(),
            grounded_in=("a/out@1",),
        ),
    )
    return make_lineage(
        nodes,
        [make_edge("a/raw@1", "a/clean@1", run="0197")],
        direction="downstream",
        learners=learners,
        writers=writers,
    )


def make_lineage(nodes, edges, **changes) -> Lineage:
    fields = {
        "reference": nodes[0].reference,
        "direction": "upstream",
        "starts": (nodes[0].reference,),
        "nodes": tuple(nodes),
        "edges": tuple(edges),
        "continues": False,
        "truncated": False,
    }
    return Lineage.model_validate(fields | changes)


def make_diamond(**changes) -> Lineage:
    """`a/mix@1` made from two cleanings of one raw version."""
    nodes = [
        make_node("a/mix@1"),
        make_node("a/left@1", depth=1),
        make_node("a/right@1", depth=1),
        make_node("a/raw@1", depth=2, licence="unknown"),
    ]
    edges = [
        make_edge("a/left@1", "a/mix@1", run="01972222", operation=Operation.DERIVE, recipe=None),
        make_edge("a/right@1", "a/mix@1", run="01974444", operation=Operation.DERIVE, recipe=None),
        make_edge("a/raw@1", "a/left@1", run="01973333"),
        make_edge("a/raw@1", "a/right@1", run="01975555"),
    ]
    return make_lineage(nodes, edges, **changes)
