"""Evaluation data that a supply is compared with, and what of the supply stands in it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from registry.document_index.totals import UniqueShare
from registry.documents import KEY
from registry.domain.contamination import (
    Comparison,
    ContaminatedLine,
    Contamination,
    EvaluationSet,
    OverlapMethod,
)
from registry.domain.contamination_commands import (
    command_to_list,
    command_to_measure,
    command_to_measure_alike,
)
from registry.domain.digest import Digest
from registry.domain.names import Reference
from registry.domain.quantities import format_count, format_number
from registry.domain.report import ReportWarning, WarningCode
from registry.domain.supply import SupplyLine
from registry.domain.version import Version
from registry.operations.context import Context
from registry.operations.measuring.evaluation_data import find_evaluation
from registry.operations.measuring.measured_overlaps import Overlap, list_overlaps
from registry.operations.measuring.overlaps import read_overlaps
from registry.operations.passes.indexes import read_index_keys

_NAMED = 8
"""Versions that a warning names in its sentence."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a supply is compared with, and the keys of documents that are found so."""

    sets: tuple[EvaluationSet, ...]
    equal: pa.Array
    """Of the documents of evaluation data."""

    overlapping: pa.Array
    """Of those of the supply that share an n-gram, or are equal, where that was measured."""

    comparisons: tuple[Comparison, ...]
    """By what that was measured."""

    missing: tuple[Comparison, ...]
    """What was not measured, of some lines with some evaluation data."""


def compare(
    context: Context, named: Sequence[Reference] | None, *, supply: Mapping[str, Digest | None]
) -> Evaluation:
    """Return what is known of a supply and evaluation data.

    Args:
        context: The open registry.
        named: The versions that are meant; None: the newest one of each active dataset of the kind
            `evaluation`. What stands in the supply itself is not compared with it.
        supply: The references of the supply, with the recipe that was applied while counting.

    Raises:
        InputError: A named version holds no documents.
        UnknownError: There is no such version.
    """
    versions = [one for name, one in find_evaluation(context, named).items() if name not in supply]
    indexed = [_read(context, version) for version in versions]
    sets = tuple(
        EvaluationSet(reference=one.reference, digest=one.digest, num_documents=keys and len(keys))
        for one, keys in zip(versions, indexed, strict=True)
    )
    equal = [keys for keys in indexed if keys is not None]
    overlapping = []
    missing: defaultdict[tuple[str, OverlapMethod], list[str]] = defaultdict(list)
    by_method: defaultdict[tuple[str, OverlapMethod], list[str]] = defaultdict(list)
    listed = list_overlaps(context, list(supply)) if sets else {}
    for name, measured in listed.items():
        for one in sets:
            known = _choose(measured, against=one.digest, recipe=supply[name])
            if known is None:
                missing[name, OverlapMethod()].append(one.reference)
                continue
            by_method[name, known.method].append(one.reference)
            table = read_overlaps(context.store, known.recorded.found)
            overlapping.append(_keys(table))
            equal.append(_keys(table.filter(table.column("is_equal"))))
    return Evaluation(
        sets=sets,
        equal=_join(equal),
        overlapping=_join(overlapping),
        comparisons=_group(by_method, supply),
        missing=_group(missing, supply),
    )


def say_contamination(
    evaluation: Evaluation,
    lines: Sequence[SupplyLine],
    gone: Sequence[tuple[UniqueShare, UniqueShare]],
) -> Contamination:
    """Return what left a supply.

    Args:
        evaluation: What it was compared with.
        lines: The supply.
        gone: Of each line, what equals evaluation data, and what else overlaps with it.
    """
    found = (
        ContaminatedLine(
            reference=line.reference,
            num_equal_documents=equal.num_documents,
            equal_tokens=equal.num_tokens or 0,
            num_overlapping_documents=other.num_documents,
            overlapping_tokens=other.num_tokens or 0,
        )
        for line, (equal, other) in zip(lines, gone, strict=True)
    )
    return Contamination(
        evaluation=evaluation.sets,
        lines=tuple(line for line in found if line.num_documents),
        unmeasured=tuple(
            dict.fromkeys(name for one in evaluation.missing for name in one.references)
        ),
        comparisons=evaluation.comparisons,
        missing=evaluation.missing,
    )


