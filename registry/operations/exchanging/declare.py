"""Let the registry state what a file declares, and write such a file."""

from datetime import datetime
from pathlib import Path

from registry.domain.card import require_past
from registry.domain.declaration import DeclarationExport
from registry.domain.declared_changes import Applied
from registry.errors import InputError, MusterError, UnreadableError
from registry.exchange.declaration import DeclarationFile, read_declaration, render_declaration
from registry.operations.context import Context
from registry.scaling.cost import get_device
from registry.storage.objects import write_atomically


def apply(context: Context, path: Path, *, dry_run: bool = False) -> Applied:
    """Write what a declaration says and is not stated yet: all in one transaction, or nothing.

    What the file does not name stays as it is; nothing is deleted. What speaks of a version, run or
    tokenizer that is not here waits: the same file does it later. Safe to repeat.

    Args:
        context: The open registry.
        path: A YAML file.
        dry_run: Say what would be done and write nothing.

    Raises:
        UnreadableError: The file cannot be read, or is not YAML.
        InputError: It says what cannot be; file and line are named, and nothing was written.
        ConflictError: It says of a model what cannot be changed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read: {error}") from error
    file = read_declaration(text, origin=str(path))
    _check_devices(file)
    _check_times(file, now=context.clock())
    store, actor = context.catalog.declarations, context.actor
    if dry_run:
        changes = store.compare(file.declaration, where=file.where, actor=actor)
    else:
        changes = store.apply(file.declaration, where=file.where, actor=actor, at=context.clock())
    return Applied(file=str(path), dry_run=dry_run, changes=tuple(changes))


def export_all(context: Context, path: Path | None) -> DeclarationExport:
    """Write all that is stated as a declaration, to a file if one is named.

    Raises:
        InputError: Its folder is not there.
        StorageError: It cannot be written.
    """
    if path is not None and not path.absolute().parent.is_dir():
        raise InputError(f"there is no folder {path.parent}", hint="make it first")
    declaration = context.catalog.declarations.read()
    text = render_declaration(declaration)
    if path is not None:
        write_atomically(path, text.encode())
    return DeclarationExport(
        file=None if path is None else str(path),
        num_datasets=len(declaration.datasets),
        num_models=len(declaration.models),
        num_targets=len(declaration.targets),
        num_costs=len(declaration.costs),
        text=text,
    )


def _check_times(file: DeclarationFile, *, now: datetime) -> None:
    """Refuse what was retrieved in a time to come, as registration does."""
    for name, dataset in file.declaration.datasets.items():
        for number, version in dataset.versions.items():
            for index, source in enumerate(version.sources):
                try:
                    require_past(source.retrieved_at, now=now)
                except InputError as error:
                    place = ("datasets", name, "versions", number, "sources", index)
                    raise InputError(
                        f"{file.where((*place, 'retrieved_at'))}: {error.message}", hint=error.hint
                    ) from error


def _check_devices(file: DeclarationFile) -> None:
    """Refuse a target whose device nobody knows, as `muster target set` does."""
    for name, target in file.declaration.targets.items():
        if target.hardware is None:
            continue
        try:
            get_device(target.hardware.device)
        except MusterError as error:
            where = file.where(("targets", name, "hardware", "device"))
            raise InputError(f"{where}: {error.message}", hint=error.hint) from error
