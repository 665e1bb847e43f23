"""What `--shard` answers, for the commands that have it."""

from cli import output
from registry.domain.answers import PartialRun


def show_partial(answer: PartialRun, *, as_json: bool, quiet: bool) -> None:
    """Print how far a run is whose parts are worked on by several processes."""
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.run)
        return
    output.print_facts(
        [
            ("run", answer.run),
            ("operation", answer.operation.value),
            ("input", answer.input),
            ("shard", answer.part),
            ("units", f"{answer.num_finished:,} of {answer.num_units:,} finished"),
        ]
    )
    if answer.num_finished == answer.num_units:
        output.hint(f"next: muster run merge {answer.run}")
