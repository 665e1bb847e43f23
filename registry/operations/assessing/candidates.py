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
from registry.domain.money import MICROS, Money, total
from registry.domain.names import Reference
from registry.domain.target import TargetReport, Verdict
from registry.domain.version import Version, VersionState
from registry.errors import InputError
from registry.operations.assessing.chosen_counts import Measure
from registry.operations.assessing.judging import judge_again
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
    known = [
        (item.reference, item.num_tokens or 0, item.cost)
        for item in candidates
        if item.problem is None and item.cost is not None
    ]
    need = target.required_tokens[target.law].mid
    enough = ceil(need / effective_tokens(1, target.epochs))
    missing = max(0, enough - target.unique_tokens)
    ranked = sorted(
        (_rank(target, *item, enough=enough) for item in known),
        key=lambda one: (
            -(Decimal("Infinity") if one.per_unit is None else one.per_unit),
            one.cost.micros,
            one.reference,
        ),
    )
    places = cheapest_cover(
        [tokens for _, tokens, _ in known], [cost.micros for _, _, cost in known], missing
    )
    taken = known if places is None else [known[place] for place in places]
    sums = total(cost for _, _, cost in taken)
    return Acquisition(
        target=target.label,
        missing_tokens=missing,
        ranked=tuple(ranked),
        cheapest=None if places is None else tuple(name for name, _, _ in taken),
        cost=sums[0] if sums and places is not None else None,
        verdict=_with(target, sum(tokens for _, tokens, _ in taken)),
        all_tokens=sum(tokens for _, tokens, _ in known),
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
        unpriced = "its price is in several currencies" if totals else "its price is not known"
        changes |= {
            "problem": unpriced,
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


def _rank(
    target: TargetReport, reference: str, num_tokens: int, cost: Money, *, enough: int
) -> RankedCandidate:
    new = min(enough, target.unique_tokens + num_tokens) - min(enough, target.unique_tokens)
    gained = int(new * effective_tokens(1, target.epochs))
    return RankedCandidate(
        reference=reference,
        gained_tokens=gained,
        cost=cost,
        per_unit=_divide(gained, cost.micros) if cost.micros else None,
        verdict=_with(target, num_tokens),
    )


def _divide(gained: int, micros: int) -> Decimal:
    with localcontext() as context:
        # Tokens have at most 18 digits, micros 19, and 6 stand behind the point.
        context.prec = 60
        return (Decimal(gained) * MICROS / micros).quantize(Decimal("0.000001"), ROUND_DOWN)


def _with(target: TargetReport, num_tokens: int) -> Verdict:
    """Return the verdict with more unique tokens, by tokens alone."""
    held = target.model_copy(update={"unique_tokens": target.unique_tokens + num_tokens})
    return judge_again(held)
