"""Read a dataset card of the Hub: YAML front matter by the Hub's own library, then Markdown."""

import re
from collections.abc import Iterator, Mapping

import yaml
from pydantic import JsonValue, TypeAdapter, ValidationError

from registry.domain.exchange import Claim, StatedDescription, StatedLicence
from registry.domain.generation import Role
from registry.domain.licence import recognise
from registry.errors import UnreadableError
from registry.exchange.stating import (
    UNNAMED,
    as_count,
    as_list,
    as_text,
    as_url,
    note_wrong_type,
    read_languages,
    state_licence,
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
    for key in ("pretty_name", "description", "license_name"):
        if fields.get(key) is not None and not isinstance(fields[key], str | int | float):
            note_wrong_type(fields[key], key, left_out, wanted="text")
    name = _name(fields, body)
    by = f"the dataset card of {name}"
    return StatedDescription(
        name=name,
        by=by,
        description=_description(fields, body),
        url=_url(fields, "homepage", left_out),
        languages=read_languages(as_list(fields.get("language")), left_out),
        licences=_licences(fields, left_out, by=by),
        claims=tuple(_claims(fields, body, left_out)),
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


def _url(fields: Mapping[str, JsonValue], key: str, left_out: list[str]) -> str | None:
    url = as_url(fields.get(key))
    if url is None and fields.get(key) is not None:
        note_wrong_type(fields[key], key, left_out, wanted="web address")
    return url


def _texts(fields: Mapping[str, JsonValue], key: str, left_out: list[str]) -> list[str]:
    """Return the texts of a list, or the one that stands in its place; what is none is noted."""
    texts = []
    for value in as_list(fields.get(key)):
        text = as_text(value)
        if text is None:
            note_wrong_type(value, key, left_out, wanted="text")
        else:
            texts.append(text)
    return texts


def _licences(
    fields: Mapping[str, JsonValue], left_out: list[str], *, by: str
) -> tuple[StatedLicence, ...]:
    name = as_text(fields.get("license_name"))
    texts = _texts(fields, "license", left_out)
    for text in texts:
        if text.lower() != "other" and recognise(text) is None:
            own = state_licence(text, by=by).expression
            left_out.append(f"license {text!r}: no licence that is known; it stands as {own}")
    named = [name if text.lower() == "other" and name else text for text in texts]
    return state_licences(named, by=by, evidence=as_url(fields.get("license_link")))


def _claims(fields: Mapping[str, JsonValue], body: str, left_out: list[str]) -> Iterator[Claim]:
    if fields:
        yield Claim(name=FIELDS, value=dict(fields))
    if body.strip():
        yield Claim(name=BODY, value=body)
    for info in as_list(fields.get("dataset_info")):
        if isinstance(info, dict):
            yield from _declared(info, left_out)
        else:
            note_wrong_type(info, "dataset_info", left_out, wanted="mapping")
    yield from _own_claims(fields.get("muster"), left_out)
    for key in ("num_tokens", "token_count"):
        count = as_count(fields.get(key), key, left_out)
        if count is not None:
            yield Claim(name="declared.num_tokens", value=count)
    sources: list[JsonValue] = [*_texts(fields, "source_datasets", left_out)]
    if sources:
        yield Claim(name="derived_from", value=sources)


def _own_claims(muster: JsonValue, left_out: list[str]) -> Iterator[Claim]:
    """Yield what the block of our own holds: token counts, and who wrote the version."""
    if muster is None:
        return
    if not isinstance(muster, dict):
        note_wrong_type(muster, "muster", left_out, wanted="mapping")
        return
    for one in as_list(muster.get("tokens")):
        told = one.get("num_tokens") if isinstance(one, dict) else one
        if as_count(told, "muster.tokens", left_out) is not None:
            yield Claim(name="declared.num_tokens", value=one)
    models = _list_models(muster)
    if models:
        yield Claim(name="generated_by", value=models)


def _list_models(muster: dict[str, JsonValue]) -> list[JsonValue]:
    """Return the models that a card of ours says wrote the version that it describes."""
    models = []
    for one in as_list(muster.get("models")):
        is_own = isinstance(one, dict) and one.get("version") == muster.get("reference")
        if isinstance(one, dict) and is_own and one.get("role") != Role.JUDGE:
            parts = (as_text(one.get("model")), as_text(one.get("revision")))
            models.append("@".join(part for part in parts if part))
    return [*dict.fromkeys(one for one in models if one)]


def _declared(info: dict[str, JsonValue], left_out: list[str]) -> Iterator[Claim]:
    config = as_text(info.get("config_name"))
    where = f".{config}" if config else ""
    rows = []
    for split in as_list(info.get("splits")):
        if not isinstance(split, dict):
            note_wrong_type(split, "dataset_info.splits", left_out, wanted="mapping")
            continue
        row = as_count(split.get("num_examples"), "dataset_info.splits.num_examples", left_out)
        rows += [] if row is None else [row]
    if rows:
        yield Claim(name=f"declared.num_documents{where}", value=sum(rows))
    num_bytes = as_count(info.get("dataset_size"), "dataset_info.dataset_size", left_out)
    if num_bytes is not None:
        yield Claim(name=f"declared.num_bytes{where}", value=num_bytes)
