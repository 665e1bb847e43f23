"""Where bytes lie, and within which limits they are worked on: what work takes into a worker."""

from dataclasses import dataclass

from registry.settings import Settings
from registry.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Place:
    """The object store and the settings. It can be pickled, and knows no catalog."""

    store: ObjectStore
    settings: Settings
