"""Is the data enough? Join the supply of versions with the laws into a readiness report."""

from collections.abc import Sequence

from registry.about import __version__
from registry.domain.effective import LicencePolicy
from registry.domain.gate import Gate
from registry.domain.names import Reference
from registry.domain.report import LawSource, PinnedInput, Report, ReportWarning, WarningCode
from registry.domain.target import TargetReport, format_size
from registry.domain.tokenizer import CountingPolicy, TokenizerIdentity
from registry.errors import InputError
from registry.operations.context import Context
from registry.operations.laws import list_laws
from registry.operations.licences import find_policy, licence_gate
from registry.operations.measured_diversity import list_diversity
from registry.operations.supply import Supply, gather_supply
from registry.scaling.laws import DEFAULT_LAW, get_law
from registry.scaling.sufficiency import EPOCHS, assess


def report(
    context: Context,
    references: Sequence[Reference],
    *,
    num_parameters: Sequence[int],
    tokenizer: str | None = None,
    law: str | None = None,
    policy: str | LicencePolicy | None = None,
) -> Report:
    """Say for each model size whether the versions hold enough tokens, by every law.

    Args:
        context: The open registry.
        references: Versions with documents or tokens; none: all that was counted.
        num_parameters: Sizes of the target models, total parameters.
        tokenizer: Whose counts; None: the tokenizer that counted the most versions.
        law: The law that the verdicts go by; None: the default one.
        policy: Asks things of the data whatever its amount, as the name of a built-in policy or the
            path of a file; a gate that is shut makes every verdict BLOCKED.

    Raises:
        InputError: Nothing was counted, or a size is out of bounds.
        UnknownError: There is no such version, tokenizer, law or policy.
    """
    if not num_parameters:
        raise InputError("no model size was given", hint="--params 1.3B")
    laws = list_laws(context.home)
    chosen = get_law(law or DEFAULT_LAW, among=laws)
    wanted = None if tokenizer is None else context.catalog.tokenizers.get(tokenizer).fingerprint
    asked = find_policy(policy)
    supply = gather_supply(context, references, tokenizer_fingerprint=wanted, policy=asked)
    gates = _find_gates(supply, asked)
    targets = tuple(
        assess(
            num_parameters=size,
            unique_tokens=supply.unique_tokens,
            law=chosen,
            laws=laws,
            gates=gates,
        )
        for size in num_parameters
    )
    facts = context.catalog.tokenizers.get(supply.measure.tokenizer_fingerprint)
    counting = {item.count.policy for item in supply.counted if item.count is not None}
    # Tokens are counted without the special tokens around documents; where the policies on those
    # differ, the report names none of them.
    shared = CountingPolicy(parse_special=supply.measure.parse_special)
    counted_by = counting.pop() if len(counting) == 1 else shared
    return Report(
        created_at=context.clock(),
        muster_version=__version__,
        tokenizer=TokenizerIdentity(
            name=facts.name, fingerprint=facts.fingerprint, vocab_size=facts.vocab_size
        ),
        policy=counted_by,
        law=chosen.id,
        supply=supply.lines,
        total_tokens=supply.total_tokens,
        unique_tokens=supply.unique_tokens,
        # Near duplicates are not measured yet, so the unique tokens are never known from below.
        unique_is_upper_bound=True,
        duplicate_documents=supply.duplicate_documents,
        diversity=list_diversity(context, [item.version for item in supply.counted]),
        targets=targets,
        gates=gates,
        warnings=(*supply.warnings, *_target_warnings(targets), _near_duplicates(supply)),
        inputs=tuple(
            PinnedInput(reference=item.version.reference, digest=item.version.digest)
            for item in supply.counted
        ),
        laws=tuple(
            LawSource(id=item.id, title=item.title, parameters=item.parameters, source=item.source)
            for item in laws
            if item.is_in_panel or item is chosen
        ),
    )


def _find_gates(supply: Supply, policy: LicencePolicy | None) -> tuple[Gate, ...]:
    if policy is None:
        return ()
    return (licence_gate([supply.licences[line.reference] for line in supply.lines], policy),)


def _near_duplicates(supply: Supply) -> ReportWarning:
    """Return the warning that unique tokens are known from above only.

    Source:
        Su et al. 2024 (arXiv:2412.02595), table 4: of DCLM's 3.8T tokens 1.0T are left by global
        fuzzy deduplication, of FineWeb-Edu's 1.3T 0.2T.
    """
    return ReportWarning(
        code=WarningCode.UNMEASURED_NEAR_DUPLICATES,
        message="near duplicates are not measured, so unique tokens are an upper bound; "
        "web corpora have lost 74 to 85 % of their tokens to them",
        references=tuple(line.reference for line in supply.lines),
    )


def _target_warnings(targets: Sequence[TargetReport]) -> list[ReportWarning]:
    warnings: list[ReportWarning] = []
    repeated = [t for t in targets if t.epochs_needed is not None and t.epochs_needed > EPOCHS]
    if repeated:
        sizes = ", ".join(format_size(target.num_parameters) for target in repeated)
        warnings.append(
            ReportWarning(
                code=WarningCode.EPOCHS_ABOVE_POLICY,
                message=f"{sizes}: more than {EPOCHS} epochs would be needed; repeated tokens are "
                "then worth clearly less than new ones",
                hint="get more unique data, or train a smaller model",
            )
        )
    infeasible = [target for target in targets if target.epochs_needed is None]
    if infeasible:
        sizes = ", ".join(format_size(target.num_parameters) for target in infeasible)
        warnings.append(
            ReportWarning(
                code=WarningCode.INFEASIBLE,
                message=f"{sizes}: no number of epochs makes up for the missing tokens",
                hint="get more unique data, or train a smaller model",
            )
        )
    extrapolated = [target for target in targets if target.extrapolated]
    if extrapolated:
        sizes = ", ".join(format_size(target.num_parameters) for target in extrapolated)
        warnings.append(
            ReportWarning(
                code=WarningCode.EXTRAPOLATED,
                message=f"{sizes}: outside the range that the law was fitted on",
            )
        )
    return warnings
