"""Laws in files: those of a `muster.toml`, and runs to fit one to.

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

import csv
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from registry.domain.architecture import Convention
from registry.domain.base import Value
from registry.domain.law_answers import LawComparison
from registry.errors import InputError, UnreadableError
from registry.operations.home import read_settings
from registry.scaling.fitting import Fit, Runs, fit_law
from registry.scaling.laws import FittedRange, Law, get_law, load_laws
from registry.scaling.requirement import optimal_tokens

FILE_NAME = "muster.toml"

_LOSS = "loss"
_COLUMNS = {
    "num_parameters": ("parameters", "params", "num_parameters", "n"),
    "num_tokens": ("tokens", "num_tokens", "d"),
    "flops": ("flops", "compute", "c"),
    _LOSS: ("loss", "losses", "final_loss", "l"),
}
"""Names of columns in a file of runs, in lower case."""


class FittedLaw(Value):
    """A law fitted to somebody's own runs, and how the fit went."""

    law: Law
    fit: Fit


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
    return (*load_laws(), *read_laws(file)) if file.is_file() else load_laws()


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
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read as TOML: {error}") from error
    rows = content.get("law", [])
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


def read_runs(path: Path) -> Runs:
    """Return the training runs of a CSV file with a line of headings.

    Two of the columns parameters, tokens and flops, and the column loss; where tokens or parameters
    are missing, they follow from C = 6 N D.

    Raises:
        UnreadableError: It cannot be read; the line is named.
        InputError: A column is missing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read as CSV: {error}") from error
    places = _find_columns(path, lines[0] if lines else [])
    columns: dict[str, list[float]] = {name: [] for name in places}
    for number, line in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in line):
            for name, place in places.items():
                columns[name].append(_read_cell(path, line, number=number, name=name, place=place))
    arrays = {name: np.array(column) for name, column in columns.items()}
    if "flops" in arrays:
        given = "num_parameters" if "num_parameters" in arrays else "num_tokens"
        missing = ({"num_parameters", "num_tokens"} - {given}).pop()
        arrays.setdefault(missing, arrays["flops"] / (6 * arrays[given]))
    return Runs(arrays["num_parameters"], arrays["num_tokens"], arrays[_LOSS])


def fit_runs(
    path: Path,
    *,
    law_id: str,
    parameters: Convention = Convention.TOTAL,
    num_starts: int = 100,
    num_resamples: int = 1000,
    seed: int = 0,
) -> FittedLaw:
    """Fit a law to the runs of a CSV file, as a row for `muster.toml`.

    Args:
        path: See `read_runs`.
        law_id: The id of the law to be.
        parameters: Which parameters the file counts.
        num_starts: See `registry.scaling.fitting.fit_law`.
        num_resamples: See there.
        seed: See there.

    Raises:
        UnreadableError: The file cannot be read.
        InputError: The runs cannot be fitted, or the id is none.
        MissingExtraError: SciPy is not installed.
    """
    runs = read_runs(path)
    fit = fit_law(runs, num_starts=num_starts, num_resamples=num_resamples, seed=seed)
    flops = 6 * runs.num_parameters * runs.num_tokens
    fields = {
        "id": law_id,
        "title": f"Fit to {fit.num_runs} runs",
        "formula": fit.formula,
        "parameters": parameters,
        "source": f"muster law fit {path.name}",
        "fitted": FittedRange(
            parameters_low=float(runs.num_parameters.min()),
            parameters_high=float(runs.num_parameters.max()),
            tokens_low=float(runs.num_tokens.min()),
            tokens_high=float(runs.num_tokens.max()),
            flops_low=float(flops.min()),
            flops_high=float(flops.max()),
        ),
        "uncertainty": fit.uncertainty,
        "votes": True,
        "flags": ("user",),
    }
    try:
        return FittedLaw(law=Law.model_validate(fields), fit=fit)
    except ValidationError as error:
        raise InputError(
            f"{law_id!r} is not the id of a law",
            hint="an id is lower-case letters, digits, '.' and '-', such as our-runs",
        ) from error


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


def _find_columns(path: Path, headings: list[str]) -> dict[str, int]:
    """Return the place of each known column."""
    names = [heading.strip().lower() for heading in headings]
    places = {
        column: names.index(known)
        for column, spellings in _COLUMNS.items()
        for known in spellings
        if known in names
    }
    sizes = places.keys() & {"num_parameters", "num_tokens", "flops"}
    if _LOSS not in places or len(sizes) < 2:
        raise InputError(
            f"{path}: the columns are {', '.join(headings) or 'none'}",
            hint="two of parameters, tokens and flops are needed, and loss",
        )
    return places


def _read_cell(path: Path, line: list[str], *, number: int, name: str, place: int) -> float:
    text = line[place].strip() if place < len(line) else ""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise UnreadableError(
            path=str(path), reason=f"line {number}: {name}: {text!r} is not a number above 0"
        )
    return value


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
