"""Read the console blocks of a page, run their commands in order, compare what they print.

A block that begins with ```` ```console ```` holds what stood in a terminal: a command behind
`$ `, its further lines behind `> `, then what it printed; a line `...` stands for lines left out.
A block of Python is run as a script where it stands. The exit code must be 0, unless the next
command is `echo $?`.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = "/home/ada/desk"
"""The folder that the pages show; the one that a test runs in is written so."""

_FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "@@ done "
_VOLATILE = (
    (re.compile(r"sha256:[0-9a-f]{6,64}"), "sha256:#"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"), "#"),
    (re.compile(r"\brun [0-9a-f]{8}\b"), "run #"),
    (re.compile(r"\b[0-9a-f]{12}\b|\b[0-9a-f]{40}\b"), "#"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "#"),
    # Parquet and SQLite files differ in size between versions of their libraries.
    (re.compile(r"\d[\d.,]* (B|kB|MB|GB)\b"), "#"),
)
_NUMBER = re.compile(r"\d[\d.,]*[KMBT]?\b")


@dataclass
class Command:
    """One command of a page."""

    text: str
    shown: list[str] = field(default_factory=list)
    """The lines of output that the page shows."""


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    exit_code: int
    lines: list[str]


def read_commands(page: str, *, below: str | None = None) -> list[Command]:
    """Return the commands of a page in order; with `below`, those of one section."""
    text = page if below is None else page.partition(f"\n{below}\n")[2].partition("\n## ")[0]
    commands: list[Command] = []
    for fence in _FENCE.finditer(text):
        if fence["language"] == "console":
            commands.extend(_read_console(fence["body"]))
        elif fence["language"] == "python":
            commands.append(Command(f"python - <<'PYTHON'\n{fence['body']}PYTHON"))
    return commands


def run_commands(
    commands: list[Command], folder: Path, *, variables: dict[str, str] | None = None
) -> list[Ran]:
    """Run commands in one shell, one after the other, with further variables set."""
    script = folder.parent / f"{folder.name}.sh"
    steps = [
        f'{command.text}\n__code=$?; echo; echo "{_MARK}$__code"; (exit $__code)'
        for command in commands
    ]
    script.write_text("exec 2>&1\n" + "\n".join(steps) + "\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if "MUSTER_" not in name}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "MUSTER_ACTOR": "ada",
        "NO_COLOR": "1",
        "COLUMNS": "120",
        "PYTHONUTF8": "1",
        **(variables or {}),
    }
    done = subprocess.run(
        ["bash", str(script)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
        timeout=300,
    )
    return [_ran(part, folder) for part in _split(done.stdout)]


def expected_code(commands: list[Command], place: int) -> int:
    """Return the exit code that the page states for a command."""
    after = commands[place + 1] if place + 1 < len(commands) else None
    return int(after.shown[0]) if after is not None and after.text == "echo $?" else 0


def missing_lines(command: Command, ran: Ran, *, with_numbers: bool) -> list[str]:
    """Return the shown lines that were not printed.

    Digests, ids of runs, times and sizes are not compared; numbers only if wanted. Which order
    answers and hints come in is the terminal's affair.
    """
    printed = {_comparable(line, with_numbers=with_numbers) for line in ran.lines}
    return [
        line
        for line in command.shown
        if line.strip() not in {"", "..."}
        and _comparable(line, with_numbers=with_numbers) not in printed
    ]


def _read_console(body: str) -> list[Command]:
    commands: list[Command] = []
    goes_on = False
    for line in body.splitlines():
        if line.startswith("$ "):
            commands.append(Command(line[2:]))
            goes_on = True
        elif goes_on and line.startswith(">"):
            commands[-1].text += "\n" + line[2:]
        else:
            goes_on = False
            commands[-1].shown.append(line)
    return commands


def _split(output: str) -> list[str]:
    parts = re.split(rf"^({re.escape(_MARK)}\d+)\n", output, flags=re.MULTILINE)
    return [text + mark for text, mark in zip(parts[::2], parts[1::2], strict=False)]


def _ran(part: str, folder: Path) -> Ran:
    text, _, code = part.rpartition(_MARK)
    return Ran(exit_code=int(code), lines=text.replace(str(folder), FOLDER).splitlines())


def _comparable(line: str, *, with_numbers: bool) -> str:
    for pattern, word in _VOLATILE:
        line = pattern.sub(word, line)
    if not with_numbers:
        line = _NUMBER.sub("#", line)
    return " ".join(line.split())
