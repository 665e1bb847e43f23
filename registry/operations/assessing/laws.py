"""The laws that muster ships, and a project's own in its `muster.toml`.

A project's own laws stand in `muster.toml`, in the folder that holds the registry's home (the
working directory where there is no registry), as rows of the same form as in `laws.toml`:

    [[law]]
    id = "ours"
    title = "Our runs of spring"
    parameters = "non-embedding"
    source = "runs.csv, muster law fit"
    votes = true

    [law.formula]
    kind = "ratio"
    tokens_per_parameter = 24.0
"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from registry.domain.law_answers import LawComparison
from registry.errors import InputError
from registry.operations.keeping.home import read_settings
from registry.operations.project_file import FILE_NAME, read_project_file
from registry.scaling.laws import Law, get_law, load_laws
from registry.scaling.requirement import optimal_tokens


def list_laws(home: Path | None = None, *, start: Path | None = None) -> tuple[Law, ...]:
    """Return the laws that muster ships, and those of the project's `muster.toml` behind them.

    Args:
        home: The registry's home; None: `MUSTER_HOME`, else the nearest one at or above `start`.
        start: Where the search begins; None: the working directory.

    Raises:
        InputError: The file holds a law that is none, or one whose id is taken; file and key are
            named.
        UnreadableError: It cannot be read, or is not TOML.
    """
    start = start or Path.cwd()
    found = read_settings(home).find_home(start)
    file = (start if found is None else found.parent) / FILE_NAME
    return (*load_laws(), *read_laws(file))


def get_own_law(law_id: str, home: Path | None = None, *, start: Path | None = None) -> Law:
    """Return a law by its id, among those of `list_laws`.

    Raises:
        UnknownError: There is none; the nearest ids are offered.
    """
    return get_law(law_id, among=list_laws(home, start=start))


def compare_laws(
    num_parameters: Sequence[int],
    law_ids: Sequence[str] = (),
    *,
    home: Path | None = None,
    start: Path | None = None,
) -> tuple[LawComparison, ...]:
    """Return what laws ask for, in tokens, each size counted as the law counts.

    Args:
        num_parameters: Sizes, each 1 to 10^15.
        law_ids: The laws; none: all that have a token requirement.
        home: See `list_laws`.
        start: See there.

    Raises:
        InputError: A size is out of bounds, or a named law has no token requirement.
        UnknownError: There is no such law.
    """
    laws = list_laws(home, start=start)
    chosen = [get_law(law_id, among=laws) for law_id in law_ids] or [
        law for law in laws if law.is_in_panel
    ]
    return tuple(
        LawComparison(
            law=law.id,
            parameters=law.parameters,
            votes=law.votes,
            required_tokens={str(size): optimal_tokens(size, law=law) for size in num_parameters},
        )
        for law in chosen
    )


def read_laws(path: Path) -> tuple[Law, ...]:
    """Return the laws of a file, each flagged `user`; other tables of it are not looked at.

    Raises:
        InputError: A law is none, or its id is taken; file and key are named.
        UnreadableError: The file cannot be read, or is not TOML.
    """
    rows = read_project_file(path).get("law", [])
    if not isinstance(rows, list):
        raise InputError(f"{path}: law: each law begins with [[law]]")
    taken = {law.id for law in load_laws()}
    laws = []
    for place, row in enumerate(rows, start=1):
        law = _make_law(row, place=place, path=path)
        if law.id in taken:
            raise InputError(f"{path}: law {place}: id: {law.id!r} is taken", hint="rename it")
        taken.add(law.id)
        laws.append(law)
    return tuple(laws)


def law_to_toml(law: Law) -> str:
    """Return a law as a row of `muster.toml`, to be appended to it."""
    fields = law.model_dump(mode="json", exclude_defaults=True)
    fields.pop("flags", None)
    tables = {name: value for name, value in fields.items() if isinstance(value, dict)}
    lines = ["[[law]]"]
    lines += [f"{name} = {_toml(value)}" for name, value in fields.items() if name not in tables]
    for name, table in tables.items():
        lines += ["", f"[law.{name}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in table.items() if value is not None]
    return "\n".join(lines) + "\n"


def _make_law(row: object, *, place: int, path: Path) -> Law:
    try:
        law = Law.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "law"
        raise InputError(
            f"{path}: law {place}: {key}: {first['msg']}",
            hint="muster law show epoch-2024 --toml shows a row as it should be",
        ) from error
    return law.model_copy(update={"flags": tuple(dict.fromkeys((*law.flags, "user")))})


def _toml(value: object) -> str:
    """Return a text, number, truth or list of them as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, list | tuple):
        rows = [_toml(item) for item in value]
        nested = bool(value) and isinstance(value[0], list | tuple)
        return "[\n    " + ",\n    ".join(rows) + ",\n]" if nested else f"[{', '.join(rows)}]"
    return repr(value)
