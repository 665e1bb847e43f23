"""Write the pages that are made from the code: `cli.md` and `schema.md`.

Run it to write them; with `--check` it exits with 1 and says so if one is stale.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from typer.testing import CliRunner

from cli.main import COMMANDS, app
from registry.catalog.tables import Row

FOLDER = Path(__file__).parent
_GROUPS = {
    "dataset": ("set", "diff", "withdraw"),
    "lineage": ("why",),
    "measure": ("near-duplicates", "contamination"),
    "recipe": ("list", "show", "check", "steps"),
    "tokenizer": ("train", "add", "list", "show"),
    "licence": ("add", "list", "show", "effective", "notice", "policies"),
    "model": ("add", "list", "show"),
    "generation": ("add", "show"),
    "takedown": ("open", "list", "show", "plan", "apply", "exempt", "withdraw", "close"),
    "cost": ("add", "reverse", "show", "report"),
    "law": ("list", "show", "compare", "fit"),
    "mixture": ("make", "solve", "show"),
    "target": ("set", "list", "show"),
    "report": ("list", "show", "rerun", "diff", "explain"),
    "run": ("list", "show"),
    "db": ("upgrade", "current", "check", "copy", "backup", "roles"),
}


def cli_page() -> str:
    """Return the reference of every command, as its own help tells it."""
    parts = [
        "# Command line\n\nMade from the commands' own help by `make docs`.\n",
        _help(),
    ]
    for name in COMMANDS:
        parts.append(f"## muster {name}\n")
        parts.append(_help(name))
        for verb in _GROUPS.get(name, ()):
            parts.append(f"### muster {name} {verb}\n")
            parts.append(_help(name, verb))
    parts.append(_EXIT_CODES)
    return "\n".join(parts)


def schema_page() -> str:
    """Return the reference of every table of the catalog."""
    return "\n".join(
        [
            "# Catalog schema\n",
            "Made from the tables' own comments by `make docs`. Times are UTC; sizes are bytes.\n",
            *_tables(),
        ]
    )


def _tables() -> Iterator[str]:
    for table in sorted(Row.metadata.tables.values(), key=lambda item: item.name):
        yield f"## {table.name}\n\n{table.comment or ''}\n"
        yield "| column | type | null | meaning |\n|---|---|---|---|"
        for column in table.columns:
            kind = str(column.type.compile()).split("(")[0].lower()
            reference = next((f" → {key.target_fullname}" for key in column.foreign_keys), "")
            null = "yes" if column.nullable else ""
            mark = " (key)" if column.primary_key else ""
            yield f"| {column.name}{mark} | {kind}{reference} | {null} | {column.comment or ''} |"
        yield ""


def _help(*words: str) -> str:
    # Click wraps to the terminal; a fixed width makes the page the same everywhere.
    result = CliRunner().invoke(
        app, [*words, "--help"], env={"COLUMNS": "100", "NO_COLOR": "1"}, prog_name="muster"
    )
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    return "```text\n" + "\n".join(lines).strip() + "\n```\n"


_EXIT_CODES = """## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | it failed |
| 2 | wrong usage or bad input |
| 3 | the answer is no: a `--check`, `verify`, `db check`, a lineage that was cut, no path |
| 4 | not allowed |
| 130 | interrupted |
"""

PAGES = {"cli.md": cli_page, "schema.md": schema_page}


def main() -> int:
    """Write or check the pages."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, make in PAGES.items():
        path, text = FOLDER / name, make()
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name} is stale: make docs", file=sys.stderr)  # noqa: T201 - a script
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
