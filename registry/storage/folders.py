"""Local folders that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from registry.errors import InputError
from registry.storage.objects import flush, make_folder, sync_folder, translated_errors
from registry.storage.staging import staged_folder


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give a folder to fill, which becomes another one at the end of the block.

    An error in the block leaves nothing behind.

    Raises:
        InputError: There is something at the target.
        StorageError: The folder cannot be made, flushed or put in its place.
    """
    target = target.resolve()  # `.` has no name
    refuse_what_is_there(target)
    make_folder(target.parent)
    with ExitStack() as stack:
        with translated_errors(str(target)):
            staged = stack.enter_context(staged_folder(target.parent, name=target.name))
        yield staged
        with translated_errors(str(target)):
            _flush_all(staged)
            staged.chmod(0o755)  # it was made private
            refuse_what_is_there(target)
            staged.rename(target)
            sync_folder(target.parent)


def refuse_what_is_there(target: Path) -> None:
    """Refuse a path at which there is something else than an empty folder.

    Raises:
        InputError: There is something.
        StorageError: It cannot be looked at.
    """
    with translated_errors(str(target)):
        is_free = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if not is_free:
        raise InputError(f"{target} is in the way", hint="name a folder that is not there yet")


def _flush_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
        else:
            flush(path)
    sync_folder(folder)
