"""Read a dataset card of the Hub: YAML front matter by the Hub's own library, then Markdown."""

import re
from collections.abc import Iterator, Mapping

import yaml
from pydantic import JsonValue, TypeAdapter, ValidationError

from registry.domain.exchange import Claim, StatedDescription, StatedLicence
from registry.errors import UnreadableError
from registry.exchange.stating import (
    UNNAMED,
    as_list,
    as_text,
    as_url,
    read_languages,
    state_licences,
)

BODY = "card.body"
"""The claim that holds the card's Markdown."""

FIELDS = "card.fields"
"""The claim that holds the whole front matter as it came, so that nothing of it is lost."""

_HEADING = re.compile(r"^#\s+(.+?)\s*$", re.MULTILINE)
_PARAGRAPH = re.compile(
    r"\A\s*(?:<!--.*?-->\s*|#[^\n]*\n\s*)*([^#\n<|!\[][^\n]*(?:\n(?!\s*\n)[^\n]+)*)", re.DOTALL
)
_JSON: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


def read_card(text: str, *, origin: str) -> StatedDescription:
    """Return what a card states.

    Raises:
        UnreadableError: Its front matter is not valid YAML, or no mapping.
    """
    fields, body = split_card(text, origin=origin)
    left_out: list[str] = []
    name = _name(fields, body)
    by = f"the dataset card of {name}"
    return StatedDescription(
        name=name,
        by=by,
        description=_description(fields, body),
        url=as_url(fields.get("homepage")),
        languages=read_languages(as_list(fields.get("language")), left_out),
        licences=_licences(fields, by=by),
        claims=tuple(_claims(fields, body)),
        left_out=tuple(left_out),
    )


def split_card(text: str, *, origin: str) -> tuple[dict[str, JsonValue], str]:
    """Return front matter and body of a card.

    Raises:
        UnreadableError: The front matter is not valid YAML, or no mapping.
    """
    # Imported here: only cards need it, and what it imports takes time.
    from huggingface_hub import DatasetCard  # noqa: PLC0415

    if not text.startswith("---"):
        return {}, text
    try:
        card = DatasetCard(text, ignore_metadata_errors=True)
        # Dates and sets are no JSON; they are kept as they are written.
        plain = yaml.safe_load(card.data.to_yaml()) or {}
        fields = _JSON.validate_python({str(key): _plain(value) for key, value in plain.items()})
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise UnreadableError(
            path=origin, reason=f"its front matter is no YAML mapping: {reason}"
        ) from error
    return fields, str(card.text)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _name(fields: Mapping[str, JsonValue], body: str) -> str:
    muster = fields.get("muster")
    reference = as_text(muster.get("reference")) if isinstance(muster, dict) else None
    heading = _HEADING.search(body)
    return (
        (reference or "").partition("@")[0]
        or as_text(fields.get("pretty_name"))
        or (heading[1] if heading else "")
        or UNNAMED
    )


def _description(fields: Mapping[str, JsonValue], body: str) -> str | None:
    stated = as_text(fields.get("description"))
    first = _PARAGRAPH.match(body)
    return stated or (" ".join(first[1].split()) if first else None)


def _licences(fields: Mapping[str, JsonValue], *, by: str) -> tuple[StatedLicence, ...]:
    name = as_text(fields.get("license_name"))
    texts = [text for value in as_list(fields.get("license")) if (text := as_text(value))]
    named = [name if text.lower() == "other" and name else text for text in texts]
    return state_licences(named, by=by, evidence=as_url(fields.get("license_link")))


def _claims(fields: Mapping[str, JsonValue], body: str) -> Iterator[Claim]:
    if fields:
        yield Claim(name=FIELDS, value=dict(fields))
    if body.strip():
        yield Claim(name=BODY, value=body)
    for info in as_list(fields.get("dataset_info")):
        if isinstance(info, dict):
            yield from _declared(info)
    muster = fields.get("muster")
    if isinstance(muster, dict):
        for one in as_list(muster.get("tokens")):
            yield Claim(name="declared.num_tokens", value=one)
    for key in ("num_tokens", "token_count"):
        if fields.get(key) is not None:
            yield Claim(name="declared.num_tokens", value=fields[key])
    sources = [one for one in as_list(fields.get("source_datasets")) if as_text(one)]
    if sources:
        yield Claim(name="derived_from", value=sources)


def _declared(info: dict[str, JsonValue]) -> Iterator[Claim]:
    config = as_text(info.get("config_name"))
    where = f".{config}" if config else ""
    splits = [one for one in as_list(info.get("splits")) if isinstance(one, dict)]
    rows = [one["num_examples"] for one in splits if isinstance(one.get("num_examples"), int)]
    if rows:
        total = sum(row for row in rows if isinstance(row, int))
        yield Claim(name=f"declared.num_documents{where}", value=total)
    if isinstance(info.get("dataset_size"), int):
        yield Claim(name=f"declared.num_bytes{where}", value=info["dataset_size"])
