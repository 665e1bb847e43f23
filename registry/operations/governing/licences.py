"""What may be done with a version: what is asserted of it, and what follows from its ancestry."""

from collections.abc import Sequence
from pathlib import Path

from registry.domain.digest import Digest
from registry.domain.effective import (
    EffectiveLicence,
    LicenceDescription,
    LicenceList,
    LicencePolicy,
    LicenceReading,
    Notice,
)
from registry.domain.gate import Gate, GateStatus
from registry.domain.licence import Confidence, Licence, LicenceStatement
from registry.domain.names import Reference
from registry.domain.quantities import format_number
from registry.domain.urls import redact_url
from registry.errors import UnreadableError
from registry.licensing.effective import effective_licence, make_notice
from registry.licensing.expressions import take
from registry.licensing.permissions import find_family, terms_of
from registry.licensing.policies import load_policy, rule
from registry.operations.context import Context

LICENCE_KEYS = ("require", "prefer", "unknown")
"""Where a policy file says what is asked of licences."""


def add(
    context: Context,
    reference: Reference,
    expression: str,
    *,
    by: str | None = None,
    evidence: str | None = None,
    evidence_file: Path | None = None,
    confidence: Confidence = Confidence.MEDIUM,
) -> LicenceList:
    """State a version's licence; nothing that was said before goes away. Safe to repeat.

    Args:
        context: The open registry.
        reference: The version.
        expression: SPDX, `LicenseRef-`, an id of the Hub, or `unknown`.
        by: Who says so; None: whoever is recorded for changes.
        evidence: Where it can be read; credentials are left out.
        evidence_file: A copy of the evidence, which is kept as an object.
        confidence: How well it is founded.

    Raises:
        InputError: The expression does not parse.
        UnknownError: There is no such version.
        UnreadableError: The copy cannot be read.
    """
    licence = Licence.parse(expression)
    # Looked for first, so that a wrong reference leaves no object behind.
    found = context.catalog.versions.get(reference)
    statement = LicenceStatement(
        expression=licence.expression,
        by=by or context.actor,
        evidence=None if evidence is None else redact_url(evidence),
        evidence_digest=None if evidence_file is None else _keep(context, evidence_file),
        confidence=confidence,
    )
    assertions = context.catalog.licences.state(
        Reference.parse(found.reference), statement, actor=context.actor, at=context.clock()
    )
    return LicenceList(reference=found.reference, assertions=tuple(assertions))


def list_assertions(context: Context, reference: Reference) -> LicenceList:
    """Return everything that was ever asserted of a version."""
    assertions = tuple(context.catalog.licences.list_for(reference))
    return LicenceList(reference=assertions[0].reference, assertions=assertions)


def effective(
    context: Context, reference: Reference, *, policy: str | LicencePolicy | None = None
) -> EffectiveLicence:
    """Return the licence that applies to a version after everything it was made from.

    Raises:
        UnknownError: There is no such version or policy.
        InputError: The policy's file holds none.
    """
    graph = context.catalog.licences.upstream([reference])
    (name,) = graph.starts
    return effective_licence(graph, name, policy=find_policy(policy))


def effective_of(
    context: Context, references: Sequence[str], *, policy: LicencePolicy | None = None
) -> dict[str, EffectiveLicence]:
    """Return the effective licence of many versions, by canonical reference, in few queries."""
    graph = context.catalog.licences.upstream([Reference.parse(text) for text in references])
    return {name: effective_licence(graph, name, policy=policy) for name in graph.starts}


def notice(context: Context, reference: Reference) -> Notice:
    """Return whom a version owes a notice."""
    graph = context.catalog.licences.upstream([reference], with_sources=True)
    (name,) = graph.starts
    return make_notice(graph, name)


