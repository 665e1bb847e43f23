"""What the reader of a report has to know of its versions before acting on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from registry.domain.count import CountMethod, RecordedCount
from registry.domain.effective import EffectiveLicence
from registry.domain.licence import UNKNOWN
from registry.domain.names import Reference
from registry.domain.report import ReportWarning, WarningCode
from registry.domain.version import DatasetKind, Version
from registry.operations.context import Context

MOST_UNKNOWN = 0.01
"""The share of unknown tokens above which a report warns."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A version with the count that the report goes by; None where it was not counted so."""

    version: Version
    count: RecordedCount | None


def warn_of_supply(
    context: Context, counted: Sequence[Counted], licences: Mapping[str, EffectiveLicence]
) -> list[ReportWarning]:
    """Return what the reader has to know of the versions in a report, one warning a kind."""
    known = [item for item in counted if item.count is not None]
    ancestry = context.catalog.lineage.ancestry(
        [Reference.parse(item.version.reference) for item in known]
    )
    tainted, originals = ancestry.made_from_withdrawn(), ancestry.originals()
    groups = [
        (
            WarningCode.UNKNOWN_LICENCE,
            [item for item in known if _unstated(licences[item.version.reference])],
            "nobody has said what may be done with these bytes, or with what they were made from",
            f"muster licence add {_first_unstated(licences.values())} LICENCE",
        ),
        (
            WarningCode.EVALUATION,
            [item for item in known if item.version.kind is DatasetKind.EVALUATION],
            "is evaluation data: a model that is trained on it can no longer be measured by it",
            "leave it out of the report",
        ),
        (
            WarningCode.UNMEASURED_EXACT_DUPLICATES,
            [item for item in known if item.count and item.count.document_index is None],
            "exact duplicates were not measured, so its tokens are an upper bound",
            "muster tokenize {reference} --tokenizer NAME",
        ),
        (
            WarningCode.SAMPLED_COUNT,
            [item for item in known if item.count and item.count.method is CountMethod.SAMPLED],
            "the count is an estimate from a sample",
            "muster tokenize {reference} --tokenizer NAME",
        ),
        (
            WarningCode.DECLARED_COUNT,
            [item for item in known if item.count and item.count.method is CountMethod.DECLARED],
            "the count is what a card claims",
            "muster tokenize {reference} --tokenizer NAME",
        ),
        (
            WarningCode.NOT_NORMALIZED,
            [
                item
                for item in known
                if item.count and item.version.recipe is None and item.count.recipe is None
            ],
            "counted as it was registered, without a recipe",
            "muster normalize {reference} --recipe {recipe}",
        ),
        (
            WarningCode.WITHDRAWN_UPSTREAM,
            [item for item in known if item.version.reference in tainted],
            "was made from a version that was withdrawn",
            "muster lineage {reference}",
        ),
        (
            WarningCode.UNKNOWN_TOKENS,
            [item for item in known if item.count and _unknown_rate(item.count) > MOST_UNKNOWN],
            f"more than {MOST_UNKNOWN:.0%} of its tokens are the unknown one, which is no text",
            "take another tokenizer: muster report --tokenizer NAME",
        ),
        (
            WarningCode.OVERLAP,
            [item for item in known if item.version.reference in originals],
            "another version of this report was normalized from it: its documents count twice",
            "leave one of them out",
        ),
    ]
    return [
        ReportWarning(
            code=code,
            message=message,
            references=tuple(item.version.reference for item in items),
            hint=hint.format(
                reference=items[0].version.reference, recipe=items[0].version.kind.usual_recipe
            ),
        )
        for code, items, message, hint in groups
        if items
    ]


def _unstated(found: EffectiveLicence) -> bool:
    return any(part.licence == UNKNOWN for part in found.parts)


def _first_unstated(found: Iterable[EffectiveLicence]) -> str:
    """Return the version that a licence has to be stated of; empty: there is none."""
    parts = (part for one in found for part in one.parts if part.licence == UNKNOWN)
    return next((part.nearest for part in parts), "")


def _unknown_rate(count: RecordedCount) -> float:
    return count.num_unknown_tokens / count.num_tokens if count.num_tokens else 0.0
