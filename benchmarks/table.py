"""The table at the end of a run, as Markdown that a terminal shows as well."""

from collections.abc import Iterable, Mapping

from benchmarks.measuring import Detail, Measurement

_HEAD = ("benchmark", "what", "measured", "cpu", "unit", "target", "met")

_CPU = ("cpu_milliseconds", "cpu_seconds")
"""The details that hold the CPU time of what is measured as wall time, in the same unit."""


def print_table(results: Iterable[Measurement], machine: Mapping[str, Detail]) -> None:
    """Print what was measured, and on what."""
    rows = [_HEAD, *map(_row, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    print()
    for row in rows:
        print(f"| {' | '.join(map(str.ljust, row, widths))} |")
    print()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))


def _row(result: Measurement) -> tuple[str, ...]:
    return (
        result.benchmark,
        result.name,
        _number(result.value),
        _cpu(result),
        result.unit,
        _target(result),
        {True: "yes", False: "NO", None: ""}[result.is_met],
    )


def _cpu(result: Measurement) -> str:
    found = next((result.details[name] for name in _CPU if name in result.details), "")
    return found if isinstance(found, str) else _number(found)


def _target(result: Measurement) -> str:
    if result.at_least is not None:
        return f">= {result.at_least:g}"
    return "" if result.at_most is None else f"<= {result.at_most:g}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
