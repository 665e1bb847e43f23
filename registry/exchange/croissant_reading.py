"""Read Croissant, 1.0 and 1.1, in either spelling of schema.org: what it states of a dataset."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from registry.domain.exchange import Claim, StatedDescription
from registry.errors import InputError
from registry.exchange.stating import (
    UNNAMED,
    as_list,
    as_text,
    as_url,
    read_languages,
    state_licences,
)

_PREFIXES = (
    "https://schema.org/",
    "http://schema.org/",
    "http://mlcommons.org/croissant/RAI/",
    "http://mlcommons.org/croissant/",
    "http://purl.org/dc/terms/",
    "sc:",
    "schema:",
    "cr:",
    "dct:",
)
_READ = frozenset(
    [
        "@context",
        "@type",
        "@id",
        "name",
        "description",
        "license",
        "url",
        "creator",
        "publisher",
        "inLanguage",
        "conformsTo",
        "distribution",
        "recordSet",
    ]
)


def read_croissant(document: Mapping[str, JsonValue]) -> StatedDescription:
    """Return what a Croissant document states.

    Raises:
        InputError: It describes no dataset.
    """
    fields = {_shorten(key): value for key, value in document.items()}
    if not any(str(kind).endswith("Dataset") for kind in as_list(fields.get("@type"))):
        raise InputError(
            "the JSON-LD document describes no dataset: its @type is "
            f"{fields.get('@type')!r}, not sc:Dataset"
        )
    left_out: list[str] = []
    name = _literal(fields.get("name")) or UNNAMED
    people = [_name_of(one) for one in as_list(fields.get("creator"))]
    people += [_name_of(one) for one in as_list(fields.get("publisher"))]
    known = [one for one in people if one]
    by = known[0] if known else f"the Croissant file of {name}"
    url = as_url(_literal(fields.get("url")))
    texts = [_literal(one) or _address(one) for one in as_list(fields.get("license"))]
    return StatedDescription(
        name=name,
        by=by,
        description=_literal(fields.get("description")),
        url=url,
        publisher=", ".join(dict.fromkeys(known)) or None,
        languages=read_languages(map(_literal, as_list(fields.get("inLanguage"))), left_out),
        licences=state_licences([text for text in texts if text], by=by, evidence=url),
        claims=tuple(_claims(fields)),
        left_out=tuple(left_out),
    )


def _claims(fields: Mapping[str, JsonValue]) -> Iterator[Claim]:
    for name, value in fields.items():
        if name not in _READ and value not in (None, "", []):
            yield Claim(name=f"croissant.{name}", value=value)
    for record_set in as_list(fields.get("recordSet")):
        if isinstance(record_set, dict):
            yield from _declared(record_set)
    files = [one for one in as_list(fields.get("distribution")) if isinstance(one, dict)]
    if files:
        yield Claim(name="declared.files", value=[_file(one) for one in files])


def _declared(record_set: dict[str, JsonValue]) -> Iterator[Claim]:
    """Yield the fields and annotations of a record set: row counts and the like."""
    short = {_shorten(key): value for key, value in record_set.items()}
    title = _literal(short.get("name")) or as_text(short.get("@id")) or "records"
    names = [
        _literal(field.get("name")) or as_text(field.get("@id"))
        for field in as_list(short.get("field"))
        if isinstance(field, dict)
    ]
    if names:
        yield Claim(name=f"declared.fields.{title}", value=[name for name in names if name])
    for one in as_list(short.get("annotation")):
        if isinstance(one, dict):
            fields = {_shorten(key): value for key, value in one.items()}
            value = fields.get("value")
            name = _literal(fields.get("name"))
            if name and value is not None:
                words = _literal(fields.get("description"))
                told: JsonValue = value if words is None else {"value": value, "of": words}
                yield Claim(name=f"declared.{name}", value=told)


def _file(one: dict[str, JsonValue]) -> JsonValue:
    short = {_shorten(key): value for key, value in one.items()}
    wanted = ("name", "contentUrl", "contentSize", "encodingFormat", "sha256", "md5", "includes")
    return {key: short[key] for key in wanted if short.get(key) is not None}


def _shorten(key: str) -> str:
    for prefix in _PREFIXES:
        if key.startswith(prefix):
            rest = key.removeprefix(prefix)
            return f"rai:{rest}" if prefix.endswith("RAI/") else rest
    return key


def _literal(value: JsonValue) -> str | None:
    """Return a text, written plainly, as `@value`, or by language."""
    if isinstance(value, dict):
        known = value.get("@value") or value.get("en") or next(iter(value.values()), None)
        return None if isinstance(known, dict | list) or "@id" in value else as_text(known)
    if isinstance(value, list):
        return _literal(value[0]) if value else None
    return as_text(value)


def _address(value: JsonValue) -> str | None:
    if isinstance(value, dict):
        return as_text(value.get("@id")) or as_text(value.get("url")) or _literal(value.get("name"))
    return None


def _name_of(value: JsonValue) -> str | None:
    if isinstance(value, dict):
        short = {_shorten(key): one for key, one in value.items()}
        return _literal(short.get("name")) or as_text(short.get("@id"))
    return as_text(value)
