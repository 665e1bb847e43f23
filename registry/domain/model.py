"""Models: what writes, rewrites or judges text, and what it was trained on."""

import re
from typing import Self

from pydantic import AwareDatetime

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.licence import UNKNOWN
from registry.domain.terms import Terms
from registry.errors import InvalidNameError

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,198}[A-Za-z0-9])?")
_REVISION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:+-]{0,98}[A-Za-z0-9])?")
_RULE = (
    "it is NAME@REVISION: letters, digits, '.', '_', '-' and in the name '/'; the revision is a "
    "commit, a tag or a date, since a name alone comes to mean other weights"
)

PREFIX = "model:"
"""What stands before a model in a path among versions."""


class ModelReference(Value):
    """What a person writes to mean one model: `name@revision`."""

    name: str
    revision: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name@revision`.

        Raises:
            InvalidNameError: It is not one.

        Example:
            >>> str(ModelReference.parse("org/small-1b@2026-11-01"))
            'org/small-1b@2026-11-01'
        """
        name, at, revision = text.rpartition("@")
        if at and _NAME.fullmatch(name) and _REVISION.fullmatch(revision):
            return cls(name=name, revision=revision)
        hint = f"{text}@REVISION" if _NAME.fullmatch(text) else None
        raise InvalidNameError(what="model", value=text, rule=_RULE, hint=hint)

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}"


class ModelDraft(Value):
    """What somebody states of a model. It is stated once: another state is another revision."""

    reference: ModelReference
    weights_digest: Digest | None = None
    """The digest of its weights; None: not known, as with models behind an API."""

    output_licence: str = UNKNOWN
    """What may be done with its output, as an expression; `unknown` where terms are given."""

    output_terms: Terms | None = None
    """What may be done with its output, term by term; None: as the expression says."""

    terms_url: str | None = None
    """Where that can be read, without credentials."""

    trained_on: tuple[str, ...] = ()
    """References of the versions that it was trained on; none: not known."""


class Model(Value):
    """A model as it stands in the catalog."""

    name: str
    revision: str
    weights_digest: Digest | None
    output_licence: str
    output_terms: Terms | None
    terms_url: str | None
    trained_on: tuple[str, ...]
    """Canonical references, in the order stated."""

    num_generated: int
    """Versions that it wrote, rewrote or translated."""

    actor: str
    added_at: AwareDatetime

    @property
    def reference(self) -> str:
        """The model as `name@revision`."""
        return f"{self.name}@{self.revision}"


class AddedModel(Value):
    """The answer of `model add`."""

    status: str
    """`created`, or `unchanged` where the same is stated already."""

    model: Model


class ModelDescription(Value):
    """The answer of `model show`: a model with what it wrote."""

    model: Model
    generated: tuple[str, ...]
    """References of the versions that it wrote, rewrote or translated, oldest first."""

    judged: tuple[str, ...]
    """References of the versions whose documents it chose, oldest first."""


def name_output(reference: str) -> str:
    """Return the name under which the terms of a model's output stand among licences.

    Example:
        >>> name_output("org/small-1b@v2")
        'LicenseRef-output-of-org-small-1b-v2'
    """
    return f"LicenseRef-output-of-{re.sub(r'[^A-Za-z0-9.]+', '-', reference)}"
