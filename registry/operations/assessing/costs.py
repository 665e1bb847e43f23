"""What data cost: entries of the ledger, and what they come to for each document and token."""

from collections.abc import Sequence

from registry.domain.cost import (
    CostDraft,
    CostEntry,
    CostKind,
    CostList,
    CostReport,
    CostSubject,
    SubjectKind,
    UnitCost,
)
from registry.domain.money import Money, total
from registry.domain.names import Reference
from registry.domain.tokenizer import CountingPolicy
from registry.domain.version import Content, Version
from registry.errors import InputError
from registry.operations.assessing.supply import Supply, gather_supply
from registry.operations.context import Context
from registry.scaling.repetition import effective_tokens
from registry.scaling.sufficiency import EPOCHS

ALLOCATION = (
    "An entry counts once and in whole for the versions that are asked about, whatever else was "
    "made from what it paid for; costs of reports on other versions do not add up with these."
)
"""How the cost of what several versions share is counted."""

_OF_MIXTURES = "The tokens of a mixture are those of its parts as they are held, without weights."

BYTE_MONTH = "byte-month"
"""The unit of storage: a byte that is kept for a month."""

_TOKENS = 1_000_000
"""Tokens whose cost is told: that of one is too small to read."""


def add(
    context: Context, draft: CostDraft, subject: CostSubject, *, months: int | None = None
) -> CostEntry:
    """Append a cost to the ledger. Doing it again adds another entry.

    Args:
        context: The open registry.
        draft: What it cost.
        subject: The version, run or source that it was for.
        months: For storage of a version: how long; the quantity becomes bytes times months.

    Raises:
        InputError: The amount is negative, or months are given for anything else.
        UnknownError: There is no such version, run or source.
    """
    if months is not None:
        number = _byte_months(context, draft, subject, months=months)
        draft = draft.model_copy(update={"quantity": number, "unit": BYTE_MONTH})
    return context.catalog.costs.add(
        draft, subject=subject, actor=context.actor, at=context.clock()
    )


def reverse(context: Context, entry_id: int, *, note: str) -> CostEntry:
    """Take an entry back by its opposite; both stay in the ledger."""
    return context.catalog.costs.reverse(
        entry_id, note=note, actor=context.actor, at=context.clock()
    )


def show(context: Context, reference: Reference) -> CostList:
    """Return the entries of a version, of the runs that made it and of its sources."""
    version = context.catalog.versions.get(reference)
    entries = tuple(context.catalog.costs.list_for(Reference.parse(version.reference)))
    return CostList(
        reference=version.reference,
        entries=entries,
        totals=total(entry.amount for entry in entries),
    )


def report(
    context: Context,
    references: Sequence[Reference],
    *,
    tokenizer: str | None = None,
    epochs: float | None = None,
) -> CostReport:
    """Say what versions cost with everything they were made from, for each document and token.

    Args:
        context: The open registry.
        references: The versions, at least one; what several of them share counts once.
        tokenizer: Whose tokens; None: the tokenizer that counted the most of the versions.
        epochs: How often a token is seen, for effective tokens; None: as often as reports want.

    Raises:
        InputError: No version was named, or the number of epochs is out of bounds.
        UnknownError: There is no such version or tokenizer.
    """
    if not references:
        raise InputError("no version was named", hint="muster cost report space/name")
    versions = {
        version.reference: version for version in map(context.catalog.versions.get, references)
    }
    exact = [Reference.parse(name) for name in versions]
    found = context.catalog.costs.upstream(exact)
    totals = total(item.amount for item in found.sums)
    supply = _find_supply(context, list(versions.values()), tokenizer)
    uncounted = tuple(versions) if supply is None else _list_uncounted(supply)
    units = _per_document(totals, list(versions.values()))
    if supply is not None and not uncounted:
        units += _per_token(context, totals, supply, epochs=epochs or EPOCHS)
    return CostReport(
        references=tuple(versions),
        num_versions=found.num_versions,
        num_versions_without_cost=found.num_versions_without_cost,
        num_entries=sum(item.num_entries for item in found.sums),
        sums=found.sums,
        totals=totals,
        units=tuple(units),
        uncounted=uncounted,
        allocation=f"{ALLOCATION} {_OF_MIXTURES}" if supply and supply.mixtures else ALLOCATION,
    )


def _byte_months(context: Context, draft: CostDraft, subject: CostSubject, *, months: int) -> int:
    if draft.kind is not CostKind.STORAGE or subject.kind is not SubjectKind.VERSION:
        raise InputError(
            "months are of the storage of a version", hint="--kind storage --version REF --months 3"
        )
    return context.catalog.versions.get(Reference.parse(subject.name)).num_bytes * months


def _find_supply(
    context: Context, versions: Sequence[Version], tokenizer: str | None
) -> Supply | None:
    """Return what was counted of versions; None: nothing was, and nobody asked for it."""
    wanted = None if tokenizer is None else context.catalog.tokenizers.get(tokenizer).fingerprint
    references = [Reference.parse(version.reference) for version in versions]
    if wanted is None and not any(version.content is Content.TOKENS for version in versions):
        counts = context.catalog.counts.list_many(_list_counted(context, versions))
        if not any(counts.values()):
            return None
    return gather_supply(context, references, tokenizer_fingerprint=wanted)


def _list_counted(context: Context, versions: Sequence[Version]) -> list[Reference]:
    """Return the versions that counts are of: of a mixture its parts."""
    names: list[str] = []
    for version in versions:
        is_mixture = version.content is Content.MIXTURE
        reference = Reference.parse(version.reference)
        names += context.catalog.lineage.parents(reference) if is_mixture else [version.reference]
    return [Reference.parse(name) for name in dict.fromkeys(names)]


def _list_uncounted(supply: Supply) -> tuple[str, ...]:
    return tuple(item.version.reference for item in supply.counted if item.count is None)


def _per_document(totals: Sequence[Money], versions: Sequence[Version]) -> list[UnitCost]:
    number = sum(version.num_documents for version in versions)
    return [UnitCost.of(money, number, unit="document", per=1) for money in totals if number]


def _per_token(
    context: Context, totals: Sequence[Money], supply: Supply, *, epochs: float
) -> list[UnitCost]:
    policies = {item.count.policy for item in supply.counted if item.count is not None}
    shared = CountingPolicy(parse_special=supply.measure.parse_special)
    fingerprint = supply.measure.tokenizer_fingerprint
    numbers = {"kept token": supply.total_tokens}
    # An upper bound of unique tokens would make a token look cheaper than it is.
    if all(line.num_unique_tokens is not None for line in supply.lines):
        numbers["unique token"] = supply.unique_tokens
        worth = round(effective_tokens(supply.unique_tokens, epochs))
        numbers[f"effective token, {epochs:g} epochs"] = worth
    return [
        UnitCost.of(
            money,
            number,
            unit=unit,
            per=_TOKENS,
            tokenizer=context.catalog.tokenizers.get(fingerprint).name,
            fingerprint=fingerprint,
            policy=policies.copy().pop() if len(policies) == 1 else shared,
        )
        for unit, number in numbers.items()
        for money in totals
        if number
    ]