def explain(expression: str, *, policy: str | LicencePolicy | None = None) -> LicenceDescription:
    """Return what an expression permits, and where that was read."""
    found = find_policy(policy)
    parsed = Licence.parse(expression).expression
    taken = take(parsed, found)
    return LicenceDescription(
        expression=parsed,
        chosen=taken.expression,
        terms=taken.terms,
        readings=tuple(_read(licence) for licence in taken.licences),
        ruling=None if found is None else rule(taken.terms, found),
    )


def find_policy(policy: str | LicencePolicy | None) -> LicencePolicy | None:
    """Return a policy by name or path, or as it is."""
    return load_policy(policy) if isinstance(policy, str) else policy


def licence_gate(found: Sequence[EffectiveLicence], policy: LicencePolicy) -> Gate:
    """Return the gate that a policy makes of the effective licences of some versions.

    Args:
        found: Effective licences, under that policy.
        policy: The policy.
    """
    ruled = [(one, one.ruling or rule(one.terms, policy)) for one in found]
    status = max((ruling.status for _, ruling in ruled), key=lambda one: one.severity)
    stopped = [one.reference for one, ruling in ruled if ruling.status is GateStatus.BLOCK]
    warned = [one.reference for one, ruling in ruled if ruling.status is GateStatus.WARN]
    return Gate(
        name="licence",
        status=status,
        message=_message(policy, stopped=stopped, warned=warned, num_versions=len(found)),
        evidence=tuple(line for one in found for line in list_evidence(one, policy)),
        policy=describe_policy(policy),
        hint=_hint(found, status),
        keys=LICENCE_KEYS,
    )


def list_evidence(found: EffectiveLicence, policy: LicencePolicy) -> list[str]:
    """Return a line for each term that is not as the policy wants it: the licence and the path."""
    ruling = found.ruling or rule(found.terms, policy)
    proofs = {proof.term: proof for proof in found.restrictions}
    lines = []
    for finding in ruling.findings:
        proof = proofs.get(finding.term)
        where = "" if proof is None else f": {proof.licence} by {' <- '.join(proof.path)}"
        said = f"{finding.term.words} is {finding.found}, wanted {finding.wanted}"
        lines.append(f"{finding.status} {found.reference} {said}{where}")
    return lines


def describe_policy(policy: LicencePolicy) -> str:
    """Return what a policy asks, in a line."""
    parts = [
        " ".join(f"{term.words} {answer}," for term, answer in wanted.items()).rstrip(",")
        for wanted in (policy.require, policy.prefer)
    ]
    asks = f"requires {parts[0] or 'nothing'}"
    if parts[1]:
        asks += f"; prefers {parts[1]}"
    return f"{policy.name}: {asks}; unknown: {policy.unknown}"


def _message(
    policy: LicencePolicy, *, stopped: Sequence[str], warned: Sequence[str], num_versions: int
) -> str:
    if stopped:
        return f"{policy.name} refuses the licence of {_some(stopped)}"
    if warned:
        return f"{policy.name} warns of the licence of {_some(warned)}"
    return f"{policy.name} accepts the licences of {format_number(num_versions, 'version')}"


def _some(references: Sequence[str], *, most: int = 3) -> str:
    shown = ", ".join(references[:most])
    return shown if len(references) <= most else f"{shown} and {len(references) - most} more"


def _hint(found: Sequence[EffectiveLicence], status: GateStatus) -> str | None:
    if status is GateStatus.PASS:
        return None
    blamed = [
        proof.reference
        for one in found
        for proof in one.restrictions
        if one.ruling is not None and proof.term in {item.term for item in one.ruling.findings}
    ]
    first = blamed[0] if blamed else "REF"
    return f"muster licence list {first}; leave it out; or --policy FILE.toml with your own terms"


def _read(licence: str) -> LicenceReading:
    family = find_family(licence)
    return LicenceReading(
        licence=licence,
        family=None if family is None else family.name,
        source=None if family is None else family.source,
        terms=terms_of(licence),
    )


def _keep(context: Context, path: Path) -> Digest:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read: {error}") from error
    return context.store.put_bytes(data).digest
