"""What to train with a budget of compute and the data that is held."""

import math
import re
from collections.abc import Sequence

from registry.domain.names import Reference
from registry.domain.report_answers import PlannedRun, TrainingPlan
from registry.errors import InputError
from registry.operations.assessing.laws import list_laws
from registry.operations.assessing.supply import gather_supply
from registry.operations.assessing.uncounted import refuse_uncounted
from registry.operations.context import Context
from registry.scaling.allocation import allocate
from registry.scaling.bounds import check_flops, check_positive
from registry.scaling.constrained import CONSTRAINED_LAW, constrained_allocation
from registry.scaling.cost import UTILISATION, get_device
from registry.scaling.laws import DEFAULT_LAW, Law, get_law
from registry.scaling.repetition import effective_tokens
from registry.scaling.requirement import counted, optimal_parameters
from registry.scaling.sufficiency import DEFAULTS, EPOCHS

_HOURS = re.compile(r"(?P<hours>[0-9][0-9_]*(?:\.[0-9]+)?)\s*[x*]\s*(?P<device>\S+)")
_SECONDS = 3600


def plan(
    context: Context,
    references: Sequence[Reference],
    *,
    flops: float | None = None,
    device_hours: str | None = None,
    utilisation: float = UTILISATION,
    tokenizer: str | None = None,
    law: str | None = None,
    epochs: int = EPOCHS,
) -> TrainingPlan:
    """Say what to train with a budget of compute on what versions hold. Nothing is written.

    Args:
        context: The open registry.
        references: Versions with documents or tokens; none: all that was counted.
        flops: Training FLOPs; either these or device hours.
        device_hours: Hours and device, such as `50000xH100`.
        utilisation: The share of the device's peak that the run reaches.
        tokenizer: Whose counts; None: that which counted the most versions.
        law: The law that the plan goes by; None: the default one.
        epochs: How often a token is wanted to be seen at most.

    Raises:
        InputError: Nothing was counted, or the budget is none.
        UnknownError: There is no such version, tokenizer, law or device.
    """
    budget, text = _read_budget(flops, device_hours, utilisation=utilisation)
    check_positive(epochs, what="a number of epochs")
    laws = list_laws(context.home)
    chosen = get_law(law or DEFAULT_LAW, among=laws)
    wanted = None if tokenizer is None else context.catalog.tokenizers.get(tokenizer).fingerprint
    supply = gather_supply(context, references, tokenizer_fingerprint=wanted)
    refuse_uncounted(context, supply)
    unique = supply.unique_tokens
    asked = [item for item in laws if item.is_in_panel and (item.votes or item.id == chosen.id)]
    if chosen not in asked:
        asked.append(chosen)
    runs = [_run(item, budget, unique=unique, epochs=epochs) for item in asked]
    mine = next(run for run in runs if run.law == chosen.id)
    return TrainingPlan(
        flops=budget,
        budget=text,
        law=chosen.id,
        tokenizer=context.catalog.tokenizers.get(supply.measure.tokenizer_fingerprint).name,
        unique_tokens=unique,
        epochs=epochs,
        runs=tuple(runs),
        is_data_limited=not mine.is_within_policy,
        within_policy=_within(mine, chosen, unique=unique, epochs=epochs),
        missing_tokens=0 if mine.is_within_policy else _missing(mine, unique=unique, epochs=epochs),
        on_repeated=_on_repeated(budget, unique=unique, epochs=epochs),
        warnings=tuple(map(str, supply.warnings)),
    )


def _read_budget(
    flops: float | None, device_hours: str | None, *, utilisation: float
) -> tuple[float, str]:
    if (flops is None) == (device_hours is None):
        raise InputError(
            "a plan needs either FLOPs or device hours",
            hint="muster plan --compute 1e22, or --gpu-hours 50000xH100",
        )
    check_positive(utilisation, what="a utilisation", most=1)
    if device_hours is None:
        return check_flops(flops or 0.0), f"{flops:.3g} FLOPs"
    match = _HOURS.fullmatch(device_hours.strip())
    if match is None:
        raise InputError(
            f"{device_hours!r} is not a number of device hours", hint="write it as 50000xH100"
        )
    device, hours = get_device(match["device"]), float(match["hours"])
    found = check_flops(hours * _SECONDS * device.peak_flops * utilisation)
    return found, f"{hours:,g} hours of {device.title} at {utilisation:.0%} of its peak"


def _run(law: Law, flops: float, *, unique: int, epochs: int) -> PlannedRun:
    best = allocate(flops, law=law)
    return _planned(law.id, best.num_parameters / counted(law, 1), best.num_tokens, unique, epochs)


def _within(run: PlannedRun, law: Law, *, unique: int, epochs: int) -> PlannedRun:
    """Return the run itself, or the largest model that the repeated tokens feed."""
    if run.is_within_policy or not unique:
        return run
    worth = effective_tokens(unique, epochs)
    return _planned(law.id, optimal_parameters(worth, law=law).mid, unique * epochs, unique, epochs)


def _missing(run: PlannedRun, *, unique: int, epochs: int) -> int:
    return max(0, math.ceil(run.num_tokens / effective_tokens(1, epochs) - unique))


def _on_repeated(flops: float, *, unique: int, epochs: int) -> PlannedRun | None:
    if not unique:
        return None
    best = constrained_allocation(flops, unique)
    if best.num_tokens > DEFAULTS.epochs.worthless_above * unique:
        return None
    return _planned(CONSTRAINED_LAW, best.num_parameters, best.num_tokens, unique, epochs)


def _planned(
    law: str, num_parameters: float, num_tokens: float, unique: int, epochs: int
) -> PlannedRun:
    seen = num_tokens / unique if unique else None
    return PlannedRun(
        law=law,
        num_parameters=max(1, round(num_parameters)),
        num_tokens=round(num_tokens),
        num_epochs=seen,
        flops=6 * num_parameters * num_tokens,
        is_within_policy=seen is not None and seen <= epochs * (1 + 1e-9),
    )
