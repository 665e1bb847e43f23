"""A mixture in a report: its weights over what its parts hold."""

from dataclasses import dataclass

from registry.domain.mixture import Mixture, PartUse
from registry.domain.names import Reference
from registry.domain.report import PinnedInput, ReportWarning, WarningCode
from registry.domain.target import TargetReport
from registry.domain.version import Content, Version
from registry.errors import InputError
from registry.operations.assessing.supply import Supply
from registry.operations.context import Context
from registry.scaling.blend import Blend
from registry.scaling.repetition import effective_tokens


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mixture over what its parts hold."""

    version: Version
    mixture: Mixture
    weights: dict[str, float]
    """By the reference of a supply line; they add up to 1. Empty: every part was left out."""

    blend: Blend | None
    """None: every part was left out."""

    is_scaled: bool
    """Whether parts were left out, and the weights of the others scaled up."""

    @property
    def input(self) -> PinnedInput:
        """What a report is pinned to."""
        return PinnedInput(reference=self.version.reference, digest=self.version.digest)

    @property
    def warnings(self) -> list[ReportWarning]:
        """What to know of it beside what is to be known of its parts."""
        found = []
        if self.is_scaled:
            left = "the weights of the parts that are left were scaled up to one"
            found.append((WarningCode.WEIGHTS, left, "make a mixture without what was left out"))
        return [
            ReportWarning(
                code=code, message=message, references=(self.version.reference,), hint=hint
            )
            for code, message, hint in found
        ]


def find_mixture(context: Context, supply: Supply, *, num_asked: int) -> Mixture | None:
    """Return the mixture that is asked about; None: there is none among the versions.

    Raises:
        InputError: There is a mixture, and something beside it.
    """
    if not supply.mixtures:
        return None
    name = supply.mixtures[0]
    if num_asked > 1:
        raise InputError(
            f"{name} is a mixture: its weights say nothing of other versions",
            hint=f"report on it alone: muster report {name}",
        )
    return context.catalog.mixtures.get(Reference.parse(name))


def mix(context: Context, mixture: Mixture, supply: Supply) -> Mixed:
    """Return a mixture's weights over what its parts hold.

    Raises:
        InputError: A part was not counted by the report's tokenizer, or has no unique tokens.
    """
    version = context.catalog.versions.get(Reference.parse(mixture.reference or ""))
    lines = {line.reference: line for line in supply.lines}
    shares: dict[str, int] = {}
    for part in mixture.parts:
        name = _documents_of(context, part.reference)
        if name in lines:
            shares[name] = shares.get(name, 0) + part.weight
    total = sum(shares.values())
    weights = {name: weight / total for name, weight in shares.items()}
    unique = {name: lines[name].known_tokens for name in weights}
    for name, tokens in unique.items():
        if not tokens:
            raise InputError(
                f"{name} has a weight in {version.reference} and no token that is not in another "
                "part or in evaluation data",
                hint="make a mixture without it",
            )
    return Mixed(
        version=version,
        mixture=mixture,
        weights=weights,
        blend=Blend(tuple(unique.values()), tuple(weights.values())) if weights else None,
        is_scaled=len(weights) < len(mixture.parts),
    )


def use_parts(target: TargetReport, mixed: Mixed) -> tuple[PartUse, ...]:
    """Return what a run that reads the required tokens takes from each part."""
    if mixed.blend is None:
        return ()
    need, blend = target.required_tokens[target.law].mid, mixed.blend
    return tuple(
        PartUse(
            reference=name,
            weight=weight,
            unique_tokens=unique,
            num_tokens=round(weight * need),
            epochs=epochs,
            effective_tokens=round(effective_tokens(unique, epochs)) if epochs else 0,
        )
        for (name, weight), unique, epochs in zip(
            mixed.weights.items(), blend.unique, blend.epochs_of(need), strict=True
        )
    )


def _documents_of(context: Context, reference: str) -> str:
    """Return the version whose documents a part stands for: of token shards the counted one."""
    version = context.catalog.versions.get(Reference.parse(reference))
    if version.content is Content.DOCUMENTS:
        return version.reference
    return context.catalog.lineage.parents(Reference.parse(reference))[0]
