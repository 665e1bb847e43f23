"""Gather what the versions of a report hold: counts of one tokenizer, unique tokens, doubts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from registry.document_index.totals import NOTHING, UniqueShare
from registry.domain.contamination import Contamination
from registry.domain.count import RecordedCount
from registry.domain.digest import Digest
from registry.domain.effective import EffectiveLicence, LicencePolicy
from registry.domain.names import Reference
from registry.domain.report import ReportWarning, WarningCode
from registry.domain.supply import SupplyLine
from registry.domain.version import Version
from registry.operations.assessing.chosen_counts import Measure, choose_counts
from registry.operations.assessing.evaluation import (
    Evaluation,
    compare,
    say_contamination,
    warn_of_contamination,
)
from registry.operations.assessing.near_supply import NearSupply, find_near_duplicates
from registry.operations.assessing.supply_warnings import Counted, warn_of_supply
from registry.operations.context import Context
from registry.operations.governing.licences import effective_of
from registry.operations.passes.indexes import add_up_indexes


@dataclass(frozen=True, slots=True)
class Supply:
    """What the versions hold together, in the stated order."""

    measure: Measure
    counted: tuple[Counted, ...]
    licences: Mapping[str, EffectiveLicence]
    """What applies to each version, by reference."""

    lines: tuple[SupplyLine, ...]
    total_tokens: int
    unique_tokens: int
    duplicate_documents: int | None
    contamination: Contamination
    near: NearSupply
    warnings: tuple[ReportWarning, ...]
    mixtures: tuple[str, ...] = ()
    """The mixtures among the versions that were asked for, by reference."""


def gather_supply(
    context: Context,
    references: Sequence[Reference],
    *,
    tokenizer_fingerprint: Digest | None,
    policy: LicencePolicy | None = None,
    without: Sequence[Reference] = (),
    evaluation: Sequence[Reference] | None = None,
) -> Supply:
    """Return the supply of some versions, or of everything that was counted.

    Args:
        context: The open registry.
        references: Versions with documents, tokens or embeddings, or mixtures of such, whose
            weights do not matter here. None: the newest version of each
            active dataset that was counted, evaluation data left out, and of a version and what
            was normalized from it the latter.
        tokenizer_fingerprint: Whose counts; None: the tokenizer that counted the most versions, of
            equals the one that counted last.
        policy: Chooses between the alternatives that licences leave.
        without: Versions that are left out with all that was made from them.
        evaluation: Evaluation data whose documents are no supply; None: all that is registered.

    Raises:
        InputError: Nothing was counted, or evaluation data holds no documents.
        UnknownError: There is no such version.
    """
    chosen = choose_counts(context, references, tokenizer_fingerprint=tokenizer_fingerprint)
    counted, taken = _leave_out(context, chosen.counted, without)
    licences = effective_of(context, [item.version.reference for item in counted], policy=policy)
    held = {one.version.reference: one.count.recipe for one in counted if one.count is not None}
    compared = compare(context, evaluation, supply=held)
    supply = _add_up(context, counted, chosen.measure, licences, compared)
    return replace(
        supply,
        mixtures=chosen.mixtures,
        warnings=(
            *chosen.of_tokenizer,
            *warn_of_supply(context, counted, licences),
            *chosen.left_out,
            *taken,
            *warn_of_contamination(supply.contamination),
        ),
    )


def _leave_out(
    context: Context, counted: tuple[Counted, ...], without: Sequence[Reference]
) -> tuple[tuple[Counted, ...], tuple[ReportWarning, ...]]:
    """Return what is left without some versions and all that was made from them."""
    held = {item.version.reference for item in counted}
    gone: dict[str, set[str]] = {}
    for reference in without:
        made = context.catalog.lineage.downstream(reference).nodes
        gone[str(reference)] = held & {node.reference for node in made}
    warnings = []
    taken = set().union(*gone.values())
    if taken:
        names = ", ".join(name for name, found in gone.items() if found)
        warnings.append(
            ReportWarning(
                code=WarningCode.LEFT_OUT,
                message=f"left out as if {names} could not be used",
                references=tuple(
                    one.version.reference for one in counted if one.version.reference in taken
                ),
            )
        )
    idle = [name for name, found in gone.items() if not found]
    if idle:
        message = f"left out as if {', '.join(idle)} could not be used: nothing held is made of it"
        warnings.append(ReportWarning(code=WarningCode.LEFT_OUT, message=message))
    left = tuple(item for item in counted if item.version.reference not in taken)
    return left, tuple(warnings)


def _add_up(
    context: Context,
    counted: tuple[Counted, ...],
    measure: Measure,
    licences: Mapping[str, EffectiveLicence],
    evaluation: Evaluation,
) -> Supply:
    known = [(item.version, item.count) for item in counted if item.count is not None]
    digests = [count.document_index for _, count in known]
    near = find_near_duplicates(
        context,
        [count for _, count in known],
        gone=pa.concat_arrays([evaluation.equal, evaluation.overlapping]),
    )
    totals = add_up_indexes(
        context.store,
        [digest for digest in digests if digest is not None],
        removed=[evaluation.equal, evaluation.overlapping, near.keys],
    )
    found = iter(zip(totals.shares, *totals.removed, strict=True))
    shares = [_Shares() if digest is None else _Shares(*next(found)) for digest in digests]
    lines = tuple(
        _line(
            version,
            count,
            share,
            licence=licences[version.reference].expression,
            is_near_known=signatures is not None,
        )
        for (version, count), share, signatures in zip(
            known, shares, near.signatures or [None] * len(known), strict=True
        )
    )
    return Supply(
        measure=measure,
        counted=counted,
        licences=licences,
        lines=lines,
        total_tokens=sum(count.num_tokens for _, count in known),
        unique_tokens=sum(line.known_tokens for line in lines),
        duplicate_documents=_count_duplicates(known, shares),
        near=near,
        contamination=say_contamination(
            evaluation, lines, [(share.equal, share.overlapping) for share in shares]
        ),
        warnings=(),
    )


@dataclass(frozen=True, slots=True)
class _Shares:
    """The distinct documents of a version that no earlier one holds, by what becomes of them."""

    kept: UniqueShare | None = None
    """None: they were not measured."""

    equal: UniqueShare = NOTHING
    overlapping: UniqueShare = NOTHING
    near: UniqueShare = NOTHING

    @property
    def num_documents(self) -> int:
        """All of them."""
        kept = self.kept or NOTHING
        return sum(one.num_documents for one in (kept, self.equal, self.overlapping, self.near))


def _count_duplicates(
    known: Sequence[tuple[Version, RecordedCount]], shares: Sequence[_Shares]
) -> int | None:
    """Return how many documents are exact copies of others; None: not measured everywhere."""
    if any(share.kept is None for share in shares):
        return None
    distinct = sum(share.num_documents for share in shares)
    return sum(count.num_documents for _, count in known) - distinct


def _line(
    version: Version,
    count: RecordedCount,
    shares: _Shares,
    *,
    licence: str,
    is_near_known: bool,
) -> SupplyLine:
    return SupplyLine(
        reference=version.reference,
        licence=licence,
        kind=version.kind,
        num_documents=count.num_documents,
        num_bytes=count.num_bytes,
        num_tokens=count.num_tokens,
        num_tokens_low=count.num_tokens_low,
        num_tokens_high=count.num_tokens_high,
        num_unique_tokens=None if shares.kept is None else shares.kept.num_tokens,
        # What is near to a document elsewhere may stand, word for word, in an unmeasured version.
        num_near_duplicate_tokens=shares.near.num_tokens or (0 if is_near_known else None),
        num_contaminated_tokens=(shares.equal.num_tokens or 0)
        + (shares.overlapping.num_tokens or 0),
        method=count.method,
        recipe=count.recipe,
    )
