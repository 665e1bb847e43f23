"""Is the data enough? Join the supply of versions with the laws into a readiness report."""

from collections.abc import Sequence

from registry.about import __version__
from registry.domain.count import RecordedCount, TokenCount
from registry.domain.digest import Digest, fingerprint
from registry.domain.effective import LicencePolicy
from registry.domain.gate import Gate
from registry.domain.model_target import Target
from registry.domain.names import Reference
from registry.domain.report import (
    LawSource,
    PinnedInput,
    Question,
    Report,
    ReportRequest,
    ReportWarning,
    WarningCode,
)
from registry.domain.synthetic import SyntheticSupply, synthetic_gate
from registry.domain.tokenizer import CountingPolicy, TokenizerIdentity
from registry.errors import InputError
from registry.operations.assessing.assess_targets import assess_target
from registry.operations.assessing.laws import list_laws
from registry.operations.assessing.mixture_supply import find_mixture, mix, use_parts
from registry.operations.assessing.report_warnings import warn_of_near_duplicates, warn_of_targets
from registry.operations.assessing.supply import Supply, gather_supply
from registry.operations.assessing.synthetic_supply import find_synthetic, warn_of_synthetic
from registry.operations.assessing.targets import find_target
from registry.operations.context import Context
from registry.operations.embedding.measured_diversity import list_diversity
from registry.operations.governing.licences import find_policy, licence_gate
from registry.scaling.laws import DEFAULT_LAW, Law, get_law


def report(context: Context, question: Question) -> Report:
    """Say for each target whether the versions hold enough tokens, by every law.

    A report is kept in one transaction. A target that is asked about twice is answered once.

    Raises:
        InputError: Nothing was counted, a size is out of bounds, or targets name different
            tokenizers.
        UnknownError: There is no such version, tokenizer, law, policy or target.
    """
    targets = tuple(dict.fromkeys(find_target(context, item) for item in question.targets))
    if not targets:
        raise InputError("no model size was given", hint="--params 1.3B")
    request = ReportRequest(
        references=tuple(_pin(context, reference) for reference in question.references),
        without=tuple(name for item in question.without for name in _pin_all(context, item)),
        targets=targets,
        tokenizer=_choose_tokenizer(targets, question.tokenizer),
        law=question.law,
        licence_policy=find_policy(question.policy),
    )
    made = make_report(context, request)
    if question.keep:
        made = context.catalog.reports.keep(made, actor=context.actor, at=context.clock())
    return made.model_copy(update={"created_at": None}) if question.reproducible else made


def make_report(
    context: Context, request: ReportRequest, *, pinned: Report | None = None
) -> Report:
    """Answer a request; where a report is given, on the versions, tokenizer and law it stands on.

    Raises:
        See `report`.
    """
    laws = list_laws(context.home)
    law, tokenizer, references = request.law, request.tokenizer, request.references
    if pinned is not None:
        law, tokenizer = pinned.law, pinned.tokenizer.fingerprint
        references = references or tuple(item.reference for item in pinned.inputs)
    chosen = get_law(law or DEFAULT_LAW, among=laws)
    supply = gather_supply(
        context,
        [Reference.parse(text) for text in references],
        tokenizer_fingerprint=_fingerprint_of(context, tokenizer),
        policy=request.licence_policy,
        without=[Reference.parse(text) for text in request.without],
    )
    mixture = find_mixture(context, [Reference.parse(text) for text in references])
    mixed = None if mixture is None else mix(context, mixture, supply)
    synthetic = find_synthetic(context, supply, weights=mixed.weights if mixed else None)
    gates = _find_gates(supply, synthetic, request.licence_policy)
    held = (mixed and mixed.blend) or supply.unique_tokens
    targets = tuple(
        assess_target(target, unique_tokens=held, law=chosen, laws=laws, gates=gates)
        for target in request.targets
    )
    if mixed is not None:
        targets = tuple(
            target.model_copy(update={"mixture": use_parts(target, mixed)}) for target in targets
        )
    facts = context.catalog.tokenizers.get(supply.measure.tokenizer_fingerprint)
    return Report(
        created_at=context.clock(),
        muster_version=__version__,
        request=request,
        tokenizer=TokenizerIdentity(
            name=facts.name, fingerprint=facts.fingerprint, vocab_size=facts.vocab_size
        ),
        policy=_counting_policy(supply),
        law=chosen.id,
        mixture=mixture,
        supply=supply.lines,
        total_tokens=supply.total_tokens,
        unique_tokens=supply.unique_tokens,
        # Near duplicates are not measured yet, so the unique tokens are never known from below.
        unique_is_upper_bound=True,
        duplicate_documents=supply.duplicate_documents,
        diversity=list_diversity(context, [item.version for item in supply.counted]),
        targets=targets,
        gates=gates,
        synthetic=synthetic,
        warnings=(
            *(mixed.warnings if mixed else ()),
            *supply.warnings,
            *warn_of_synthetic(synthetic),
            *_choices(request, pinned),
            *warn_of_targets(targets),
            warn_of_near_duplicates(supply),
        ),
        inputs=(() if mixed is None else (mixed.input,))
        + tuple(
            PinnedInput(
                reference=item.version.reference,
                digest=item.version.digest,
                count=None if item.count is None else _fingerprint(item.count),
            )
            for item in supply.counted
        ),
        laws=tuple(_source(item) for item in laws if item.is_in_panel or item is chosen),
    )


def _pin(context: Context, reference: Reference) -> str:
    """Return a reference by number, so that it means the same for ever."""
    if reference.number is not None:
        return str(reference)
    return context.catalog.versions.get(reference).reference


def _pin_all(context: Context, reference: Reference) -> list[str]:
    """Return the version that is meant; of a dataset without a number, all its versions."""
    if reference.number is None and reference.tag is None and reference.digest is None:
        versions = context.catalog.versions.list_for(reference.dataset)
        return [version.reference for version in versions]
    return [context.catalog.versions.get(reference).reference]


def _choose_tokenizer(targets: Sequence[Target], tokenizer: str | None) -> str | None:
    named = dict.fromkeys(target.tokenizer for target in targets if target.tokenizer is not None)
    if tokenizer is not None:
        named = dict.fromkeys([*named, tokenizer])
    if len(named) > 1:
        raise InputError(
            f"tokens of {' and '.join(named)} are never added or compared",
            hint="make a report for each tokenizer",
        )
    return next(iter(named), None)


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
    supply: Supply, synthetic: SyntheticSupply, policy: LicencePolicy | None
) -> tuple[Gate, ...]:
    if policy is None or not supply.lines:
        return ()
    licences = [supply.licences[line.reference] for line in supply.lines]
    gates = [licence_gate(licences, policy)]
    if policy.synthetic is not None:
        gates.append(synthetic_gate(synthetic, policy.synthetic, name=policy.name))
    return tuple(gates)


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
