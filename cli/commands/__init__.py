"""The commands, one Typer app a file; `cli.main` loads each by its name."""
