"""Read a dataset card from a YAML or TOML file."""

import tomllib
from pathlib import Path

import yaml
from pydantic import ValidationError

from registry.domain.card import Card
from registry.errors import InputError, UnreadableError


def read_card(path: Path) -> Card:
    """Return the card in a `.yaml`, `.yml` or `.toml` file.

    Raises:
        UnreadableError: The file cannot be read or is neither.
        InputError: A field is unknown or has a wrong value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(
            path=str(path), reason=f"cannot be read as a card: {error}"
        ) from error
    return make_card(_parse(path, text), origin=str(path))


def make_card(fields: object, *, origin: str) -> Card:
    """Return the card made of named fields.

    Raises:
        InputError: A field is unknown or has a wrong value.
    """
    if not isinstance(fields, dict):
        raise InputError(f"{origin} is not a card: it holds no named fields")
    try:
        return Card.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "card"
        known = ", ".join(info.alias or name for name, info in sorted(Card.model_fields.items()))
        raise InputError(
            f"{origin}: {field}: {first['msg']}", hint=f"the fields of a card are {known}"
        ) from error


def _parse(path: Path, text: str) -> object:
    try:
        if path.suffix.lower() == ".toml":
            return tomllib.loads(text)
        if path.suffix.lower() in {".yaml", ".yml"}:
            return yaml.safe_load(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise UnreadableError(path=str(path), reason=f"is not valid: {error}") from error
    raise UnreadableError(
        path=str(path), reason="is not a card", hint="write it as .yaml, .yml or .toml"
    )
