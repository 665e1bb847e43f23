from pathlib import Path

import pytest

from tests.docs.console import (
    Command,
    Ran,
    expected_code,
    missing_lines,
    read_commands,
    run_commands,
)

PAGE = """# Page

## One

```console
$ cat > a.txt <<'END'
> first
>
> third
> END
$ wc -l < a.txt
3
$ ls missing
...
$ echo $?
2
```

## Two

```python
print("two")
```
"""


def test_commands_are_read_with_their_further_lines_and_output() -> None:
    commands = read_commands(PAGE)

    assert [
        Command("cat > a.txt <<'END'\nfirst\n\nthird\nEND"),
        Command("wc -l < a.txt", ["3"]),
        Command("ls missing", ["..."]),
        Command("echo $?", ["2"]),
        Command("python - <<'PYTHON'\nprint(\"two\")\nPYTHON"),
    ] == commands


def test_a_section_ends_where_the_next_begins() -> None:
    assert [] == [c for c in read_commands(PAGE, below="## One") if "two" in c.text]


def test_commands_run_one_after_the_other_in_one_shell(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    commands = read_commands(PAGE)

    ran = run_commands(commands, folder)

    assert [0, 0, 2, 0, 0] == [result.exit_code for result in ran]
    assert [0, 0, 2, 0, 0] == [expected_code(commands, place) for place in range(5)]
    assert ["two"] == [line for line in ran[4].lines if line]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("digest  sha256:0123456789abcdef", "digest sha256:fedcba9876543210"),
        ("sealed 2026-01-02 03:04 UTC", "sealed 2027-11-12 13:14 UTC"),
        ("files   1, 434 B", "files   1, 1.20 kB"),
        ("└─ tokenize (run a92062e3)", "└─ tokenize (run 00000000)"),
        ("...", "anything"),
    ],
)
def test_what_changes_from_run_to_run_is_not_compared(shown: str, printed: str) -> None:
    ran = Ran(exit_code=0, lines=[printed])

    assert [] == missing_lines(Command("x", [shown]), ran, with_numbers=True)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("documents  5", "documents  6"),
        ("rejected   none", "rejected   empty 1"),
        ("digest     sha256:0123456789abcdef", ""),
    ],
)
def test_a_line_that_was_not_printed_is_found(shown: str, printed: str) -> None:
    ran = Ran(exit_code=0, lines=[printed])

    assert [shown] == missing_lines(Command("x", [shown]), ran, with_numbers=True)


def test_numbers_can_be_left_out() -> None:
    command, ran = Command("x", ["total  1,333  3.48M"]), Ran(0, ["total 99 1.2K"])

    assert [] == missing_lines(command, ran, with_numbers=False)
