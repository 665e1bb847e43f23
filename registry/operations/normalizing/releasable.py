"""Which rejected rows can be put back, and which of them are chosen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from registry.domain.ledger import Rejected
from registry.domain.names import Reference
from registry.domain.recipe import Recipe
from registry.domain.run import Run
from registry.domain.version import Content, Version
from registry.errors import InputError, UnknownError
from registry.normalization.pipeline import READ
from registry.normalization.steps.decode import Decode
from registry.operations.context import Context
from registry.operations.understanding.quarantines import (
    find_run,
    read_rejected,
    require_reasons,
    source_of,
)

RELEASED_OF = "released_of"
"""The parameter of a release that names the version whose documents are read again."""

NO_TEXT = (READ, Decode.name)
"""Who rejects what never was a text."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Releasable:
    """A version that a recipe made, and what its run rejected."""

    version: Version
    recipe: Recipe
    run: Run
    read_from: str
    """The version whose documents the recipe read."""

    @classmethod
    def find(cls, context: Context, reference: Reference) -> Self:
        """Return what can be released of a version.

        Raises:
            UnknownError: There is no such version.
            InputError: Nothing can.
        """
        version = context.catalog.versions.get(reference)
        _, run = find_run(context, version.reference)
        if run is None or run.quarantine is None:
            raise InputError(
                f"no row was rejected when {version.reference} was made",
                hint="muster quarantine list",
            )
        recipe = version.recipe
        if version.content is not Content.DOCUMENTS or recipe is None or recipe.is_for_tables:
            raise InputError(
                f"{version.reference} was made by no recipe for documents: its rejected rows are "
                "no texts",
                hint=f"muster quarantine export {version.reference} --output rows.jsonl; mend them "
                "and register them",
            )
        read_from = run.parameters.get(RELEASED_OF) or context.catalog.runs.inputs(run.id)[0]
        return cls(version, recipe, run, str(read_from))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows to be put back, and what stays."""

    reasons: Mapping[str, str]
    """Why each was rejected, by its place."""

    released: Mapping[str, int]
    num_bytes: int
    """Of the rows, as they were found."""

    left: tuple[Rejected, ...]

    @property
    def num_left(self) -> int:
        """How many rows stay."""
        return sum(item.num_documents for item in self.left)


def choose(
    context: Context, source: Releasable, reasons: Sequence[str], rows: Sequence[str]
) -> Chosen:
    """Divide what was rejected into what is put back and what stays.

    Raises:
        UnknownError: There is no row of a reason, or at a place.
        InputError: A chosen row is no text.
    """
    chosen: dict[str, str] = {}
    no_text: list[str] = []
    sizes, documents, num_bytes = 0, Counter[str](), Counter[str]()
    wanted, places = set(reasons), set(rows)
    require_reasons(context, source.run, reasons)
    for batch in read_rejected(context, source.run):
        for row in batch.drop_columns("raw").to_pylist():
            place, reason, size = source_of(row), row["reason"], row["num_bytes"]
            if reason not in wanted and place not in places:
                documents[reason] += 1
                num_bytes[reason] += size
            elif row["step"] in NO_TEXT:
                no_text.append(f"{place} ({reason})")
            else:
                chosen[place] = reason
                sizes += size
    _require_texts(source, no_text)
    missing = places - chosen.keys()
    if missing:
        raise UnknownError(
            what="rejected row",
            value=min(missing),
            known=chosen if reasons else (),
            hint=f"muster quarantine {source.version.reference}",
        )
    left = tuple(
        Rejected(reason=reason, num_documents=number, num_bytes=num_bytes[reason])
        for reason, number in sorted(documents.items())
    )
    return Chosen(chosen, Counter(chosen.values()), sizes, left)


def _require_texts(source: Releasable, no_text: Sequence[str]) -> None:
    if no_text:
        more = "" if len(no_text) <= _SHOWN else f" and {len(no_text) - _SHOWN:,} more"
        raise InputError(
            f"{', '.join(no_text[:_SHOWN])}{more}: the reader or {Decode.name} found no text there "
            "that could be put back",
            hint=f"muster quarantine export {source.version.reference} --output rows.jsonl; mend "
            "the file and register it, or let the recipe's decode try a fallback encoding",
        )
