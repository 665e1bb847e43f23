"""Licences as SPDX expressions, and what is asserted of them; unknown is a value."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal, Self, TypeAlias

from pydantic import AwareDatetime

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.errors import InputError

UNKNOWN = "unknown"

_MOST_CHARACTERS = 4_000
"""An expression that is longer names more licences than anybody has read."""


class Licence(Value):
    """The licence that somebody states for a version."""

    expression: str
    """An SPDX expression in normal form, or `unknown`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an SPDX expression, a `LicenseRef-` name, an id of the Hub or `unknown`.

        Raises:
            InputError: It does not parse, or names a licence that SPDX does not know.

        Example:
            >>> Licence.parse("mit or apache-2.0").expression
            'MIT OR Apache-2.0'
            >>> Licence.parse("odc-by").expression
            'ODC-By-1.0'
        """
        stripped = text.strip()
        if "@" in stripped or re.fullmatch(r"[\w.-]+/[\w.-]+", stripped):
            raise InputError(
                f"{text!r} is the name of a version, and no SPDX licence expression",
                hint=f"muster licence effective {stripped}",
            )
        if stripped.lower() in {UNKNOWN, "noassertion", ""}:
            return cls(expression=UNKNOWN)
        return cls(expression=_normal_form(_NAME.sub(_from_hub, stripped)))


_NAME = re.compile(r"[A-Za-z0-9.+-]+")


def _from_hub(name: re.Match[str]) -> str:
    """Return what an id of the Hub is called in SPDX; any other name as it is."""
    expression = list_hub_ids().get(name[0].lower(), UNKNOWN)
    return name[0] if expression == UNKNOWN else expression


@dataclass(frozen=True, slots=True)
class Combined:
    """Licences joined: all of them hold (AND), or one may be chosen (OR)."""

    operator: Literal["AND", "OR"]
    parts: tuple["Tree", ...]


Tree: TypeAlias = "str | Combined"
"""An expression taken apart: a single licence, perhaps WITH an exception, or licences joined."""


class Confidence(StrEnum):
    """How well an assertion is founded, from the least to the most."""

    LOW = "low"
    """A guess: from what similar data says, or from hearsay."""

    MEDIUM = "medium"
    """The publisher or a hub says so."""

    HIGH = "high"
    """Somebody read the licence's own text, or an agreement was signed."""


class Basis(StrEnum):
    """Where a version's licence comes from."""

    STATED = "stated"
    """Somebody said so."""

    INHERITED = "inherited"
    """Nobody said so; every input agreed when the version was sealed."""

    UNSTATED = "unstated"
    """Nobody said anything."""


class LicenceStatement(Value):
    """What somebody says of a version's licence, before it is recorded."""

    expression: str
    """SPDX in normal form, or `unknown`."""

    by: str
    """Who says so: a publisher, a hub, an auditor."""

    evidence: str | None = None
    """Where it can be read, without credentials."""

    evidence_digest: Digest | None = None
    """The object that holds a copy of the evidence."""

    confidence: Confidence = Confidence.MEDIUM


class LicenceAssertion(LicenceStatement):
    """A statement as it stands in the catalog; it never changes and never goes."""

    reference: str
    basis: Basis
    at: AwareDatetime
    """When it was recorded."""

    holds: bool
    """Whether it is the one that the version goes by."""

    is_outdated: bool
    """Whether the same one said something newer."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What decides which of several assertions holds."""

    id: int
    """Rises with each assertion, whatever a clock says."""

    by: str
    confidence: Confidence
    basis: Basis


def choose_holding(claims: Sequence[Claim]) -> Claim:
    """Return the claim that a version goes by: of everybody's newest one the best founded.

    Somebody's newer statement replaces his own older one. Of several people's the one of the
    highest confidence holds, of equals the newest. What nobody stated holds only while nobody
    states anything.
    """
    return max(
        list_counting(claims),
        key=lambda claim: (list(Confidence).index(claim.confidence), claim.id),
    )


def list_counting(claims: Iterable[Claim]) -> list[Claim]:
    """Return the newest claim of each speaker; what nobody stated only where nobody spoke."""
    newest: dict[str, Claim] = {}
    unstated: list[Claim] = []
    for claim in sorted(claims, key=lambda claim: claim.id):
        if claim.basis is Basis.STATED:
            newest[claim.by] = claim
        else:
            unstated.append(claim)
    return list(newest.values()) or unstated


@cache
def list_hub_ids() -> dict[str, str]:
    """Return the expression for each licence id of the Hugging Face Hub that SPDX does not know."""
    return dict(_read_names()["hub"])


def recognise(text: str) -> str | None:
    """Return the expression that a licence means as people write it; None: nobody can tell.

    For imports: besides what `Licence.parse` reads, names such as `CC BY 4.0` and `MIT License`,
    and the addresses of Creative Commons, SPDX and choosealicense.com.

    Example:
        >>> recognise("https://creativecommons.org/licenses/by-nc-sa/4.0/")
        'CC-BY-NC-SA-4.0'
    """
    named = _read_names()["spoken"].get(" ".join(text.lower().split()))
    for candidate in (text, named, _from_url(text), *_spellings(text)):
        if candidate is not None:
            try:
                return Licence.parse(candidate).expression
            except InputError:
                continue
    return None


