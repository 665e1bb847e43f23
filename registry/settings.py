"""Settings from the environment: the one road by which it enters.

| variable | meaning |
|---|---|
| `MUSTER_HOME` | the registry's home; else the nearest `.muster` upwards, as git finds `.git` |
| `MUSTER_DATABASE_URL` | a PostgreSQL or SQLite URL; else `catalog.db` in the home |
| `MUSTER_READ_DATABASE_URL` | a replica that lists and look-ups read; else the catalog itself |
| `MUSTER_STORE` | where objects lie, any fsspec URL; else `objects` in the home |
| `MUSTER_ACTOR` | who is recorded for each change; else the login name |
| `MUSTER_BATCH_BYTES` | text bytes of one batch in memory; 8 MB unless set |
| `MUSTER_WORKER_BYTES` | a worker that holds more lets go of what engines keep; 512 MB unless set |
| `MUSTER_SHARD_BYTES` | text bytes after which a normalized shard is closed; 256 MB unless set |
| `MUSTER_MAX_DOCUMENT_BYTES` | a longer document is quarantined; 512 MB unless set |
| `MUSTER_MAX_RATIO` | how many times its bytes a compressed file may become; 200 unless said |
| `MUSTER_MAX_MEMBERS` | how many members an archive may have; 1,000,000 unless said |
| `MUSTER_MAX_JSON_DEPTH` | how deep a JSON record may be nested; 254 unless said |
| `MUSTER_UNIT_SECONDS` | a worker that is longer at one unit is killed; 3,600 unless set |
| `MUSTER_CONTRIBUTOR_KEY` | for contributors' pseudonyms; else `contributors.key` in the home |
| `MUSTER_OPENLINEAGE_TOKEN` | what a server of lineage events knows the sender by |
"""

import getpass
import os
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

HOME_FOLDER = ".muster"

_PLACES = ("database_url", "read_database_url", "store")


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def find_secret(name: str) -> SecretStr | None:
    """Return the value of a variable that the caller named; None: it is not set, or empty."""
    value = os.environ.get(name, "").strip()
    return SecretStr(value) if value else None


class Settings(BaseSettings):
    """What the environment says; every field has a working default."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_", frozen=True, extra="ignore")

    home: Path | None = None
    # These may hold a password, which a traceback would show.
    database_url: str | None = Field(default=None, repr=False)
    read_database_url: str | None = Field(default=None, repr=False)
    store: str | None = Field(default=None, repr=False)
    actor: str = Field(default_factory=_login_name)
    batch_bytes: int = Field(default=8 << 20, ge=1 << 10)
    worker_bytes: int = Field(default=512 << 20, ge=1)
    shard_bytes: int = Field(default=256 << 20, ge=1 << 10)
    max_document_bytes: int = Field(default=512 << 20, ge=1)
    max_ratio: float | None = Field(default=None, ge=1)
    max_members: int | None = Field(default=None, ge=1)
    max_json_depth: int | None = Field(default=None, ge=1, le=254)
    unit_seconds: float = Field(default=3_600, gt=0)
    contributor_key: SecretStr | None = Field(default=None, min_length=16)
    openlineage_token: SecretStr | None = None

    @classmethod
    def read(cls, *, home: Path | None = None) -> Self:
        """Read the environment; a home given by the caller wins over `MUSTER_HOME`."""
        settings = cls()
        return settings if home is None else settings.model_copy(update={"home": home})

    def alone_in(self, home: Path) -> Self:
        """Return settings with catalog and objects in a home, whatever the environment says."""
        return self.model_copy(update=dict.fromkeys(_PLACES) | {"home": home})

    def find_home(self, start: Path) -> Path | None:
        """Return the registry's home: as given, else the nearest one at or above a folder."""
        if self.home is not None:
            return self.home.absolute()
        for folder in (start, *start.parents):
            if (folder / HOME_FOLDER).is_dir():
                return folder / HOME_FOLDER
        return None

    def resolve_database_url(self, home: Path) -> str:
        """Return the catalog's URL: as given, else the SQLite file in the home."""
        return self.database_url or f"sqlite:///{home / 'catalog.db'}"

    def resolve_store(self, home: Path) -> str:
        """Return the object store's URL: as given, else the folder in the home."""
        return self.store or str(home / "objects")