def warn_of_contamination(found: Contamination) -> list[ReportWarning]:
    """Return what to know of evaluation data in the supply; nothing where none is registered."""
    warnings = []
    if found.lines:
        documents = format_number(found.num_documents, "distinct document")
        warnings.append(
            ReportWarning(
                code=WarningCode.CONTAMINATION,
                message=f"{documents}, {format_count(found.num_tokens)} tokens, overlap with "
                "evaluation data and left the supply; a run that reads the version reads them",
                references=tuple(line.reference for line in found.lines),
                hint=command_to_list(found),
            )
        )
    if len(found.methods) > 1:
        warnings.append(_warn_of_methods(found))
    if found.unmeasured:
        unseen = [one.reference for one in found.evaluation if one.num_documents is None]
        equal = f"; nobody indexed {', '.join(unseen)}, so equal ones are not found either"
        warnings.append(
            ReportWarning(
                code=WarningCode.UNMEASURED_CONTAMINATION,
                message="n-grams shared with evaluation data are not measured, so unique tokens "
                "are an upper bound" + (equal if unseen else ""),
                references=found.unmeasured,
                hint=command_to_measure(found),
            )
        )
    return warnings


def _warn_of_methods(found: Contamination) -> ReportWarning:
    said = [
        f"{_name(one.references)} with {_name(one.evaluation)} by {one.method}"
        for one in found.comparisons
    ]
    return ReportWarning(
        code=WarningCode.MIXED_CONTAMINATION,
        message="what left was not found alike everywhere: " + "; ".join(said),
        references=tuple(
            dict.fromkeys(name for one in found.comparisons for name in one.references)
        ),
        hint=command_to_measure_alike(found),
    )


def _name(references: Sequence[str]) -> str:
    more = f" and {len(references) - _NAMED} more" if len(references) > _NAMED else ""
    return ", ".join(references[:_NAMED]) + more


def _choose(
    measured: Sequence[Overlap], *, against: Digest, recipe: Digest | None
) -> Overlap | None:
    """Return what a report goes by of these very texts: the standard method, else the newest."""
    fits = [one for one in measured if (one.against, one.recorded.recipe) == (against, recipe)]
    standard = (one for one in fits if one.method == OverlapMethod())
    return next(standard, next(iter(fits), None))


def _group(
    by_method: Mapping[tuple[str, OverlapMethod], Sequence[str]],
    recipes: Mapping[str, Digest | None],
) -> tuple[Comparison, ...]:
    """Return which versions were compared with the same evaluation data by one method."""
    alike: dict[tuple[OverlapMethod, Digest | None, tuple[str, ...]], list[str]] = {}
    for (name, method), evaluation in by_method.items():
        alike.setdefault((method, recipes[name], tuple(evaluation)), []).append(name)
    return tuple(
        Comparison(
            method=method, recipe=recipe, references=tuple(references), evaluation=evaluation
        )
        for (method, recipe, evaluation), references in alike.items()
    )


def _read(context: Context, version: Version) -> pa.Array | None:
    """Return the keys of a version of evaluation data; None: nobody indexed it.

    A key depends on the text alone: which tokenizer counted does not matter, and a recipe that was
    applied on the fly gives other texts, which are evaluation data as well.
    """
    counts = context.catalog.counts.list_for(Reference.parse(version.reference))
    digests = (version.document_index, *(count.document_index for count in counts))
    named = dict.fromkeys(digest for digest in digests if digest is not None)
    columns = [read_index_keys(context.store, digest) for digest in named]
    return _join(columns).unique() if columns else None


def _keys(table: pa.Table) -> pa.Array:
    return table.column("key").unique()


def _join(keys: Sequence[pa.Array]) -> pa.Array:
    return pa.concat_arrays([pa.array([], KEY), *keys])
