"""The `muster` command: a table of names, each loaded when it is called."""

import gc
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli.errors import reported
from cli.session import LogFormat, Session
from registry.about import __version__

COMMANDS = {
    "init": "Make a registry in this folder.",
    "demo": "Run the whole line on text that every Python has, and report.",
    "register": "Register files where they lie: digests, schema, documents, bytes.",
    "list": "List datasets, each with its newest version.",
    "show": "Show a version: facts, counts, neighbours.",
    "search": "Search names, descriptions and tags.",
    "sample": "Show documents drawn by a seed, invisible characters made visible.",
    "normalize": "Normalize a version by a recipe into a new version.",
    "tokenize": "Count a version's tokens and write token shards.",
    "embed": "Write a vector for each document of a version.",
    "similar": "Show the documents or terms that are nearest to a text, document or term.",
    "measure": "Measure near duplicates, once for every report.",
    "diversity": "Measure how varied a version's documents are, on a sample.",
    "quarantine": "Show, list, export and release the rows that runs rejected.",
    "lineage": "Show everything that a version was made from, or why.",
    "impact": "Show what was made from a version, and what models that learned from it wrote.",
    "mixture": "Weigh versions for a run, and find weights that meet floors.",
    "target": "State what is to be trained, under a name.",
    "report": "Say whether the data is enough for models of given sizes.",
    "plan": "Say what to train with a budget of compute.",
    "verify": "Read every byte of a version, or of all, again and compare.",
    "gc": "Remove objects that nothing refers to.",
    "export": "Write a version's shards, its tokens, or what is known of it.",
    "import": "Take in what other tools state of data, as claims.",
    "apply": "State what a declaration says, all of it or nothing.",
    "dataset": "Change what is stated about a dataset, and compare versions.",
    "tag": "Name a version: space/name@tag.",
    "recipe": "List, show and check recipes.",
    "tokenizer": "Train, add, list and show tokenizers.",
    "licence": "State licences, and show what applies after everything upstream.",
    "model": "State models: what they were trained on, and what their output may be used for.",
    "generation": "State who wrote a version, and show how synthetic it is.",
    "takedown": "Find documents that have to go, rebuild without them, keep them out.",
    "cost": "Keep the ledger of what data cost, and add it up through lineage.",
    "law": "List, show, compare and fit scaling laws.",
    "run": "List, show, merge and cancel runs.",
    "doctor": "Examine what muster stands on, and say what mends it.",
    "db": "Upgrade, check, copy and back up the catalog's database.",
}
"""Every command with its line in the help. `cli/commands/NAME.py` holds its Typer app; the module
is imported when the command is called, so that `muster --help` loads none of them."""


_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Made and not freed; Python's own is 700."""


class LazyGroup(TyperGroup):
    """The root command, which knows its commands by name before it loads them."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - Typer's
        """Return the names in the order of the data's life."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - Typer's
        """Load a command's module and return the command; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cli.commands.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - Typer's
        """Write the table of commands without loading one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="""The catalog and ledger between raw data and a language-model training run.

    It answers one question: is the data we hold enough, and fit, for the model we want?

    \b
    muster init
    muster register corpus/ --name web/cc --license CC-BY-4.0
    muster normalize web/cc --recipe text-default
    muster tokenize web/cc.text-default --tokenizer gpt2
    muster report web/cc.text-default --params 1.3B
    """,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"muster {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(
            help="The registry's folder; else MUSTER_HOME, else the nearest .muster upwards.",
            metavar="DIR",
        ),
    ] = None,
    log: Annotated[
        LogFormat,
        typer.Option("--log", help="How progress and notes are written to stderr."),
    ] = LogFormat.TEXT,
    debug: Annotated[  # noqa: ARG001 - `cli.errors` looks for it, also where parsing fails
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool,
        typer.Option(
            "--version",
            help="Show the version and exit.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Read what holds for every command."""
    context.obj = Session(home=home, log=log)


def main() -> None:
    """Run the command line; errors become messages and exit codes."""
    # Classes and modules live to the end: looking among them for garbage takes a tenth of a start.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    with reported():
        app(prog_name="muster")
