"""Join the supply of versions with the laws into a readiness report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from registry.about import __version__
from registry.catalog.collector import collector_paused
from registry.domain.acquisition import Acquisition, Candidate
from registry.domain.contamination_policy import contamination_gate
from registry.domain.count import RecordedCount, TokenCount
from registry.domain.digest import Digest, fingerprint
from registry.domain.effective import LicencePolicy
from registry.domain.gate import Gate
from registry.domain.mixture import Mixture
from registry.domain.names import Reference
from registry.domain.report import (
    Before,
    LawSource,
    PinnedInput,
    Report,
    ReportRequest,
    ReportWarning,
    WarningCode,
)
from registry.domain.supply import compose
from registry.domain.supply_gates import (
    floor_gates,
    holdout_gates,
    shares_of,
    source_gates,
    withdrawal_gates,
)
from registry.domain.synthetic import SyntheticSupply, synthetic_gate
from registry.domain.target import TargetReport
from registry.domain.tokenizer import CountingPolicy, TokenizerIdentity
from registry.domain.version import Version, VersionState
from registry.errors import InputError
from registry.operations.assessing.assess_targets import assess_target
from registry.operations.assessing.candidates import find_candidates, rank
from registry.operations.assessing.laws import list_laws
from registry.operations.assessing.mixture_supply import Mixed, find_mixture, mix, use_parts
from registry.operations.assessing.quality import with_quality
from registry.operations.assessing.report_warnings import warn_of_near_duplicates, warn_of_targets
from registry.operations.assessing.supply import Supply, gather_supply
from registry.operations.assessing.synthetic_supply import find_synthetic, warn_of_synthetic
from registry.operations.assessing.teachers import find_teacher
from registry.operations.assessing.uncounted import refuse_uncounted
from registry.operations.context import Context
from registry.operations.embedding.measured_diversity import list_diversity
from registry.operations.governing.licences import licence_gate
from registry.scaling.laws import DEFAULT_LAW, Law, get_law
from registry.scaling.sufficiency import DEFAULTS


def make_report(
    context: Context, request: ReportRequest, *, pinned: Report | None = None
) -> Report:
    """Answer a request; where a report is given, on the versions, tokenizer and law it stands on.

    Raises:
        See `registry.operations.assessing.report.report`.
    """
    laws = list_laws(context.home)
    law, tokenizer, references = request.law, request.tokenizer, request.references
    evaluation = request.evaluation or None
    if pinned is not None:
        law, tokenizer = pinned.law, pinned.tokenizer.fingerprint
        if pinned.contamination is not None:
            evaluation = tuple(one.reference for one in pinned.contamination.evaluation)
        references = references or tuple(item.reference for item in pinned.inputs)
    asked = _Asked(
        context=context,
        request=request,
        references=[Reference.parse(text) for text in references],
        evaluation=None if evaluation is None else list(map(Reference.parse, evaluation)),
        tokenizer=_fingerprint_of(context, tokenizer),
        law=get_law(law or DEFAULT_LAW, among=laws),
        laws=laws,
    )
    # Thousands of rows and values are made, none of which the cyclic collector could free.
    with collector_paused():
        return _make(asked, pinned)


def _make(asked: "_Asked", pinned: Report | None) -> Report:
    context, request, laws = asked.context, asked.request, asked.laws
    found = _stand(asked, without=[Reference.parse(text) for text in request.without])
    whole = _stand(asked, without=()) if request.without else found
    supply, mixed = found.supply, found.mixed
    candidates, acquisitions = _acquire(asked, found)
    facts = context.catalog.tokenizers.get(supply.measure.tokenizer_fingerprint)
    return Report(
        created_at=context.clock(),
        muster_version=__version__,
        request=request,
        tokenizer=TokenizerIdentity(
            name=facts.name, fingerprint=facts.fingerprint, vocab_size=facts.vocab_size
        ),
        policy=_counting_policy(supply),
        law=asked.law.id,
        mixture=found.mixture,
        supply=supply.lines,
        composition=compose(found.versions, supply.lines, weights=mixed.weights if mixed else None),
        total_tokens=supply.total_tokens,
        unique_tokens=supply.unique_tokens,
        unique_is_upper_bound=bool(supply.near.unmeasured or supply.contamination.unmeasured),
        duplicate_documents=supply.duplicate_documents,
        contamination=supply.contamination,
        near_duplicates=supply.near.found or "not measured",
        diversity=list_diversity(context, [item.version for item in supply.counted]),
        targets=found.targets,
        before=_before(whole) if request.without else (),
        candidates=candidates,
        acquisitions=acquisitions,
        gates=found.gates,
        synthetic=found.synthetic,
        warnings=(
            *(mixed.warnings if mixed else ()),
            *supply.warnings,
            *warn_of_synthetic(found.synthetic),
            *_choices(request, pinned),
            *warn_of_targets(found.targets),
            *warn_of_near_duplicates(supply),
        ),
        inputs=_inputs(found, whole),
        laws=tuple(_source(item) for item in laws if item.is_in_panel or item is asked.law),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with everything that its names stand for."""

    context: Context
    request: ReportRequest
    references: list[Reference]
    evaluation: list[Reference] | None
    """None: all that is registered."""

    tokenizer: Digest | None
    law: Law
    laws: Sequence[Law]


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is held, and how the targets stand on it."""

    supply: Supply
    versions: Sequence[Version]
    """Those of the supply, with the tags of their quality buckets."""

    mixture: Mixture | None
    mixed: Mixed | None
    synthetic: SyntheticSupply
    gates: tuple[Gate, ...]
    targets: tuple[TargetReport, ...]


def _stand(asked: _Asked, *, without: Sequence[Reference]) -> _Standing:
    """Gather what is held without some versions, and judge every target on it."""
    context, policy = asked.context, asked.request.licence_policy
    supply = gather_supply(
        context,
        asked.references,
        tokenizer_fingerprint=asked.tokenizer,
        policy=policy,
        without=without,
        evaluation=asked.evaluation,
    )
    refuse_uncounted(context, supply)
    mixture = find_mixture(context, supply, num_asked=len(asked.references))
    mixed = None if mixture is None else mix(context, mixture, supply)
    synthetic = find_synthetic(context, supply, weights=mixed.weights if mixed else None)
    versions = with_quality(context, [item.version for item in supply.counted])
    gates = _find_gates(supply, synthetic, versions, mixed, policy)
    held = (mixed and mixed.blend) or supply.unique_tokens
    targets = [
        assess_target(
            target,
            unique_tokens=held,
            law=asked.law,
            laws=asked.laws,
            gates=gates,
            teacher=None
            if target.distillation is None
            else find_teacher(context, target.distillation, policy=policy),
            real_share=1 - synthetic.tokens.share_low,
            policy=policy or DEFAULTS,
        )
        for target in asked.request.targets
    ]
    if mixed is not None:
        targets = [one.model_copy(update={"mixture": use_parts(one, mixed)}) for one in targets]
    return _Standing(supply, versions, mixture, mixed, synthetic, gates, tuple(targets))


def _acquire(
    asked: _Asked, found: _Standing
) -> tuple[tuple[Candidate, ...], tuple[Acquisition, ...]]:
    request = asked.request
    if not request.candidates:
        return (), ()
    if found.mixture is not None:
        raise InputError(
            f"{found.mixture.reference} is a mixture, and nobody knows which weight a candidate "
            "would have in it",
            hint="ask about its parts, or make a mixture with the candidate",
        )
    candidates = find_candidates(
        asked.context,
        request.candidates,
        found.supply,
        policy=request.licence_policy,
    )
    return candidates, tuple(rank(target, candidates) for target in found.targets)


def _before(whole: _Standing) -> tuple[Before, ...]:
    return tuple(
        Before(
            target=target.label,
            verdict=target.verdict,
            confidence=target.confidence,
            unique_tokens=target.unique_tokens,
            epochs_needed=target.epochs_needed,
        )
        for target in whole.targets
    )


def _inputs(found: _Standing, whole: _Standing) -> tuple[PinnedInput, ...]:
    """Return everything that was looked at; what was left out as well, to be left out again."""
    kept = {item.version.reference for item in found.supply.counted}
    signed = {
        line.reference: digest
        for supply in (whole.supply, found.supply)
        # None where nothing is measured.
        for line, digest in zip(supply.lines, supply.near.signatures, strict=False)
    }
    inputs = () if found.mixed is None else (found.mixed.input,)
    return inputs + tuple(
        PinnedInput(
            reference=item.version.reference,
            digest=item.version.digest,
            count=None if item.count is None else _fingerprint(item.count),
            signatures=signed.get(item.version.reference),
            is_left_out=item.version.reference not in kept,
        )
        for item in whole.supply.counted
    )


def _fingerprint_of(context: Context, tokenizer: str | None) -> Digest | None:
    return None if tokenizer is None else context.catalog.tokenizers.get(tokenizer).fingerprint


def _counting_policy(supply: Supply) -> CountingPolicy:
    """Return the policy that the counts share.

    Tokens are counted without the special tokens around documents; where the policies on those
    differ, the report names none of them.
    """
    policies = {item.count.policy for item in supply.counted if item.count is not None}
    shared = CountingPolicy(parse_special=supply.measure.parse_special)
    return policies.pop() if len(policies) == 1 else shared


def _find_gates(
    supply: Supply,
    synthetic: SyntheticSupply,
    versions: Sequence[Version],
    mixed: Mixed | None,
    policy: LicencePolicy | None,
) -> tuple[Gate, ...]:
    """Return what is asked of the data whatever its amount; without a policy little is."""
    if not supply.lines:
        return ()
    asked = policy or DEFAULTS
    shares = shares_of(supply.lines, weights=mixed.weights if mixed else None)
    used = [mixed.version, *versions] if mixed else versions
    withdrawn = [item.reference for item in used if item.state is VersionState.WITHDRAWN]
    return (
        *withdrawal_gates(withdrawn, asked.withdrawal),
        *(() if policy is None else _find_policy_gates(supply, synthetic, policy)),
        *source_gates(shares, asked.sources),
        *floor_gates(shares, versions, asked.floors),
        *holdout_gates(supply.contamination, asked.holdout),
    )


def _find_policy_gates(
    supply: Supply, synthetic: SyntheticSupply, policy: LicencePolicy
) -> Iterator[Gate]:
    yield licence_gate([supply.licences[line.reference] for line in supply.lines], policy)
    if policy.synthetic is not None:
        yield synthetic_gate(synthetic, policy.synthetic, name=policy.name)
    if policy.contamination is not None:
        yield contamination_gate(
            supply.contamination,
            policy.contamination,
            unique_tokens=supply.unique_tokens,
            name=policy.name,
        )


def _choices(request: ReportRequest, pinned: Report | None) -> tuple[ReportWarning, ...]:
    """Return what was said when the pinned versions and tokenizer were chosen: none is anew."""
    if pinned is None:
        return ()
    codes = {WarningCode.CHOSEN_TOKENIZER} if request.tokenizer is None else set()
    if not request.references:
        codes.add(WarningCode.LEFT_OUT)
    chosen = (item for item in pinned.warnings if item.code in codes)
    # What was taken away on purpose is said anew.
    return tuple(item for item in chosen if not item.message.startswith("left out as if"))


def _fingerprint(count: RecordedCount) -> Digest:
    """Return the fingerprint of what was counted, whoever counted it and whenever."""
    return fingerprint(count.model_dump(mode="json", include=set(TokenCount.model_fields)))


def _source(law: Law) -> LawSource:
    return LawSource(
        id=law.id,
        title=law.title,
        parameters=law.parameters,
        source=law.source,
        fingerprint=fingerprint(law.model_dump(mode="json")),
    )
