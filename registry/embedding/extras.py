"""Libraries that only embeddings need, behind the extra `embed`."""

from collections.abc import Iterator
from contextlib import contextmanager

from registry.errors import MissingExtraError


@contextmanager
def needed_for(task: str, *, extra: str = "embed") -> Iterator[None]:
    """Say which extra is missing where an import in the block fails.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(task=task, extra=extra) from error
