"""A dataset card: what people state about data, by options or in a file."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, field_validator

from registry.domain.base import Value
from registry.domain.digest import Digest, parse_digest
from registry.domain.generation import GenerationDraft, Role
from registry.domain.licence import Licence
from registry.domain.model import ModelReference
from registry.domain.names import Reference, parse_tag
from registry.domain.urls import read_location
from registry.domain.version import DatasetKind
from registry.errors import InputError


def parse_language(text: str) -> str:
    """Return a language tag in its standard BCP 47 form, such as `en` or `zh-Hant`.

    Raises:
        InputError: It is no language tag, or names no language.
    """
    # Its tables take as long to load as a small command does.
    import langcodes  # noqa: PLC0415
    from langcodes.tag_parser import LanguageTagError  # noqa: PLC0415

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


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time: without a zone it is UTC, and a bare date is its midnight."""


def read_moment(text: str, *, what: str) -> datetime:
    """Read a date or a time as somebody types it; without a zone it is UTC.

    Raises:
        InputError: It is none.

    Example:
        >>> read_moment("2026-12-20", what="deadline").isoformat()
        '2026-12-20T00:00:00+00:00'
    """
    try:
        return _in_utc(datetime.fromisoformat(text.strip()))
    except ValueError as error:
        raise InputError(
            f"{what} {text!r} is no date", hint="write it as 2026-12-20 or 2026-12-20T17:00+01:00"
        ) from error


_FARTHEST_ZONE = timedelta(hours=14)
"""How far local time may be ahead of UTC."""


def require_past(retrieved_at: datetime | None, *, now: datetime) -> None:
    """Refuse a time of retrieval that lies ahead; today's date is none of it in any time zone.

    Raises:
        InputError: It does.
    """
    if retrieved_at is not None and retrieved_at > now + _FARTHEST_ZONE:
        raise InputError(
            f"{retrieved_at:%Y-%m-%d %H:%M} UTC lies ahead: nothing was retrieved then",
            hint=f"it is {now:%Y-%m-%d %H:%M} UTC here",
        )


def _read_digest(value: object) -> object:
    return parse_digest(value) if isinstance(value, str) else value


_Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


def _parse_part(text: str) -> tuple[str, int]:
    """Return reference and number of `REF=DOCUMENTS`."""
    reference, equals, number = text.rpartition("=")
    if not equals or not number.isdecimal():
        raise InputError(
            f"{text!r} does not say how many documents were taken", hint="web/cc@3=8000"
        )
    return str(Reference.parse(reference)), int(number)


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
    retrieved_at: Moment | None = None
    """When it was fetched; without a time zone it is UTC, and a bare date is its midnight."""

    derived_from: _Texts = ()
    """References of registered versions that the data was made from, outside of muster."""

    rule: str | None = None
    """How it was made from them, in words."""

    take: _Texts = ()
    """How many documents were taken from each, as `REF=DOCUMENTS`, unchanged; all together they are
    the documents that are registered."""

    generated_by: str | None = None
    """The model that wrote the documents, `name@revision`, or `people`."""

    role: Role | None = None
    """What the model did; it wrote them unless something else is stated."""

    prompt_digest: Annotated[Digest, BeforeValidator(_read_digest)] | None = None
    """The digest of the prompt or of its template."""

    prompt_file: str | None = None
    """A file with the prompt or its template, which is kept; its digest is the prompt's."""

    sampling: dict[str, JsonValue] = {}
    """The parameters of sampling, such as temperature and seed."""

    model_config = {**Value.model_config, "populate_by_name": True}

    @field_validator("licence")
    @classmethod
    def _parse_licence(cls, value: str | None) -> str | None:
        return None if value is None else Licence.parse(value).expression

    @field_validator("url", "licence_url")
    @classmethod
    def _read_location(cls, value: str | None) -> str | None:
        return None if value is None else read_location(value)

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

    @field_validator("take")
    @classmethod
    def _parse_parts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple("=".join(map(str, _parse_part(text))) for text in value)

    @property
    def parents(self) -> tuple[str, ...]:
        """The versions that the data was made from, those that documents were taken from too."""
        return tuple(dict.fromkeys((*self.derived_from, *(name for name, _ in self.parts))))

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """How many documents were taken from each version."""
        return tuple(_parse_part(text) for text in self.take)

    def generation(self) -> GenerationDraft | None:
        """Return who wrote the documents; None: nobody says so.

        Raises:
            InputError: A prompt, sampling or role without a model, or people with one of them; or a
                prompt that is stated twice.
        """
        if self.prompt_digest and self.prompt_file:
            raise InputError("--prompt-file has its own digest: leave out --prompt-digest")
        details = {
            "--role": self.role,
            "--prompt-digest": self.prompt_digest,
            "--prompt-file": self.prompt_file,
            "--sampling": self.sampling,
        }
        given = [name for name, value in details.items() if value]
        if self.generated_by in {None, Role.PEOPLE.value}:
            if given:
                raise InputError(
                    f"{', '.join(given)} says how a model wrote the documents, and none is named",
                    hint="--generated-by NAME@REVISION",
                )
            return None if self.generated_by is None else GenerationDraft(role=Role.PEOPLE)
        return GenerationDraft(
            role=self.role or Role.GENERATOR,
            model=ModelReference.parse(self.generated_by or ""),
            prompt_digest=self.prompt_digest,
            sampling=self.sampling,
        )

    def over(self, other: "Card") -> "Card":
        """Return this card's statements, and the other's where this one is silent."""
        stated = {name: getattr(self, name) for name in self.model_fields_set}
        return other.model_copy(update=stated)
