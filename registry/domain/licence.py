"""Licences as SPDX expressions; unknown is a value."""

import re
from typing import Self

from registry.domain.base import Value
from registry.errors import InputError

UNKNOWN = "unknown"


class Licence(Value):
    """The licence that somebody states for a version."""

    expression: str
    """An SPDX expression in normal form, or `unknown`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an SPDX expression, a `LicenseRef-` name or `unknown`, and put it in normal form.

        Raises:
            InputError: It does not parse, or names a licence that SPDX does not know.

        Example:
            >>> Licence.parse("mit or apache-2.0").expression
            'MIT OR Apache-2.0'
        """
        if text.strip().lower() in {UNKNOWN, "noassertion", ""}:
            return cls(expression=UNKNOWN)
        return cls(expression=_normal_form(text.strip()))


def _normal_form(text: str) -> str:
    # Imported here: the licence list takes 60 ms to load and most commands parse no licence.
    from license_expression import ExpressionError, ExpressionParseError, get_spdx_licensing  # noqa: PLC0415

    hint = "use an SPDX expression such as CC-BY-4.0, a LicenseRef-name, or unknown"
    licensing = get_spdx_licensing()
    try:
        parsed = licensing.parse(text)
    except (ExpressionError, ExpressionParseError) as error:
        raise InputError(
            f"{text!r} is not an SPDX licence expression: {error}", hint=hint
        ) from error
    known = licensing.known_symbols
    unknown = [key for key in licensing.unknown_license_keys(parsed) if not _is_reference(key)]
    if unknown:
        from difflib import get_close_matches  # noqa: PLC0415 - only on the way to an error

        folded = {key.lower(): key for key in known}
        nearest = get_close_matches(unknown[0].lower(), list(folded), n=3, cutoff=0.6)
        if nearest:
            hint = "did you mean " + ", ".join(folded[key] for key in nearest) + "?"
        raise InputError(f"{unknown[0]!r} is not an SPDX licence", hint=hint)
    return str(parsed.render("{symbol.key}"))


def _is_reference(key: str) -> bool:
    return re.fullmatch(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", key) is not None
