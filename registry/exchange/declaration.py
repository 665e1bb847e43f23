"""A declaration as a YAML file, read strictly and written so that reading it gives it back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from registry.domain.base import Value
from registry.domain.declaration import Declaration
from registry.domain.declared_changes import KeyPath
from registry.errors import InputError, UnreadableError

_MOST_NODES = 2_000_000
"""Values in a file, those that an alias repeats counted each time."""

_DEEPEST = 40
"""Levels of a file; a declaration has eight."""

_MOST_ERRORS = 20

_HEAD = """\
# What is stated in a muster registry: muster apply -f FILE
# Facts (versions, counts, runs) are not in here. What is taken out of here is not deleted there.
"""


@dataclass(frozen=True, slots=True)
class DeclarationFile:
    """A declaration, and where in its file everything stands."""

    origin: str
    declaration: Declaration
    lines: Mapping[tuple[str, ...], int]

    def where(self, path: KeyPath) -> str:
        """Return file and line of an entry."""
        return f"{self.origin}:{_find_line(self.lines, path)}"


def read_declaration(text: str, *, origin: str) -> DeclarationFile:
    """Read a declaration.

    Raises:
        UnreadableError: It is not YAML, or holds one key twice.
        InputError: A key is unknown or has a wrong value; each is named with its line.
    """
    value, lines = _load(text, origin)
    if not isinstance(value, dict):
        raise InputError(f"{origin} is not a declaration", hint="it begins with muster: 1")
    try:
        declaration = Declaration.model_validate(value)
    except ValidationError as error:
        found = [(_find_line(lines, one["loc"]), _say(one)) for one in error.errors()]
        said = [f"{origin}:{line}: {message}" for line, message in sorted(found)[:_MOST_ERRORS]]
        said += [f"and {len(found) - _MOST_ERRORS} more"] * (len(found) > _MOST_ERRORS)
        raise InputError(
            "\n".join(said), hint="what such a file looks like: muster export --all -"
        ) from error
    return DeclarationFile(origin, declaration, lines)


def render_declaration(declaration: Declaration) -> str:
    """Return a declaration as YAML."""
    document: dict[str, Any] = {"muster": declaration.muster}
    datasets = {name: _dataset(one) for name, one in declaration.datasets.items()}
    targets = {name: _dump(one, without={"name"}) for name, one in declaration.targets.items()}
    sections: dict[str, Any] = {
        "datasets": datasets,
        "models": {name: _dump(one) for name, one in declaration.models.items()},
        "targets": targets,
        "costs": [_dump(one) for one in declaration.costs],
    }
    document |= {name: section for name, section in sections.items() if section}
    return _HEAD + yaml.dump(
        document,
        Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )


def _dataset(one: Value) -> dict[str, Any]:
    dumped: dict[str, Any] = _dump(one)
    if not dumped.get("description"):
        dumped.pop("description", None)
    if "versions" in dumped:
        dumped["versions"] = {int(number): said for number, said in dumped["versions"].items()}
    return dumped


def _dump(one: Value, *, without: set[str] | None = None) -> dict[str, JsonValue]:
    return one.model_dump(mode="json", exclude_defaults=True, exclude=without)


def _load(text: str, origin: str) -> tuple[object, dict[tuple[str, ...], int]]:
    """Return the value of a YAML file, and the line of each of its parts."""
    lines: dict[tuple[str, ...], int] = {}
    loader = None
    try:
        _check_depth(text, origin)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None, lines
        for number, (path, part) in enumerate(_walk(node, (), origin), start=1):
            lines[path] = part.start_mark.line + 1
            if number > _MOST_NODES:
                raise _refuse(origin, part, f"aliases make over {_MOST_NODES:,} values of it")
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = origin if mark is None else f"{origin}:{mark.line + 1}"
        raise UnreadableError(path=place, reason=f"{error.problem}") from error
    except yaml.YAMLError as error:
        raise UnreadableError(path=origin, reason=f"is not valid YAML: {error}") from error
    finally:
        if loader is not None:
            loader.dispose()


# The C parser crashes on what is nested too deep, so events are counted first.
_Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc, valid-type]  # whichever of the two there is
    """The library's own safe loader, which says where a date stands that is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        """Return the value of a part."""
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            problem = f"{node.value!r} is not valid: {error}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error


def _check_depth(text: str, origin: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Safe):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _refuse(origin, event, f"is nested over {_DEEPEST} levels deep")


def _walk(
    node: yaml.Node, path: tuple[str, ...], origin: str
) -> Iterator[tuple[tuple[str, ...], yaml.Node]]:
    """Yield each part with the keys that lead to it, those behind an alias too."""
    yield path, node
    if len(path) > _DEEPEST:
        raise _refuse(origin, node, "holds an alias of itself")
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield from _walk(item, (*path, str(place)), origin)
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                raise _refuse(origin, key, f"the key {key.value!r} stands here a second time")
            if not isinstance(key, yaml.ScalarNode):
                raise _refuse(origin, key, "a key is a text or a number")
            seen.add(key.value)
            # The line of an entry is that of its key.
            yield from _walk(value, (*path, key.value), origin)
            yield (*path, key.value), key


def _refuse(origin: str, part: yaml.Node | yaml.Event, reason: str) -> UnreadableError:
    mark = part.start_mark
    return UnreadableError(path=f"{origin}:{mark.line + 1 if mark else 1}", reason=reason)


def _find_line(lines: Mapping[tuple[str, ...], int], path: KeyPath) -> int:
    """Return the line of the longest part of a path that stands in the file."""
    keys = tuple(map(str, path))
    lengths = range(len(keys), 0, -1)
    return next((lines[keys[:one]] for one in lengths if keys[:one] in lines), 1)


def _say(error: ErrorDetails) -> str:
    """Return what is wrong with a value, after the keys that lead to it."""
    keys = [str(key) for key in error["loc"] if key != "[key]"]
    path = ".".join(keys)
    if error["type"] == "extra_forbidden":
        known = _list_keys(keys[:-1])
        nearest = get_close_matches(keys[-1], known, n=1, cutoff=0.5)
        offer = f"did you mean {nearest[0]}?" if nearest else f"known: {', '.join(known)}"
        return f"{path}: there is no such key; {offer}"
    if error["type"] == "string_type" and isinstance(error["input"], bool):
        return f"{path}: YAML reads yes, no, on and off as true and false; write it in quotes"
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    prefix = "must be " if error["msg"].startswith("Input should be ") else ""
    return f"{path}: {prefix}{message}"


def _list_keys(path: list[str]) -> list[str]:
    """Return the keys that an entry may have."""
    model: type[BaseModel] = Declaration
    for key in path:
        if key in model.model_fields:
            model = _find_model(model.model_fields[key].annotation) or model
    return list(model.model_fields)


def _find_model(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_find_model(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)
