"""Read Croissant, 1.0 and 1.1, in either spelling of schema.org: what it states of a dataset."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from registry.domain.exchange import Claim, StatedDescription
from registry.domain.generation import Role
from registry.errors import InputError
from registry.exchange.naming import UNSTATED, describe_by_name
from registry.exchange.stating import (
    UNNAMED,
    as_count,
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
_COUNTS = frozenset(["num_documents", "num_tokens", "num_bytes"])
"""Annotations that hold a whole number."""

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
    stated = [*as_list(fields.get("creator")), *as_list(fields.get("publisher"))]
    people = [_name_of(one) for one in stated if not _is_unstated(one)]
    known = [one for one in people if one]
    by = known[0] if known else f"the Croissant file of {name}"
    url = as_url(_literal(fields.get("url")))
    texts = [_literal(one) or _address(one) for one in as_list(fields.get("license"))]
    return StatedDescription(
        name=name,
        by=by,
        description=_description(fields, name),
        url=url,
        publisher=", ".join(dict.fromkeys(known)) or None,
        languages=read_languages(map(_literal, as_list(fields.get("inLanguage"))), left_out),
        licences=state_licences([text for text in texts if text], by=by, evidence=url),
        claims=tuple(_claims(fields, left_out)),
        left_out=tuple(left_out),
    )


def _claims(fields: Mapping[str, JsonValue], left_out: list[str]) -> Iterator[Claim]:
    for name, value in fields.items():
        if name not in _READ and value not in (None, "", []):
            yield Claim(name=f"croissant.{name}", value=value)
    models = list(dict.fromkeys(_list_models(fields.get("prov:wasGeneratedBy"))))
    if models:
        yield Claim(name="generated_by", value=[*models])
    for record_set in as_list(fields.get("recordSet")):
        if isinstance(record_set, dict):
            yield from _declared(record_set, left_out)
    files = [one for one in as_list(fields.get("distribution")) if isinstance(one, dict)]
    if files:
        yield Claim(name="declared.files", value=[_file(one) for one in files])


def _description(fields: Mapping[str, JsonValue], name: str) -> str | None:
    """Return the description; what stands there because nobody stated one is none."""
    text = _literal(fields.get("description"))
    number = (_literal(fields.get("version")) or "").partition(".")[0]
    is_made_up = number.isdecimal() and text == describe_by_name(name, int(number))
    return None if is_made_up else text


def _is_unstated(one: JsonValue) -> bool:
    return isinstance(one, dict) and one.get("@id") == UNSTATED


def _list_models(activities: JsonValue) -> Iterator[str]:
    """Yield `name@revision` of the models that activities say wrote the documents."""
    for activity in as_list(activities):
        if not isinstance(activity, dict) or activity.get("prov:type") == Role.JUDGE:
            continue
        for agent in as_list(activity.get("prov:wasAssociatedWith")):
            if isinstance(agent, dict) and agent.get("@type") == "prov:SoftwareAgent":
                parts = (as_text(agent.get("prov:label")), as_text(agent.get("version")))
                yield "@".join(part for part in parts if part)


def _declared(record_set: dict[str, JsonValue], left_out: list[str]) -> Iterator[Claim]:
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
            if name in _COUNTS and value is not None:
                value = as_count(value, f"annotation {name}", left_out)
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
