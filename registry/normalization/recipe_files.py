"""Recipes as TOML files: the built-in ones, and anybody's own.

A recipe file names itself and lists its steps. `use` names a step; the other keys of its table
are that step's parameters:

    name = "my-text"
    version = "1.0.0"
    description = "What it is for."

    [[step]]
    use = "decode"
    fallback = ["cp1252"]
"""

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, JsonValue, StringConstraints, ValidationError

from registry.domain.base import Value
from registry.domain.recipe import Recipe, RecipeStep
from registry.errors import RecipeError, UnknownError
from registry.normalization.building import (
    build_table_steps,
    check_order,
    complete_step,
)

SUFFIX: Final = ".toml"

_NAME = r"^[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?$"
_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIERS = r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*"
_SEMANTIC_VERSION = rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_IDENTIFIERS})?(\+{_IDENTIFIERS})?$"

_HINTS = {
    "name": "a name is lower-case letters, digits, '.', '_' and '-', such as my-text",
    "version": "a semantic version is three numbers, such as 1.0.0",
    "description": "a description is a text",
    "step": 'each step begins with [[step]] and use = "its name"',
}


class _RecipeFile(Value):
    """The content of a recipe file."""

    name: Annotated[str, StringConstraints(pattern=_NAME)]
    version: Annotated[str, StringConstraints(pattern=_SEMANTIC_VERSION)]
    description: str = ""
    step: Annotated[list[dict[str, JsonValue]], Field(min_length=1)]


def load_recipe(name_or_path: str) -> Recipe:
    """Return a built-in recipe by its name, or the recipe in a file whose name ends in `.toml`.

    Raises:
        RecipeError: The file cannot be read or holds no recipe; see `parse_recipe`.
        UnknownError: It is neither a file name nor the name of a built-in recipe.
    """
    if name_or_path.endswith(SUFFIX):
        return parse_recipe(_read(Path(name_or_path)), origin=name_or_path)
    built_in = _built_in_files()
    if name_or_path not in built_in:
        hint = f"built in are {', '.join(built_in)}; a recipe file's name ends in {SUFFIX}"
        raise UnknownError(what="recipe", value=name_or_path, known=built_in, hint=hint)
    return _load_built_in(name_or_path, built_in[name_or_path])


def list_recipes() -> list[Recipe]:
    """Return the built-in recipes, sorted by name."""
    return [_load_built_in(name, file) for name, file in _built_in_files().items()]


def parse_recipe(text: str, *, origin: str) -> Recipe:
    """Read a recipe and write out every parameter, defaults included.

    Args:
        text: TOML.
        origin: Where it came from, for errors.

    Raises:
        RecipeError: It is not TOML; a key is missing, unknown or of the wrong form; a step or a
            parameter is unknown; a value is wrong; the steps are not in an order that works.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{origin} is not TOML: {error}") from error
    try:
        file = _RecipeFile.model_validate(content)
    except ValidationError as error:
        raise _explain(error, origin=origin) from error
    recipe = Recipe(
        name=file.name,
        version=file.version,
        description=file.description,
        steps=_complete_steps(file.step, origin=origin),
    )
    if recipe.is_for_tables:
        build_table_steps(recipe)
    return recipe


def _complete_steps(tables: list[dict[str, JsonValue]], *, origin: str) -> tuple[RecipeStep, ...]:
    steps = []
    for number, table in enumerate(tables, start=1):
        use = table.get("use")
        if not isinstance(use, str):
            raise RecipeError(f"{origin}: step {number} names no step", hint=_HINTS["step"])
        given = {key: value for key, value in table.items() if key != "use"}
        steps.append(complete_step(use, given, where=f"{origin}: step {number} ({use})"))
    check_order(steps, where=origin)
    return tuple(steps)


def _explain(error: ValidationError, *, origin: str) -> RecipeError:
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0])
    hint = _HINTS.get(key, f"its keys are {', '.join(_RecipeFile.model_fields)}")
    if first["type"] == "missing":
        return RecipeError(f"{origin} has no {key}", hint=hint)
    if first["type"] == "extra_forbidden":
        return RecipeError(f"{origin}: unknown key {key!r}", hint=hint)
    if key == "step":
        return RecipeError(f"{origin} has no list of steps", hint=hint)
    return RecipeError(f"{origin}: {key} = {first['input']!r}", hint=hint)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RecipeError(f"no recipe file {str(path)!r}", hint="muster recipe list") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from error


def _built_in_files() -> dict[str, Traversable]:
    folder = files("registry.normalization") / "recipes"
    found = {
        file.name.removesuffix(SUFFIX): file
        for file in folder.iterdir()
        if file.name.endswith(SUFFIX)
    }
    return dict(sorted(found.items()))


def _load_built_in(name: str, file: Traversable) -> Recipe:
    return parse_recipe(file.read_text(encoding="utf-8"), origin=f"built-in recipe {name}")


AS_IS: Final = parse_recipe(
    """
    name = "as-is"
    version = "1.0.0"
    description = "Strict decoding and nothing else: how a version is read that was not normalized."

    [[step]]
    use = "decode"
    lone_surrogates = "reject"
    """,
    origin="as-is",
)
"""Decodes strictly and does nothing else: how an un-normalized version is tokenized."""
