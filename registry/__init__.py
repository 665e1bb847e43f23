"""muster: the catalog and ledger between raw data and a language-model training run.

Example:
    >>> import registry
    >>> with registry.open_registry() as muster:  # doctest: +SKIP
    ...     muster.register(["corpus.jsonl"], name="web/cc")

Public names load on first use, so that importing a value type never imports Arrow or SQLAlchemy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from registry.about import __version__

if TYPE_CHECKING:
    from registry.api import Registry, open_registry
    from registry.domain.card import Card
    from registry.domain.names import DatasetName, Reference
    from registry.domain.reading import Reading
    from registry.domain.recipe import Recipe
    from registry.errors import MusterError
    from registry.operations.keeping.database import init_registry

_HOMES = {
    "Card": "registry.domain.card",
    "DatasetName": "registry.domain.names",
    "MusterError": "registry.errors",
    "Reading": "registry.domain.reading",
    "Recipe": "registry.domain.recipe",
    "Reference": "registry.domain.names",
    "Registry": "registry.api",
    "init_registry": "registry.operations.keeping.database",
    "open_registry": "registry.api",
}

__all__ = [
    "Card",
    "DatasetName",
    "MusterError",
    "Reading",
    "Recipe",
    "Reference",
    "Registry",
    "__version__",
    "init_registry",
    "open_registry",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
