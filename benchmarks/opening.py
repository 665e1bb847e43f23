"""A new registry in a folder that is gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from registry.api import Registry, open_registry
from registry.operations.keeping.database import init_registry
from registry.settings import HOME_FOLDER


@contextmanager
def new_home() -> Iterator[Path]:
    """Give the home of a registry with nothing in it."""
    with TemporaryDirectory() as folder:
        init_registry(Path(folder))
        yield Path(folder) / HOME_FOLDER


@contextmanager
def new_registry() -> Iterator[Registry]:
    """Give a registry with nothing in it."""
    with new_home() as home, open_registry(home) as muster:
        yield muster
