"""A dataset card: what people state about data, by options or in a file."""

from datetime import UTC, datetime
from typing import Annotated

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from registry.domain.base import Value
from registry.domain.licence import Licence
from registry.domain.names import Reference, parse_tag
from registry.domain.urls import redact_url
from registry.domain.version import DatasetKind
from registry.errors import InputError


def parse_language(text: str) -> str:
    """Return a language tag in its standard BCP 47 form, such as `en` or `zh-Hant`.

    Raises:
        InputError: It is no language tag, or names no language.
    """
    hint = "use a BCP 47 tag such as en, de or zh-Hant; und where it is not known"
    try:
        tag = langcodes.standardize_tag(text)
    except (LanguageTagError, ValueError) as error:
        raise InputError(f"{text!r} is not a language tag", hint=hint) from error
    if not langcodes.tag_is_valid(tag):
        raise InputError(f"{text!r} names no language", hint=hint)
    return str(tag)


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


_Moment = Annotated[datetime, AfterValidator(_in_utc)]
_Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class Card(Value):
    """What somebody states about a version. Every field is optional; unknown fields are refused."""

    kind: DatasetKind | None = None
    description: str | None = None
    licence: str | None = Field(default=None, alias="license")
    """An SPDX expression, a `LicenseRef-` name or `unknown`; `license` in a file."""

    licence_url: str | None = Field(default=None, alias="license_url")
    """Where the licence is stated; `license_url` in a file."""

    language: _Texts = ()
    """BCP 47 tags."""

    tags: _Texts = ()
    owner: str | None = None
    url: str | None = None
    """Where the publisher offers the data."""

    publisher: str | None = None
    retrieved_at: _Moment | None = None
    """When it was fetched; without a time zone it is UTC, and a bare date is its midnight."""

    derived_from: _Texts = ()
    """References of registered versions that the data was made from, outside of muster."""

    rule: str | None = None
    """How it was made from them, in words."""

    model_config = {**Value.model_config, "populate_by_name": True}

    @field_validator("licence")
    @classmethod
    def _parse_licence(cls, value: str | None) -> str | None:
        return None if value is None else Licence.parse(value).expression

    @field_validator("url", "licence_url")
    @classmethod
    def _redact(cls, value: str | None) -> str | None:
        return None if value is None else redact_url(value)

    @field_validator("language")
    @classmethod
    def _parse_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(parse_language(tag) for tag in value))

    @field_validator("tags")
    @classmethod
    def _parse_tags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(parse_tag(tag) for tag in value))

    @field_validator("derived_from")
    @classmethod
    def _parse_references(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(Reference.parse(reference)) for reference in value)

    def over(self, other: "Card") -> "Card":
        """Return this card's statements, and the other's where this one is silent."""
        stated = {name: getattr(self, name) for name in self.model_fields_set}
        return other.model_copy(update=stated)
