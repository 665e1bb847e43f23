"""What the reader of a report has to know beside its numbers."""

from collections.abc import Sequence

from registry.domain.count import RecordedCount
from registry.domain.near_duplicates import SignatureMethod
from registry.domain.report import ReportWarning, WarningCode
from registry.domain.target import TargetReport
from registry.operations.assessing.supply import Supply

_SOME = "of these versions, among them and with the others, "
_NAMED = 8
"""Versions that a command to paste names."""


def warn_of_near_duplicates(supply: Supply) -> list[ReportWarning]:
    """Return the warning that unique tokens are known from above only; none: they are known.

    Source:
        Su et al. 2024 (arXiv:2412.02595), table 4: of DCLM's 3.8T tokens 1.0T are left by global
        fuzzy deduplication, of FineWeb-Edu's 1.3T 0.2T.
    """
    missing = supply.near.unmeasured
    if not missing:
        return []
    return [
        ReportWarning(
            code=WarningCode.UNMEASURED_NEAR_DUPLICATES,
            message=f"near duplicates {_SOME if supply.near.found else ''}are not measured, so "
            "unique tokens are an upper bound; web corpora have lost 74 to 85 % of their tokens "
            "to them",
            references=tuple(one.reference for one in missing),
            hint=_command_to_measure(missing, supply.near.method or SignatureMethod()),
        )
    ]


def _command_to_measure(missing: Sequence[RecordedCount], method: SignatureMethod) -> str | None:
    """Return the command that measures versions as the others were; None: it could not."""
    # Without the index of a count nobody can say what a duplicate costs.
    names = [one.reference for one in missing if one.document_index is not None]
    if not names:
        return None
    words = ["muster measure near-duplicates", *names[:_NAMED]]
    words += ["REF..."] if len(names) > _NAMED else []
    words += ["--recipe NAME"] if any(one.recipe for one in missing) else []
    usual = SignatureMethod()
    for option in ("words", "bands", "rows"):
        value = getattr(method, option)
        if value != getattr(usual, option):
            words.append(f"--{option} {value}")
    return " ".join(words)


def warn_of_targets(targets: Sequence[TargetReport]) -> list[ReportWarning]:
    """Return one warning a kind, which names the targets."""
    warnings: list[ReportWarning] = []
    repeated = _cautioned(targets, "epochs")
    if repeated:
        sizes = ", ".join(target.label for target in repeated)
        most = min(target.epochs for target in repeated)
        warnings.append(
            ReportWarning(
                code=WarningCode.EPOCHS_ABOVE_POLICY,
                message=f"{sizes}: more than {most} epochs would be needed; repeated tokens are "
                "then worth clearly less than new ones",
                hint="get more unique data, or train a smaller model",
            )
        )
    infeasible = _cautioned(targets, "infeasible")
    if infeasible:
        sizes = ", ".join(target.label for target in infeasible)
        warnings.append(
            ReportWarning(
                code=WarningCode.INFEASIBLE,
                message=f"{sizes}: no number of epochs makes up for the missing tokens",
                hint="get more unique data, or train a smaller model",
            )
        )
    extrapolated = _cautioned(targets, "extrapolated")
    if extrapolated:
        sizes = ", ".join(target.label for target in extrapolated)
        warnings.append(
            ReportWarning(
                code=WarningCode.EXTRAPOLATED,
                message=f"{sizes}: outside the range that the law was fitted on",
            )
        )
    return warnings


def _cautioned(targets: Sequence[TargetReport], gate: str) -> list[TargetReport]:
    """Return the targets of which a gate says something; a policy may let it be silent."""
    return [
        target
        for target in targets
        if any(one.name == gate for one in (*target.gates, *target.warnings))
    ]
