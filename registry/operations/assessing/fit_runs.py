"""Fit a law to the training runs of a CSV file."""

import csv
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from registry.domain.architecture import Convention
from registry.domain.base import Value
from registry.errors import InputError, UnreadableError
from registry.scaling.fitting import Advance, Fit, Runs, fit_law
from registry.scaling.laws import FittedRange, Law

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
    advance: Advance = lambda: None,
) -> FittedLaw:
    """Fit a law to the runs of a CSV file, as a row for `muster.toml`.

    Args:
        path: See `read_runs`.
        law_id: The id of the law to be.
        parameters: Which parameters the file counts.
        num_starts: See `registry.scaling.fitting.fit_law`.
        num_resamples: See there.
        seed: See there.
        advance: See there.

    Raises:
        UnreadableError: The file cannot be read.
        InputError: The runs cannot be fitted, or the id is none.
        MissingExtraError: SciPy is not installed.
    """
    runs = read_runs(path)
    fit = fit_law(
        runs, num_starts=num_starts, num_resamples=num_resamples, seed=seed, advance=advance
    )
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
