"""The names of secrets: where one is kept, never what it is."""

from enum import StrEnum
from typing import Self

from registry.domain.base import Value
from registry.errors import InputError


class SecretStore(StrEnum):
    """Where secrets are kept."""

    ENVIRONMENT = "env"
    KEYRING = "keyring"


class SecretName(Value):
    """The name of a secret: `env:NAME`, or `keyring:SERVICE/USER`."""

    store: SecretStore
    name: str

    @classmethod
    def find(cls, text: str) -> Self | None:
        """Return the secret that a text names; None: it names none."""
        store, _, name = text.partition(":")
        if store not in tuple(SecretStore) or not name.strip("/ "):
            return None
        return cls(store=SecretStore(store), name=name)

    @classmethod
    def parse(cls, text: str, *, option: str) -> Self:
        """Return the secret that an option names.

        Raises:
            InputError: It names none; what stands there may be the secret, and is not repeated.
        """
        found = cls.find(text)
        if found is None:
            raise InputError(
                f"{option}: a secret is named, not written: commands are seen by others and kept",
                hint=f"put it into the environment, then {option} env:NAME",
            )
        return found

    def __str__(self) -> str:
        return f"{self.store}:{self.name}"
