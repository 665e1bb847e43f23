"""Policies on licences: built-in ones, and anybody's own TOML file.

name = "my-policy"
description = "What it is for."
unknown = "block"          # or "warn": what an unknown answer to a required term means

[require]                  # refused otherwise
train = "yes"

[prefer]                   # warned of otherwise
share_alike = "no"

[synthetic]                # what is asked of text that models wrote; may be left out
unknown = "warn"           # or "block", "pass": what it means where nobody knows
warn_share_above = 0.33

[contamination]            # what is asked of evaluation data in the supply; may be left out
unknown = "block"          # or "warn", "pass": what it means where nobody compared
block_share_above = 0.01

[epochs]                   # and a table for each gate on targets and supply, whose defaults stand
wanted = 8                 # in `registry.domain.sufficiency_policy`
"""

import json
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from registry.domain.base import Value
from registry.domain.effective import LicencePolicy, Ruling, TermFinding
from registry.domain.gate import GateStatus
from registry.domain.sufficiency_policy import SufficiencyPolicy
from registry.domain.terms import Answer, Term, Terms
from registry.errors import InputError, UnknownError, UnreadableError

SUFFIX: Final = ".toml"


def load_policy(name_or_path: str) -> LicencePolicy:
    """Return a built-in policy by its name, or the policy in a file whose name ends in `.toml`.

    Raises:
        UnknownError: It is neither.
        UnreadableError: The file cannot be read.
        InputError: The file holds no policy.
    """
    if name_or_path.endswith(SUFFIX):
        try:
            text = Path(name_or_path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableError(
                path=name_or_path, reason=f"cannot be read as a policy: {error}"
            ) from error
        return parse_policy(text, origin=name_or_path)
    built_in = _built_in_files()
    if name_or_path not in built_in:
        hint = f"built in are {', '.join(built_in)}; a policy file's name ends in {SUFFIX}"
        raise UnknownError(what="policy", value=name_or_path, known=built_in, hint=hint)
    text = built_in[name_or_path].read_text(encoding="utf-8")
    return parse_policy(text, origin=f"built-in policy {name_or_path}")


def list_policies() -> list[LicencePolicy]:
    """Return the built-in policies, by name."""
    return [load_policy(name) for name in _built_in_files()]


def parse_policy(text: str, *, origin: str) -> LicencePolicy:
    """Read a policy.

    Raises:
        InputError: It is not TOML, or a key is missing, unknown or of the wrong form.
    """
    try:
        return LicencePolicy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{origin} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{origin}: {where}: {first['msg']}", hint=_hint(str(first["loc"][0]))
        ) from error


def _hint(place: str) -> str:
    """Return what may stand in a place of a policy file."""
    asked = SufficiencyPolicy.model_fields.get(place)
    if asked is not None:
        return f"[{place}] by default: {_defaults(asked.default)}"
    if place in {"require", "prefer", "unknown"}:
        return (
            f"[require] and [prefer] give terms ({', '.join(Term)}) an answer "
            f"({', '.join(Answer)}); unknown is block or warn"
        )
    return f"a policy file has {', '.join(LicencePolicy.model_fields)}"


def _defaults(asked: Value) -> str:
    fields = asked.model_dump(mode="json").items()
    return ", ".join(f"{key} = {json.dumps(value)}" for key, value in fields)


def rule(terms: Terms, policy: LicencePolicy) -> Ruling:
    """Return what a policy says of terms. Unknown is never taken for the answer it wants."""
    findings = sorted(_find(terms, policy), key=lambda found: -found.status.severity)
    worst = max((found.status for found in findings), key=lambda one: one.severity, default=None)
    return Ruling(policy=policy.name, status=worst or GateStatus.PASS, findings=tuple(findings))


def _find(terms: Terms, policy: LicencePolicy) -> Iterator[TermFinding]:
    for term in Term:
        found = terms[term]
        wanted = policy.require.get(term)
        if wanted is not None and found is not wanted:
            lenient = found is Answer.UNKNOWN and policy.unknown == "warn"
            status = GateStatus.WARN if lenient else GateStatus.BLOCK
            yield TermFinding(term=term, wanted=wanted, found=found, status=status)
            continue
        preferred = policy.prefer.get(term)
        if preferred is not None and found is not preferred:
            yield TermFinding(term=term, wanted=preferred, found=found, status=GateStatus.WARN)


def _built_in_files() -> dict[str, Traversable]:
    folder = files("registry.licensing") / "policies"
    found = {
        file.name.removesuffix(SUFFIX): file
        for file in folder.iterdir()
        if file.name.endswith(SUFFIX)
    }
    return dict(sorted(found.items()))
