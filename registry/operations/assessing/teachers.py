"""What the catalog knows of a teacher: its way from people's text, the terms of its output."""

from dataclasses import dataclass

from registry.domain.effective import LicencePolicy
from registry.domain.gate import Gate, GateStatus
from registry.domain.genealogy import deepest, trace
from registry.domain.licence import UNKNOWN
from registry.domain.model import Model, ModelReference
from registry.domain.model_target import Distillation
from registry.domain.names import Reference
from registry.domain.terms import Terms
from registry.licensing.expressions import take
from registry.licensing.policies import rule
from registry.operations.context import Context
from registry.operations.governing.licences import LICENCE_KEYS, describe_policy

UNKNOWN_DEPTH = (1, None)
"""A teacher writes, so that one model lies between people's text and what it wrote, at least."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """A teacher, with what follows for what it writes."""

    label: str
    depth: tuple[int, int | None]
    gates: tuple[Gate, ...]
    """What a policy makes of the terms of its output; none without a policy."""


def find_teacher(context: Context, asked: Distillation, *, policy: LicencePolicy | None) -> Teacher:
    """Return what is known of a teacher; of one that is not in the catalog nothing is.

    Raises:
        UnknownError: There is no such model.
    """
    if asked.teacher is None:
        label = "A teacher"
        gates = () if policy is None else (_gate(None, label, policy),)
        return Teacher(label=label, depth=UNKNOWN_DEPTH, gates=gates)
    model = context.catalog.models.get(ModelReference.parse(asked.teacher)).model
    gates = () if policy is None else (_gate(model, model.reference, policy),)
    return Teacher(label=model.reference, depth=_depth(context, model), gates=gates)


def _depth(context: Context, model: Model) -> tuple[int, int | None]:
    if not model.trained_on:
        return UNKNOWN_DEPTH
    graph = context.catalog.generations.upstream([Reference.parse(one) for one in model.trained_on])
    traced = trace(graph)
    found = deepest([traced[key].depth for key in graph.starts.values()])
    return found.low + 1, None if found.high is None else found.high + 1


def _gate(model: Model | None, label: str, policy: LicencePolicy) -> Gate:
    expression = UNKNOWN if model is None else model.output_licence
    terms: Terms | None = None if model is None else model.output_terms
    ruling = rule(terms or take(expression, policy).terms, policy)
    said = "nobody says what its output may be used for"
    if terms is not None or expression != UNKNOWN:
        said = f"its output is under {expression}" if terms is None else "its output has own terms"
    named = f"muster model add {label}" if model is not None else "muster model add NAME@REVISION"
    return Gate(
        name="teacher-output",
        status=ruling.status,
        message=f"{label}: {said}",
        evidence=tuple(
            f"{one.status} {one.term}: {one.found}, wanted {one.wanted}" for one in ruling.findings
        ),
        policy=describe_policy(policy),
        hint=None
        if ruling.status is GateStatus.PASS
        else f"take another teacher, or state its terms: {named} --output-license SPDX",
        keys=LICENCE_KEYS,
    )
