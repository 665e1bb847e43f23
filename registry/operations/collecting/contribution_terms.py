"""Who gave which documents, and what may be done with them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pydantic import JsonValue

from registry.domain.answers import Registration
from registry.domain.contribution import (
    CONSENT,
    CONTRIBUTOR,
    LICENCE,
    ContributionColumns,
    is_consent,
    licence_of,
    pseudonym_of,
    require_consent,
)
from registry.domain.version import Metric
from registry.errors import InputError
from registry.sources import reasons

_PREFIX: Final = "contributions."
_SUFFIX: Final = ".num_documents"
NUM_CONTRIBUTORS: Final = "contributions.num_contributors"


class ContributionCounts:
    """Documents that people gave, by their licence and by who gave them."""

    def __init__(self) -> None:
        self._licences: Counter[str] = Counter()
        self._contributors: Counter[str] = Counter()

    @property
    def licences(self) -> dict[str, int]:
        """How many documents there are of each licence, in order."""
        return dict(sorted(self._licences.items()))

    @property
    def num_contributors(self) -> int:
        """How many people gave them."""
        return len(self._contributors)

    def add(self, rows: Sequence[dict[str, JsonValue]]) -> None:
        """Count the fields of documents that are kept."""
        self._licences.update(str(row[LICENCE]) for row in rows)
        self._contributors.update(str(row[CONTRIBUTOR]) for row in rows)

    def measure(self) -> Iterator[Metric]:
        """Yield what was counted, as it is kept with the version."""
        yield Metric(name=NUM_CONTRIBUTORS, value=self.num_contributors)
        for licence, number in self.licences.items():
            yield Metric(name=f"{_PREFIX}{licence}{_SUFFIX}", value=number)


def list_licences(metrics: Iterable[Metric]) -> list[str] | None:
    """Return the licences of a version of contributions, by its metrics; None: it is none."""
    names = [one.name for one in metrics]
    if NUM_CONTRIBUTORS not in names:
        return None
    return [
        name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
        for name in names
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
    ]


class ContributionTerms:
    """Who gave which documents, on which terms: decided row by row, and counted.

    Args:
        columns: Where a row says so.
        key: Of the pseudonyms.
        contributor: Who gave all of it; None: the rows say so.
        licence: That of rows that state none.
        consent: On what consent those rows are given that have no column for it; None: on none.
    """

    def __init__(
        self,
        columns: ContributionColumns,
        *,
        key: bytes,
        contributor: str | None,
        licence: str | None,
        consent: str | None = None,
    ) -> None:
        self._columns = columns
        named = {columns.licence, columns.contributor}
        if consent is None or columns.consent != CONSENT:
            named.add(columns.consent)
        self._unseen = {name for name in named if name is not None}
        self._seen: set[str] = set()
        self._default = licence
        self._key = key
        self._consent = None if consent is None else require_consent(consent)
        self._everybody = None if contributor is None else self._name(contributor)
        self.counts = ContributionCounts()

    def decide(self, row: dict[str, JsonValue]) -> str | None:
        """Put pseudonym and licence into a row; return why it is not kept, or None."""
        columns = self._columns
        if self._unseen:
            self._seen |= row.keys()
            self._unseen -= row.keys()
        if self._consent is not None and columns.consent not in row:
            row[columns.consent] = self._consent
        elif not is_consent(row.get(columns.consent)):
            return reasons.NO_CONSENT
        who = self._everybody
        if columns.contributor is not None:
            stated = row.pop(columns.contributor, None)
            who = self._name(str(stated)) if isinstance(stated, str | int) else None
        if who is None:
            return reasons.NO_CONTRIBUTOR
        licence = licence_of(row, columns, default=self._default)
        if columns.licence is not None:
            row.pop(columns.licence, None)
        row |= {CONTRIBUTOR: who, LICENCE: licence}
        return None

    def check_columns(self) -> None:
        """Refuse columns that stood in no row: a slip of the pen would change every row's terms.

        Raises:
            InputError: One did not.
        """
        if self._unseen and self._seen:
            names = ", ".join(repr(name) for name in sorted(self._unseen))
            raise InputError(
                f"no row has a column {names}",
                hint=f"beside the text the rows have {', '.join(sorted(self._seen))}",
            )

    def facts(self) -> dict[str, JsonValue]:
        """Return what the run is recorded with; no name is among it."""
        consent: dict[str, JsonValue] = {} if self._consent is None else {"consent": self._consent}
        return {
            "contributor": self._everybody,
            "columns": self._columns.model_dump(mode="json"),
            "license": self._default,
            **consent,
        }

    def tell(self, answer: Registration) -> Registration:
        """Return an answer with what was counted."""
        return answer.model_copy(
            update={
                "licences": self.counts.licences,
                "num_contributors": self.counts.num_contributors,
            }
        )

    def _name(self, name: str) -> str | None:
        return pseudonym_of(name, key=self._key) if name.strip() else None
