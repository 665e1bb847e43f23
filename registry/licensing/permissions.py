"""What single licences permit and ask for, read from `permissions.toml`."""

import tomllib
from functools import cache
from importlib.resources import files

from registry.domain.base import Value
from registry.domain.terms import Term, Terms


class LicenceFamily(Value):
    """Licences whose texts say the same of every term."""

    name: str
    source: str
    """The texts and their sections."""

    licences: tuple[str, ...]
    """Ids of SPDX, and `LicenseRef-` names."""

    terms: Terms


_UNLISTED = Terms()


@cache
def load_families() -> tuple[LicenceFamily, ...]:
    """Return all families, in the order of the file."""
    text = (files("registry.licensing") / "permissions.toml").read_text(encoding="utf-8")
    fields = {term.value for term in Term}
    return tuple(
        LicenceFamily.model_validate(
            {name: value for name, value in table.items() if name not in fields}
            | {"terms": {name: value for name, value in table.items() if name in fields}}
        )
        for table in tomllib.loads(text)["family"]
    )


def find_family(licence: str) -> LicenceFamily | None:
    """Return the family of a single licence; None: nobody has read it, and all is unknown.

    An exception behind WITH only adds permissions, so the licence before it answers.
    """
    return _by_licence().get(licence.partition(" WITH ")[0])


def terms_of(licence: str) -> Terms:
    """Return the terms of a single licence."""
    family = find_family(licence)
    return _UNLISTED if family is None else family.terms


@cache
def _by_licence() -> dict[str, LicenceFamily]:
    return {licence: family for family in load_families() for licence in family.licences}
