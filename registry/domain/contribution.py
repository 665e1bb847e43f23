"""Contributions: documents that people gave, each with consent, a licence and a contributor."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, Self

from pydantic import JsonValue, model_validator

from registry.domain.base import Value
from registry.domain.digest import keyed_digits
from registry.domain.licence import UNKNOWN, recognise
from registry.errors import InputError

CONTRIBUTOR: Final = "contributor"
"""The field of a document's metadata that holds the pseudonym."""

CONSENT: Final = "consent"
"""The column in which a row says yes, unless another is named."""

LICENCE: Final = "license"
"""The field that holds the document's licence, as an expression."""

_YES: Final = frozenset({"yes", "y", "true", "1", "granted"})
_NO: Final = frozenset({"", "no", "n", "false", "0", "none", "null", "unknown", "pending"})


class ContributionColumns(Value):
    """Where a row says who gave it and on which terms."""

    consent: str = CONSENT
    """A row is kept if it says yes here, in so many words."""

    licence: str | None = None
    """None: `license` or `licence`."""

    contributor: str | None = None
    """None: everything comes from one person, who is named."""

    @model_validator(mode="after")
    def _keep_apart(self) -> Self:
        if self.consent in {self.licence, self.contributor}:
            raise InputError(f"column {self.consent!r} cannot hold consent and something else")
        return self


def is_consent(value: JsonValue) -> bool:
    """Whether a value says yes. Anything else does not: nothing, `unknown`, `pending`.

    Example:
        >>> is_consent("Yes"), is_consent(True), is_consent("unknown"), is_consent(None)
        (True, True, False, False)
    """
    if isinstance(value, str):
        return value.strip().lower() in _YES
    return value is True or (isinstance(value, int) and value == 1)


def require_consent(statement: str) -> str:
    """Return what says on which consent everything is given, such as `form of 2026-11-01`.

    Raises:
        InputError: It says nothing, or no.
    """
    stated = statement.strip()
    if stated.lower() in _NO:
        raise InputError(
            f"--consent {statement!r} says that there is none",
            hint="how it was given, such as --consent 'form of 2026-11-01, in the office'",
        )
    return stated


def pseudonym_of(name: str, *, key: bytes) -> str:
    """Return what a contributor is called in the catalog and in documents.

    Without the key nobody can tell whose it is, even by trying all names. Case and the form of
    characters make no difference.

    Example:
        >>> pseudonym_of("Ada@example.org", key=b"k") == pseudonym_of("ada@example.org ", key=b"k")
        True
    """
    plain = unicodedata.normalize("NFC", name.strip()).casefold()
    return f"{CONTRIBUTOR}:{keyed_digits(plain.encode(), key=key)}"


def licence_of(
    row: Mapping[str, JsonValue], columns: ContributionColumns, *, default: str | None
) -> str:
    """Return the licence of a row as an expression; `unknown` where it states none that is known.

    Args:
        row: Its fields.
        columns: Which of them is the licence.
        default: The licence of rows that state none.
    """
    names = (LICENCE, "licence") if columns.licence is None else (columns.licence,)
    stated = next((row[name] for name in names if row.get(name)), None)
    if stated is None:
        return default or UNKNOWN
    return recognise(str(stated)) or UNKNOWN


def meet(licences: Iterable[str]) -> str:
    """Return the licence of documents together: all hold, and one that is unknown makes it so.

    Example:
        >>> meet(["MIT", "CC-BY-4.0 OR CC0-1.0", "MIT"])
        '(CC-BY-4.0 OR CC0-1.0) AND MIT'
        >>> meet(["MIT", "unknown"])
        'unknown'
    """
    distinct = sorted(set(licences))
    if not distinct or UNKNOWN in distinct:
        return UNKNOWN
    if len(distinct) == 1:
        return distinct[0]
    return " AND ".join(f"({one})" if " OR " in one else one for one in distinct)
