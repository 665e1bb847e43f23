"""The one front door of the library: verbs on `Registry`, nouns as its attributes."""

from registry.api.opening import open_registry
from registry.api.registry import Registry

__all__ = ["Registry", "open_registry"]
