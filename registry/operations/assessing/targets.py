"""Targets: stated in files, kept in the catalog under a name.

A file holds one target:

    name = "flagship"
    parameters = "7B"              # or [architecture], or compute_flops = 1e22
    overtraining = 5
    sequence_length = 4096
    epochs = 4

    [hardware]
    device = "h100"
    devices = 256
    price_per_hour = 2.5
    currency = "USD"
"""

import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from registry.domain.model_target import StoredTarget, Target
from registry.domain.quantities import format_bound
from registry.errors import InputError, MusterError, UnreadableError
from registry.operations.context import Context
from registry.scaling.cost import get_device

SUFFIX = ".toml"
_REFERENCE = re.compile(r"(?P<name>[^@]+)(?:@(?P<number>[1-9][0-9]{0,17}))?")


def set_target(context: Context, target: Target) -> StoredTarget:
    """Keep a target under its name, in one transaction; a changed one becomes a new version.

    Raises:
        InputError: It has no name.
        UnknownError: There is no such device or tokenizer.
    """
    if target.hardware is not None:
        get_device(target.hardware.device)
    if target.tokenizer is not None:
        context.catalog.tokenizers.get(target.tokenizer)
    return context.catalog.targets.keep(target, actor=context.actor, at=context.clock())


def get_target(context: Context, reference: str) -> StoredTarget:
    """Return a target by its name, or by `name@number`.

    Raises:
        InputError: It is no such reference.
        UnknownError: There is none.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise InputError(f"{reference!r} is not a target", hint="muster target list")
    number = match["number"]
    return context.catalog.targets.get(
        match["name"], number=None if number is None else int(number)
    )


def find_target(context: Context, target: Target | str) -> Target:
    """Return a target: itself, of a file whose name ends in `.toml`, or of a name.

    Raises:
        InputError: The file holds no target; file and key are named.
        UnreadableError: It cannot be read, or is not TOML.
        UnknownError: There is no such target.
    """
    if isinstance(target, Target):
        return target
    if target.endswith(SUFFIX):
        return read_target(Path(target))
    return get_target(context, target).target


def read_target(path: Path) -> Target:
    """Return the target of a file, without a name where it states none.

    Raises:
        InputError: The file holds no target; file and key are named.
        UnreadableError: It cannot be read, or is not TOML.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableError(path=str(path), reason=f"{error.strerror}".lower()) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read as TOML: {error}") from error
    return make_target(fields, origin=str(path))


def make_target(fields: Mapping[str, object], *, origin: str) -> Target:
    """Return the target of fields, as they stand in a file; options have no origin.

    Raises:
        InputError: They make none; origin and key are named.
    """
    try:
        return Target.model_validate(dict(fields))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        where = ": ".join(part for part in (origin, key) if part)
        raise InputError(f"{where}: {_say(first)}", hint=_hint(key, first)) from error
    except MusterError as error:
        text = f"{origin}: {error.message}" if origin else error.message
        raise InputError(text, hint=error.hint) from error


_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}


def _say(error: ErrorDetails) -> str:
    """Return what is wrong with a field, with the user's own value."""
    bound = _BOUNDS.get(error["type"])
    if bound is not None:
        key, words = bound
        limit = format_bound(error["ctx"][key])
        return f"{error['input']!r} is out of bounds: it must be {words} {limit}"
    if error["type"] == "extra_forbidden":
        return "there is no such key"
    return error["msg"].removeprefix("Value error, ")


def _hint(key: str, error: ErrorDetails) -> str | None:
    if error["type"] != "extra_forbidden":
        return None
    nearest = get_close_matches(key.rpartition(".")[2], Target.model_fields, n=3)
    return f"did you mean {', '.join(nearest)}?" if nearest else None


def read_teacher(teacher: str | None, generated: str | None) -> dict[str, str]:
    """Return the fields of a teacher as options state it: `70B`, or `org/big@v1=70B`.

    Raises:
        InputError: One of the two is missing.
    """
    if teacher is None or generated is None:
        raise InputError(
            "a teacher and the tokens that it writes are stated together",
            hint="--teacher 70B --generated-tokens 20B",
        )
    name, equals, size = teacher.rpartition("=")
    fields = {"teacher_parameters": size, "generated_tokens": generated}
    return fields | {"teacher": name} if equals else fields