def read_tree(expression: str) -> Tree:
    """Take an expression in normal form apart.

    Example:
        >>> read_tree("MIT OR Apache-2.0").parts
        ('MIT', 'Apache-2.0')
    """
    # A name alone, which most are, needs no parser: the licence list takes 60 ms to load.
    return expression if " " not in expression else _tree(_parse(expression))


def _from_url(text: str) -> str | None:
    match = _ADDRESS.fullmatch(text.strip().lower())
    if match is None:
        return None
    if match["mark"] is not None:
        return "CC0-1.0" if match["mark"] == "zero" else None
    return match["name"] or f"cc-{match['kind']}-{match['version']}"


_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?:"
    r"creativecommons\.org/licenses/(?P<kind>[a-z-]+)/(?P<version>\d\.\d)(?:/.*)?|"
    r"creativecommons\.org/publicdomain/(?P<mark>zero|mark)/1\.0(?:/.*)?|"
    r"(?:choosealicense\.com/licenses|spdx\.org/licenses|opensource\.org/licenses?)/"
    r"(?P<name>[a-z0-9.+-]+?)(?:\.html|\.json)?/?)"
)


def _spellings(text: str) -> list[str]:
    """Return ways to write a spoken name as SPDX does: `Apache License 2.0`, `CC BY 4.0`."""
    words = re.sub(r"[\s_]+", "-", text.strip().lower())
    without = re.sub(r"-?(licen[cs]e|version|international|v(?=\d))-?", "-", words).strip("-")
    shortened = re.sub(r"-+", "-", without)
    return [words, shortened]


@cache
def _read_names() -> dict[str, dict[str, str]]:
    text = (files("registry.domain") / "licence_names.toml").read_text(encoding="utf-8")
    names: dict[str, dict[str, str]] = tomllib.loads(text)
    return names


def _normal_form(text: str) -> str:
    parsed = _parse(text)
    if parsed is None:
        raise InputError(f"{text!r} is not an SPDX licence expression", hint=_HINT)
    return str(parsed.render("{symbol.key}"))


_LEAST_ALIKE = 0.7
"""`GPL3` is as near as this to `GPL-3.0`, and nothing less near is meant."""

_HINT = "use an SPDX expression such as CC-BY-4.0, a LicenseRef-name, or unknown"


def _parse(text: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the library has no types
    # Imported here: the licence list takes 60 ms to load and most commands parse no licence.
    from license_expression import ExpressionError, ExpressionParseError  # noqa: PLC0415

    if len(text) > _MOST_CHARACTERS:
        raise InputError(
            f"a licence expression of {len(text):,} characters is too long: {text[:40]!r}...",
            hint=f"it may have {_MOST_CHARACTERS:,}; name the terms LicenseRef-...",
        )
    licensing = _load_licensing()
    try:
        parsed = licensing.parse(text, strict=True)
    # The library trips over brackets that hold nothing, and over operators behind one.
    except (ExpressionError, ExpressionParseError, IndexError, AssertionError) as error:
        raise InputError(
            f"{text!r} is not an SPDX licence expression: {error}", hint=_HINT
        ) from error
    unknown = [key for key in licensing.unknown_license_keys(parsed) if not _is_reference(key)]
    if unknown:
        raise _not_known(unknown[0], known=licensing.known_symbols)
    return parsed


@cache
def _load_licensing():  # type: ignore[no-untyped-def]  # noqa: ANN202 - the library has no types
    from license_expression import get_spdx_licensing  # noqa: PLC0415 - see above

    return get_spdx_licensing()


def _not_known(key: str, *, known: Iterable[str]) -> InputError:
    from difflib import get_close_matches  # noqa: PLC0415 - only on the way to an error

    folded = {name.lower(): name for name in known}
    folded |= {name: name for name in list_hub_ids()}
    # A licence of one's own is no misspelling: who takes up `Unlicense` gives everything away.
    alike = [name for name in folded if name[:1] == key[:1].lower()]
    nearest = get_close_matches(key.lower(), alike, n=3, cutoff=_LEAST_ALIKE)
    hint = f"did you mean {', '.join(folded[name] for name in nearest)}?" if nearest else _HINT
    return InputError(f"{key!r} is not an SPDX licence", hint=hint)


def _tree(parsed) -> Tree:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the library has no types
    match getattr(parsed, "operator", "").strip():
        case "AND":
            return Combined("AND", tuple(_tree(part) for part in parsed.args))
        case "OR":
            return Combined("OR", tuple(_tree(part) for part in parsed.args))
    return str(parsed.render("{symbol.key}"))


def _is_reference(key: str) -> bool:
    return re.fullmatch(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", key) is not None
