"""What to get next: candidates with their prices, ranked for each target."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal, localcontext
from math import ceil

from registry.domain.acquisition import (
    MOST_TOKENS,
    Acquisition,
    Candidate,
    RankedCandidate,
    Wish,
)
from registry.domain.count import CountMethod
from registry.domain.effective import LicencePolicy
from registry.domain.exchange import CLAIMS
from registry.domain.gate import GateStatus
from registry.domain.money import MICROS, total
from registry.domain.names import Reference
from registry.domain.target import TargetReport
from registry.domain.version import Version, VersionState
from registry.errors import InputError
from registry.operations.assessing.chosen_counts import Measure
from registry.operations.assessing.judging import judge_again, supply_of
from registry.operations.assessing.supply import Supply, gather_supply
from registry.operations.context import Context
from registry.operations.governing.licences import effective_of
from registry.scaling.covering import cheapest_cover
from registry.scaling.repetition import effective_tokens


def find_candidates(
    context: Context,
    wishes: Sequence[Wish],
    supply: Supply,
    *,
    policy: LicencePolicy | None,
) -> tuple[Candidate, ...]:
    """Return what is known of versions that could be got, by reference.

    Raises:
        InputError: One is held already, or prices are in several currencies.
        UnknownError: There is no such version.
    """
    held = {item.version.reference for item in supply.counted}
    stated = {wish.reference: wish.num_tokens for wish in wishes}
    names = sorted(stated)
    for name in names:
        if name in held:
            raise InputError(
                f"{name} is a candidate and held already",
                hint=f"take it away to see what it is worth: --without {name}",
            )
    versions = context.catalog.versions.get_many([Reference.parse(name) for name in names])
    refused = _refused(context, names, policy)
    found = []
    for name in names:
        version = versions[name]
        candidate = _count(context, version, supply, stated=stated[name])
        problem = refused.get(name, ("", ""))
        if version.state is VersionState.WITHDRAWN:
            problem = ("was withdrawn", f"muster show {name}")
        found.append(_price(context, candidate, *problem))
    currencies = total(item.cost for item in found if item.cost is not None)
    if len(currencies) > 1:
        raise InputError(
            f"prices of candidates are in {' and '.join(one.currency for one in currencies)}: "
            "different currencies are never added or compared",
            hint="state the price of each in one currency, or rank them apart",
        )
    return tuple(found)


def rank(target: TargetReport, candidates: Sequence[Candidate]) -> Acquisition:
    """Return what candidates would bring a target, and the cheapest set that makes it enough."""
    usable = [item for item in candidates if item.problem is None]
    priced = [(item, item.cost) for item in usable if item.cost is not None]
    enough = ceil(supply_of(target).unique_for(target.required_tokens[target.law].mid))
    missing = max(0, enough - target.unique_tokens)
    places = cheapest_cover(
        [item.num_tokens or 0 for item, _ in priced], [cost.micros for _, cost in priced], missing
    )
    taken = usable if places is None else [priced[place][0] for place in places]
    sums = total(priced[place][1] for place in places or ())
    return Acquisition(
        target=target.label,
        missing_tokens=missing,
        ranked=tuple(
            sorted((_rank(target, item, enough=enough) for item in usable), key=_by_price)
        ),
        cheapest=None if places is None else tuple(item.reference for item in taken),
        cost=sums[0] if sums else None,
        verdict=judge_again(target, more=sum(item.num_tokens or 0 for item in taken)),
        all_tokens=sum(item.num_tokens or 0 for item in usable),
    )


def _count(context: Context, version: Version, supply: Supply, *, stated: int | None) -> Candidate:
    """Return a candidate with its tokens: as stated, else as counted, else as described."""
    name, measure = version.reference, supply.measure
    candidate = Candidate(reference=name, digest=version.digest, num_tokens=stated)
    if stated is not None:
        return candidate.model_copy(
            update={"method": CountMethod.DECLARED, "said_by": "whoever asked"}
        )
    listed = context.catalog.counts.list_for(Reference.parse(name))
    fitting = [one for one in listed if Measure.of(one) == measure]
    if fitting:
        best = min(reversed(fitting), key=lambda one: list(CountMethod).index(one.method))
        new = best.num_tokens, False
        if best.document_index is not None:
            new = _count_new(context, name, supply)
        return candidate.model_copy(
            update={"num_tokens": new[0], "method": best.method, "is_upper_bound": not new[1]}
        )
    claimed = _claimed(context, name)
    if claimed is not None:
        return candidate.model_copy(
            update={
                "num_tokens": claimed[0],
                "method": CountMethod.DECLARED,
                "said_by": f"{claimed[1]}, of a tokenizer that is not named",
            }
        )
    tokenizer = context.catalog.tokenizers.get(measure.tokenizer_fingerprint).name
    return candidate.model_copy(
        update={
            "problem": f"not counted by {tokenizer}, and nobody declares its tokens",
            "hint": f"muster tokenize {name} --tokenizer {tokenizer}, or --candidate {name}=1.5B",
        }
    )


def _count_new(context: Context, name: str, supply: Supply) -> tuple[int, bool]:
    """Return the tokens of documents that are not held, and whether all were compared."""
    held = [Reference.parse(line.reference) for line in supply.lines]
    joined = gather_supply(
        context,
        # What is held stands first, so that only what is new counts.
        [*held, Reference.parse(name)],
        tokenizer_fingerprint=supply.measure.tokenizer_fingerprint,
        evaluation=[Reference.parse(one.reference) for one in supply.contamination.evaluation],
    )
    line = next(one for one in joined.lines if one.reference == name)
    return line.known_tokens, all(one.num_unique_tokens is not None for one in joined.lines)


def _claimed(context: Context, name: str) -> tuple[int, str] | None:
    """Return the tokens that the newest imported description claims, and who claims them."""
    for run in reversed(context.catalog.imports.claims(Reference.parse(name))):
        claims = run.parameters[CLAIMS]
        for claim in claims if isinstance(claims, list) else ():
            if not isinstance(claim, dict) or claim.get("name") != "declared.num_tokens":
                continue
            value = claim.get("value")
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_TOKENS:
                return value, str(run.parameters["by"])
    return None


def _price(context: Context, candidate: Candidate, problem: str, hint: str) -> Candidate:
    name = candidate.reference
    sums = context.catalog.costs.upstream([Reference.parse(name)]).sums
    # Several entries that come to nothing were taken back; one of nothing says that it is free.
    totals = total(one.amount for one in sums if one.amount.micros or one.num_entries == 1)
    changes: dict[str, object] = {}
    if len(totals) == 1:
        changes["cost"] = totals[0]
    elif candidate.problem is None:
        several = "its price is in several currencies" if totals else "its price is not known"
        changes |= {
            "unpriced": several,
            "hint": f"muster cost show {name}"
            if totals
            else f"muster cost add AMOUNT EUR --kind acquire --version {name}",
        }
    if problem:
        changes |= {"problem": problem, "hint": hint}
    return candidate.model_copy(update=changes)


def _refused(
    context: Context, names: Sequence[str], policy: LicencePolicy | None
) -> dict[str, tuple[str, str]]:
    if policy is None or not names:
        return {}
    found = effective_of(context, names, policy=policy)
    return {
        name: (f"the policy {policy.name} refuses {one.expression}", f"muster licence show {name}")
        for name, one in found.items()
        if one.ruling is not None and one.ruling.status is GateStatus.BLOCK
    }


def _rank(target: TargetReport, candidate: Candidate, *, enough: int) -> RankedCandidate:
    num_tokens, cost = candidate.num_tokens or 0, candidate.cost
    new = min(enough, target.unique_tokens + num_tokens) - min(enough, target.unique_tokens)
    gained = int(new * effective_tokens(1, target.epochs))
    return RankedCandidate(
        reference=candidate.reference,
        gained_tokens=gained,
        cost=cost,
        per_unit=_divide(gained, cost.micros) if cost is not None and cost.micros else None,
        verdict=judge_again(target, more=num_tokens),
    )


def _by_price(one: RankedCandidate) -> tuple[bool, Decimal, int, str]:
    """Return what candidates are sorted by: those without a price last, by what they gain."""
    if one.cost is None:
        return True, Decimal(-one.gained_tokens), 0, one.reference
    gained = Decimal("Infinity") if one.per_unit is None else one.per_unit
    return False, -gained, one.cost.micros, one.reference


def _divide(gained: int, micros: int) -> Decimal:
    with localcontext() as context:
        # Tokens have at most 18 digits, micros 19, and 6 stand behind the point.
        context.prec = 60
        return (Decimal(gained) * MICROS / micros).quantize(Decimal("0.000001"), ROUND_DOWN)
