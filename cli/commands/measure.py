"""`muster measure`: what a pass over the documents finds, kept for every report."""

import typer

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def measure() -> None:
    """Measure what reports stand on and no count says."""
