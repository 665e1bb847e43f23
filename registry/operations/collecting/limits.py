"""Which limits hold for a registration, and what of them is kept with each file."""

from collections.abc import Sequence
from dataclasses import replace

from registry.domain.limits import Limits
from registry.domain.reading import Container, Format, Reading
from registry.operations.context import Context
from registry.operations.project_file import read_limits
from registry.sources.file import SourceFile
from registry.sources.unpacking import Meter


def find_limits(context: Context, stated: Limits) -> Limits:
    """Return the limits that hold: as stated, else as the environment or `muster.toml` says.

    `MUSTER_MAX_DOCUMENT_BYTES` is not among them: every pass reads it for itself.

    Raises:
        InputError: `muster.toml` states one that is none.
        UnreadableError: `muster.toml` is not TOML.
    """
    path, table = read_limits(context.home)
    of_files = {name: value for name, value in table.items() if name in Limits.model_fields}
    project = Limits.read(of_files, what=f"{path}: limits:")
    settings = context.settings
    environment = Limits(
        max_ratio=settings.max_ratio,
        max_members=settings.max_members,
        max_json_depth=settings.max_json_depth,
    )
    if "max_document_bytes" in settings.model_fields_set:
        project = project.model_copy(update={"max_document_bytes": None})
    return stated.over(environment.over(project))


def meter(files: Sequence[SourceFile], limits: Limits) -> list[SourceFile]:
    """Return files that refuse to become more than they may."""
    return [
        replace(
            file,
            meter=Meter.of(
                file.num_bytes, max_ratio=limits.max_ratio, max_members=limits.max_members
            ),
        )
        for file in files
    ]


def drop_idle(reading: Reading) -> Reading:
    """Return how a file is read without the limits that decide about no row of its format."""
    is_open = reading.container is not Container.NONE
    idle: dict[str, None] = {}
    if not is_open and reading.format not in (Format.JSON, Format.JSONL):
        idle["max_json_depth"] = None
    if not is_open and reading.format is not Format.WARC:
        idle["max_ratio"] = None
    return reading.model_copy(update=idle)
