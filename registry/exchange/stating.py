"""What the readers of all formats share: texts, licences and languages as documents write them."""

import re
from collections.abc import Iterable
from functools import cache

from pydantic import JsonValue

from registry.domain.card import parse_language
from registry.domain.exchange import StatedLicence
from registry.domain.licence import UNKNOWN, recognise
from registry.domain.urls import redact_url
from registry.errors import InputError

UNNAMED = "unnamed"
"""What a dataset is called whose document has no name for it."""

_MOST_CHARACTERS = 100_000
"""Of one text. Longer ones are cut, and a reader says so."""

_MOST_SHOWN = 60
"""Characters of a value that a message shows."""

_UNSPECIFIED = "LicenseRef-unspecified"
_URL = re.compile(r"https?://\S+")


def as_text(value: JsonValue) -> str | None:
    """Return a text, a number as text, or None for what is neither or empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip()[:_MOST_CHARACTERS] or None


def as_list(value: JsonValue) -> list[JsonValue]:
    """Return a list as it is, nothing as no values, anything else as the one value."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_count(value: JsonValue, key: str, left_out: list[str]) -> int | None:
    """Return how many there are of something; what is no whole number from 0 is noted."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        left_out.append(f"{key}: {_show(value)} is no count")
        return None
    return value


def note_wrong_type(value: JsonValue, key: str, left_out: list[str], *, wanted: str) -> None:
    """Note a value that is there and in a type that nothing can be read from."""
    left_out.append(f"{key}: {_show(value)} is no {wanted}")


def _show(value: JsonValue) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def as_url(value: JsonValue) -> str | None:
    """Return a web address without credentials; None for anything else."""
    text = as_text(value)
    return redact_url(text) if text and _URL.fullmatch(text) else None


def state_licence(text: str, *, by: str, evidence: str | None = None) -> StatedLicence:
    """Return a licence as stated; what nobody can tell becomes a `LicenseRef-` of its own.

    Example:
        >>> state_licence("Our own terms", by="us").expression
        'LicenseRef-our-own-terms'
    """
    expression = recognise(text) or f"LicenseRef-{_slug(text) or 'unnamed'}"
    return StatedLicence(text=text, expression=expression, by=by, evidence=evidence)


def state_licences(
    texts: Iterable[str], *, by: str, evidence: str | None = None
) -> tuple[StatedLicence, ...]:
    """Return the licences of one dataset as one statement: what is listed holds together.

    Of several statements by one speaker the newest would count alone.

    Example:
        >>> state_licences(["cc-by-nc-4.0", "mit"], by="us")[0].expression
        'CC-BY-NC-4.0 AND MIT'
    """
    stated = [state_licence(text, by=by, evidence=evidence) for text in texts]
    if len(stated) < 2:
        return tuple(stated)
    return (
        StatedLicence(
            text="; ".join(one.text for one in stated),
            expression=join_expressions(one.expression for one in stated),
            by=by,
            evidence=evidence,
        ),
    )


def join_expressions(expressions: Iterable[str]) -> str:
    """Return the licences that all hold; one that nobody knows is a part of its own."""
    parts = [*dict.fromkeys(expressions)]
    known = [part for part in parts if part != UNKNOWN]
    if not known:
        return UNKNOWN
    if len(known) < len(parts):
        known.append(_UNSPECIFIED)
    joined = " AND ".join(f"({part})" if " OR " in part else part for part in known)
    return recognise(joined) or joined


def read_languages(
    values: Iterable[JsonValue], left_out: list[str], *, named: bool = False
) -> tuple[str, ...]:
    """Return BCP 47 tags; what is none is noted.

    Args:
        values: Tags, or, where `named`, names of languages in English.
        left_out: Where a value that is no language is noted.
        named: Whether names are looked up too.
    """
    found: dict[str, None] = {}
    for value in values:
        text = as_text(value)
        if text is None:
            note_wrong_type(value, "language", left_out, wanted="text")
            continue
        try:
            found[parse_language(_find_tag(text) if named else text)] = None
        except InputError:
            left_out.append(f"language {text!r}: names none")
    return tuple(found)


def _find_tag(name: str) -> str:
    return _list_names().get(name.lower(), name)


@cache
def _list_names() -> dict[str, str]:
    """Return the tag of each language that the IANA registry names in English, in lower case."""
    # Imported here: names of languages are only looked up for documents that write them out.
    from langcodes.registry_parser import parse_registry  # noqa: PLC0415

    return {
        name.lower(): entry["Subtag"]
        for entry in parse_registry()  # type: ignore[no-untyped-call]  # its library leaves this module untyped
        if entry["Type"] == "language" and "Subtag" in entry
        for name in entry["Description"]
    }


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.").lower()[:80]
