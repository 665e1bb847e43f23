"""Parameters of steps: one frozen model a step, checked strictly, described for people."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from pydantic import ConfigDict, JsonValue, ValidationError

from registry.domain.base import Value
from registry.domain.recipe import Parameter
from registry.errors import RecipeError

_TYPES_IN_WORDS = {
    "array": "list of strings",
    "boolean": "true | false",
    "integer": "integer",
    "number": "number",
    "string": "string",
}


class Parameters(Value):
    """The parameters of a step, described by the string below each field.

    A text is not a number, and 1 is not true.
    """

    model_config = ConfigDict(strict=True, use_attribute_docstrings=True)


class ParameterDescription(Value):
    """One parameter of a step, as it is shown to people."""

    name: str
    type: str
    """In words, such as `true | false` or `list of strings`."""

    default: Parameter
    summary: str


P = TypeVar("P", bound=Parameters)


def check_parameters(model: type[P], given: Mapping[str, object], *, where: str) -> P:
    """Return the parameters of a step, with its defaults where nothing is given.

    Args:
        model: The step's parameters.
        given: Names and values as the recipe has them.
        where: The step and its recipe, for the error.

    Raises:
        RecipeError: A name is unknown, or a value has the wrong type or lies out of range.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise _explain(model, error, where=where) from error


def describe_parameters(model: type[Parameters]) -> tuple[ParameterDescription, ...]:
    """Return name, type, default and meaning of each parameter, in the order of the model."""
    properties = model.model_json_schema()["properties"] if model.model_fields else {}
    return tuple(
        ParameterDescription(
            name=name,
            type=_type_in_words(properties[name]),
            default=field.get_default(call_default_factory=True),
            summary=" ".join((field.description or "").split()),
        )
        for name, field in model.model_fields.items()
    )


def _type_in_words(schema: Mapping[str, JsonValue]) -> str:
    choices = schema.get("enum")
    if isinstance(choices, list):
        return " | ".join(str(choice) for choice in choices)
    return _TYPES_IN_WORDS[str(schema["type"])]


def _explain(model: type[Parameters], error: ValidationError, *, where: str) -> RecipeError:
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        # Two parameters that do not fit each other.
        return RecipeError(f"{where}: {first['msg'].removeprefix('Value error, ')}")
    name = str(first["loc"][0])
    known = list(model.model_fields)
    if first["type"] == "extra_forbidden":
        nearest = get_close_matches(name, known, n=3, cutoff=0.5)
        hint = "did you mean " + ", ".join(nearest) + "?" if nearest else _list_known(known)
        return RecipeError(f"{where} has no parameter {name!r}", hint=hint)
    description = {item.name: item for item in describe_parameters(model)}[name]
    stated = json.dumps(first["input"], ensure_ascii=False, default=str)
    if first["type"] == "tuple_type":
        example = f"{name} = [{stated}]" if isinstance(first["input"], str) else None
        return RecipeError(f"{where}: {name} = {stated} is no {description.type}", hint=example)
    default = json.dumps(description.default, default=str)
    return RecipeError(
        f"{where}: {name} = {stated}: {first['msg'].removeprefix('Value error, ')}",
        hint=f"{name} is {description.type}, by default {default}",
    )


def _list_known(known: list[str]) -> str:
    return "its parameters are " + ", ".join(known) if known else "it takes no parameters"
