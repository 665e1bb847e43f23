"""Secrets by their names: from the environment, or from the system's keyring."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType
from urllib.parse import quote, quote_plus, unquote_plus

from pydantic import SecretStr

from registry.domain.secret_names import SecretName, SecretStore
from registry.errors import InputError
from registry.settings import find_secret

_SHORT_CHARACTERS = 8
"""A shorter secret stands in many a text by chance."""


class Secrets:
    """The secrets of one source. Nothing prints them.

    Raises:
        InputError: One is not there, or could not be sent.
    """

    def __init__(self, names: Iterable[SecretName]) -> None:
        self._values: Mapping[SecretName, SecretStr] = {name: _read(name) for name in names}

    def get(self, name: SecretName) -> str:
        """Return a secret, to be sent and nothing else."""
        return self._values[name].get_secret_value()

    def expand(self, query: str) -> str:
        """Return a query with the secrets in place of their names."""
        texts = {str(name): quote(self.get(name), safe="") for name in self._values}
        return _replace_values(query, texts)

    def hide(self, query: str) -> str:
        """Return a query with the names in place of the secrets, as a server repeats them."""
        return _replace_values(query, {self.get(name): str(name) for name in self._values})

    def scrub(self, text: str) -> str:
        """Return a text in which no secret stands."""
        for name in self._values:
            for written in self._spellings(name):
                text = text.replace(written, str(name))
        return text

    def find_in(self, data: bytes) -> SecretName | None:
        """Return a secret that stands in some bytes; short ones are not looked for."""
        for name in self._values:
            if len(self.get(name)) >= _SHORT_CHARACTERS and any(
                written.encode() in data for written in self._spellings(name)
            ):
                return name
        return None

    def _spellings(self, name: SecretName) -> tuple[str, ...]:
        value = self.get(name)
        return value, quote(value, safe=""), quote_plus(value), value.replace("/", "\\/")


def _replace_values(query: str, texts: Mapping[str, str]) -> str:
    """Return a query in which the values that are known are replaced; all else stays as written."""
    parameters = (parameter.partition("=") for parameter in query.split("&"))
    return "&".join(
        f"{name}{equals}{texts.get(unquote_plus(value), value)}"
        for name, equals, value in parameters
    )


def _read(name: SecretName) -> SecretStr:
    found = find_secret(name.name) if name.store is SecretStore.ENVIRONMENT else _ask_keyring(name)
    if found is None:
        shown = name.name if name.store is SecretStore.ENVIRONMENT else name
        raise InputError(
            f"{name}: there is no such secret",
            hint=f"read -rs {shown} && export {shown}"
            if name.store is SecretStore.ENVIRONMENT
            else f"keyring set {' '.join(_split(name))}",
        )
    value = found.get_secret_value()
    if not (value.isascii() and value.isprintable()):
        raise InputError(f"{name} holds characters that no header can")
    return found


def _ask_keyring(name: SecretName) -> SecretStr | None:
    found = _load_keyring(name).get_password(*_split(name))
    return SecretStr(found) if found else None


def _load_keyring(name: SecretName) -> ModuleType:
    try:
        return import_module("keyring")
    except ImportError as error:
        raise InputError(
            f"{name}: the keyring is read by a package that is not installed",
            hint="pip install keyring, or env:NAME",
        ) from error


def _split(name: SecretName) -> tuple[str, str]:
    service, _, user = name.name.rpartition("/")
    return service or user, user
