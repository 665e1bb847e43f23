"""Names of datasets and tags, and references to versions.

A reference is `space/name` (the newest version), `space/name@3`, `space/name@tag` or
`space/name@sha256:...` (the digest of the manifest, or an unambiguous beginning of it).
"""

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from registry.domain.base import Value
from registry.domain.digest import PREFIX
from registry.errors import InvalidNameError

_PART = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")
_TAG = re.compile(r"[a-z](?:[a-z0-9._-]{0,98}[a-z0-9])?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{6,64}")
_RULE = (
    "it is space/name, each part of lower-case letters, digits, '.', '_' and '-', "
    "beginning and ending with a letter or digit, without '..', at most 100 characters"
)


class DatasetName(Value):
    """The name of a dataset, `space/name`, unique in a registry."""

    space: str
    """The part before the slash: a team, a project or an origin."""

    name: str
    """The part behind the slash."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `space/name`.

        Raises:
            InvalidNameError: It is not one; the hint offers the nearest valid name.
        """
        space, slash, name = text.partition("/")
        if slash and _is_part(space) and _is_part(name):
            return cls(space=space, name=name)
        raise InvalidNameError(what="dataset name", value=text, rule=_RULE, hint=_suggest(text))

    def __str__(self) -> str:
        return f"{self.space}/{self.name}"


class Reference(Value):
    """What a person writes to mean one version."""

    dataset: DatasetName
    number: int | None = None
    """The version's number, when the reference gives one."""

    tag: str | None = None
    """The tag, when the reference gives one."""

    digest: str | None = None
    """The manifest digest or a beginning of it, when the reference gives one."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference in any of its four forms.

        Raises:
            InvalidNameError: It is none of them.

        Example:
            >>> str(Reference.parse("web/cc@3"))
            'web/cc@3'
        """
        name, at, selector = text.partition("@")
        dataset = DatasetName.parse(name)
        if not at:
            return cls(dataset=dataset)
        if re.fullmatch(r"[1-9][0-9]{0,17}", selector):
            return cls(dataset=dataset, number=int(selector))
        if selector.startswith(PREFIX) and _DIGEST.fullmatch(selector):
            return cls(dataset=dataset, digest=selector)
        if _TAG.fullmatch(selector):
            return cls(dataset=dataset, tag=selector)
        raise InvalidNameError(
            what="reference",
            value=text,
            rule="behind '@' stands a version number, a tag or sha256: and 6 to 64 digits",
        )

    def __str__(self) -> str:
        selector = self.digest or self.tag or self.number
        return str(self.dataset) if selector is None else f"{self.dataset}@{selector}"


def parse_tag(text: str) -> str:
    """Return the text if it can be a tag: lower-case, beginning with a letter.

    Raises:
        InvalidNameError: It cannot.
    """
    if _TAG.fullmatch(text) and ".." not in text:
        return text
    raise InvalidNameError(
        what="tag",
        value=text,
        rule="a letter, then lower-case letters, digits, '.', '_' and '-'",
        hint=_suggest_part(text),
    )


def parse_space(text: str) -> str:
    """Return the text if it can be the part of a dataset's name before the slash.

    Raises:
        InvalidNameError: It cannot.
    """
    if _is_part(text):
        return text
    raise InvalidNameError(what="space", value=text, rule=_RULE, hint=_suggest_part(text))


def reference_to(dataset: DatasetName | str, number: int) -> str:
    """Return the canonical reference of a version: `space/name@number`."""
    return f"{dataset}@{number}"


def derived_name(dataset: DatasetName, suffix: str) -> DatasetName:
    """Return the default name of what a run makes from a dataset: `space/name.suffix`."""
    return DatasetName.parse(f"{dataset}.{_slug(suffix)}")


def _is_part(text: str) -> bool:
    return _PART.fullmatch(text) is not None and ".." not in text


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _suggest(text: str) -> str | None:
    parts = [_slug(part) for part in text.split("/") if _slug(part)]
    if not parts:
        return None
    return f"try {parts[-2] if len(parts) > 1 else 'my'}/{parts[-1]}"


def _suggest_part(text: str) -> str | None:
    slug = _slug(text).lstrip("0123456789-")
    return f"try {slug}" if slug else None


def _read_name(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever it was given
    return DatasetName.parse(value) if isinstance(value, str) else value


DatasetNameField = Annotated[
    DatasetName,
    BeforeValidator(_read_name),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""A dataset name that stands as `space/name` in JSON."""
