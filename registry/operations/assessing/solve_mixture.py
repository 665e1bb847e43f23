"""Find weights for a mixture, and say what a run takes from each part of one."""

import math
from collections.abc import Sequence
from fractions import Fraction

from registry.domain.grouping import list_members
from registry.domain.mixture import BILLION, MixtureMade, PartUse
from registry.domain.mixture_solution import (
    AskedShare,
    GroupShare,
    MixtureSolution,
    MixtureUse,
)
from registry.domain.names import DatasetName, Reference
from registry.domain.version import Version
from registry.errors import InputError
from registry.operations.assessing.mixture_supply import mix
from registry.operations.assessing.quality import with_quality
from registry.operations.assessing.supply import gather_supply
from registry.operations.assessing.uncounted import refuse_uncounted
from registry.operations.context import Context
from registry.operations.mixing.mixtures import make
from registry.scaling.bounds import check_tokens
from registry.scaling.mixing import Share, solve_weights
from registry.scaling.repetition import effective_tokens
from registry.scaling.sufficiency import HARD_EPOCHS

OBJECTIVE = (
    "the fewest tokens lost to repetition: those read less what they are worth; of equals those "
    "nearest to what is held"
)


def solve(
    context: Context,
    references: Sequence[Reference],
    *,
    num_tokens: int,
    floors: Sequence[AskedShare] = (),
    caps: Sequence[AskedShare] = (),
    most_epochs: float = HARD_EPOCHS,
    tokenizer: str | None = None,
    name: DatasetName | None = None,
) -> MixtureSolution:
    """Return the weights over versions that meet floors and caps and lose the least to repetition.

    Args:
        context: The open registry.
        references: Versions that are counted; none: all that a report would take.
        num_tokens: Tokens that the run reads, repetitions included.
        floors: The least that groups are to have. A version of several languages counts for none
            of them, since nobody knows its shares.
        caps: The most that groups are to have. Such a version counts in whole.
        most_epochs: How often a token may be seen at most.
        tokenizer: Whose counts; None: as a report chooses.
        name: The dataset to seal the weights in; None: nothing is written.

    Raises:
        InputError: No weights meet what is asked: what cannot be met together is named. Or a floor
            names a group of no version, or a number is out of bounds.
        UnknownError: There is no such version or tokenizer.
        MissingExtraError: scipy is not installed.
    """
    wanted = None if tokenizer is None else context.catalog.tokenizers.get(tokenizer).fingerprint
    supply = gather_supply(context, references, tokenizer_fingerprint=wanted)
    refuse_uncounted(context, supply)
    held = {line.reference: line.known_tokens for line in supply.lines}
    counted = [item.version for item in supply.counted if item.version.reference in held]
    versions = with_quality(context, counted)
    shares = [_share(asked, versions, is_floor=True) for asked in floors]
    shares += [_share(asked, versions, is_floor=False) for asked in caps]
    found = solve_weights(list(held.values()), num_tokens, shares=shares, most_epochs=most_epochs)
    parts = _use(held, dict(zip(held, found.weights, strict=True)), num_tokens)
    made = None if name is None else _make(context, name, parts)
    return MixtureSolution(
        objective=OBJECTIVE,
        num_tokens=num_tokens,
        most_epochs=most_epochs,
        tokenizer=context.catalog.tokenizers.get(supply.measure.tokenizer_fingerprint).name,
        parts=parts,
        lost_tokens=round(found.lost),
        least_lost_tokens=math.floor(found.least),
        effective_tokens=sum(part.effective_tokens for part in parts),
        shares=_reached(floors, caps, versions, parts),
        made=made,
        warnings=tuple(map(str, supply.warnings)),
    )


def use(
    context: Context, reference: Reference, *, num_tokens: int, tokenizer: str | None = None
) -> MixtureUse:
    """Return what a run of so many tokens takes from each part of a mixture.

    Raises:
        InputError: The version is no mixture, or a part of it is not counted.
        UnknownError: There is no such version or tokenizer.
    """
    check_tokens(num_tokens, what="training tokens", least=1)
    mixture = context.catalog.mixtures.get(reference)
    wanted = None if tokenizer is None else context.catalog.tokenizers.get(tokenizer).fingerprint
    supply = gather_supply(context, [reference], tokenizer_fingerprint=wanted)
    refuse_uncounted(context, supply)
    mixed = mix(context, mixture, supply)
    held = {line.reference: line.known_tokens for line in supply.lines}
    parts = _use(held, mixed.weights, num_tokens)
    return MixtureUse(
        reference=mixed.version.reference,
        num_tokens=num_tokens,
        tokenizer=context.catalog.tokenizers.get(supply.measure.tokenizer_fingerprint).name,
        once_tokens=mixed.blend.once if mixed.blend else 0,
        parts=parts,
        effective_tokens=sum(part.effective_tokens for part in parts),
    )


def _use(held: dict[str, int], weights: dict[str, float], num_tokens: int) -> tuple[PartUse, ...]:
    parts = []
    for name, weight in weights.items():
        unique, read = held[name], weight * num_tokens
        epochs = read / unique if unique else 0.0
        parts.append(
            PartUse(
                reference=name,
                weight=weight,
                unique_tokens=unique,
                num_tokens=round(read),
                epochs=epochs,
                effective_tokens=round(effective_tokens(unique, epochs)) if epochs else 0,
            )
        )
    return tuple(parts)


def _make(context: Context, name: DatasetName, parts: Sequence[PartUse]) -> MixtureMade:
    weights = [
        (Reference.parse(part.reference), Fraction(round(part.weight * BILLION), BILLION))
        for part in parts
        if part.weight
    ]
    return make(context, name, weights)


def _share(asked: AskedShare, versions: Sequence[Version], *, is_floor: bool) -> Share:
    certain, unclear = list_members(versions, asked.by, asked.value)
    if is_floor and not certain:
        several = f"; of several languages, so not certain: {', '.join(unclear)}" if unclear else ""
        raise InputError(
            f"no version belongs to {asked.group}{several}",
            hint="muster list shows languages, kinds and names",
        )
    members = certain if is_floor else {*certain, *unclear}
    places = frozenset(
        place for place, version in enumerate(versions) if version.reference in members
    )
    text = f"{asked.group}={asked.share:g}"
    if is_floor:
        return Share(f"floor {text}", places, low=asked.share)
    return Share(f"cap {text}", places, high=asked.share)


def _reached(
    floors: Sequence[AskedShare],
    caps: Sequence[AskedShare],
    versions: Sequence[Version],
    parts: Sequence[PartUse],
) -> tuple[GroupShare, ...]:
    weights = {part.reference: part.weight for part in parts}
    lows = {asked.group: asked.share for asked in floors}
    highs = {asked.group: asked.share for asked in caps}
    found = []
    for asked in {one.group: one for one in (*floors, *caps)}.values():
        certain, unclear = list_members(versions, asked.by, asked.value)
        found.append(
            GroupShare(
                group=asked.group,
                low=lows.get(asked.group, 0.0),
                high=highs.get(asked.group, 1.0),
                share=math.fsum(weights[one] for one in certain),
                references=tuple(certain),
                unclear=tuple(unclear),
            )
        )
    return tuple(found)
