"""Sources that are no files: a table of a database, a commit of a repository, an HTTP API.

Each is a value that says where data lies and which of it is meant. What such a source gives is
written to files in the object store, and these are read as any file is.
"""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, Self, TypeAlias
from urllib.parse import unquote, urlsplit

from pydantic import JsonValue, SecretStr, model_validator

from registry.domain.api_source import ApiSource, Header, PageBy
from registry.domain.base import Value
from registry.domain.hub_source import HUB_SCHEME, HubSource
from registry.domain.secret_names import SecretName
from registry.domain.urls import redact_url
from registry.errors import InputError

Position: TypeAlias = dict[str, JsonValue]
"""How far a source was read, such as the last value of a cursor column, or a commit."""

_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9.+-]*)://")
FILE_SCHEMES: Final = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "memory"})
"""Where files lie that are registered in place, besides this machine."""

_DATABASES: Final = frozenset(
    {"postgresql", "postgres", "sqlite", "mysql", "mariadb", "mssql", "oracle", "duckdb"}
)
"""Others that SQLAlchemy has a dialect for are known by --table or --query."""

_WEB: Final = frozenset({"http", "https"})
_TABLE_OPTIONS: Final = frozenset({"--table", "--query", "--cursor-column", "--timeout"})
_HUB_OPTIONS: Final = frozenset({"--subset", "--subset-split", "--max-ratio"})
_HUB_PAGES: Final = re.compile(r"https://(?:huggingface\.co|hf\.co)/datasets/([^/?#]+/[^/?#]+)")


class EntryKind(StrEnum):
    """What an entry of a repository's tree holds; all but text are why it is no document."""

    TEXT = "text"
    BINARY = "binary-file"
    """By git's own rule: a NUL among the first 8,000 bytes."""

    POINTER = "lfs-pointer"
    """Of git-lfs, to a file that lies elsewhere."""

    LINK = "symbolic-link"
    SUBMODULE = "submodule"


class TableSource(Value):
    """The rows of a table or of a query, as one snapshot of a SQL database sees them."""

    url: SecretStr
    """`postgresql://user@host/database`, `sqlite:///path`, or any URL that SQLAlchemy takes."""

    table: str | None = None
    """The table or view, with its schema where that is not the usual one: `schema.table`."""

    query: str | None = None
    """A `SELECT` in the database's own words; without an `ORDER BY` rows come as they are found."""

    cursor_column: str | None = None
    """A column that rises with every row, such as a serial number: the next registration reads only
    the rows behind the last value."""

    timeout_seconds: float = 3_600.0
    """How long the database may take over one statement."""

    @model_validator(mode="after")
    def _name_the_rows(self) -> Self:
        if self.table is not None and self.query is not None:
            raise InputError("--table and --query both say which rows are meant: give one")
        if self.table is None and self.query is None:
            raise InputError(
                f"{self.uri} is a database: say which of its rows are meant",
                hint="--table NAME, or --query 'SELECT ...'",
            )
        if self.timeout_seconds <= 0:
            raise InputError(f"a timeout of {self.timeout_seconds:g} seconds leaves no time")
        return self

    @property
    def kind(self) -> str:
        """What the catalog calls it."""
        return "sql"

    @property
    def uri(self) -> str:
        """The URL without credentials; a file's path from the root, wherever the caller stands."""
        url = redact_url(self.url.get_secret_value())
        scheme, _, path = url.partition(":///")
        if scheme.partition("+")[0] != "sqlite" or not path:
            return url
        return f"{scheme}:///{Path(path).absolute()}"

    def facts(self) -> dict[str, JsonValue]:
        """Return what tells this source from every other; no secret is among it."""
        return {
            "kind": self.kind,
            "uri": self.uri,
            "table": self.table,
            "query": self.query,
            "cursor_column": self.cursor_column,
        }


class RepositorySource(Value):
    """The files of a git repository at one commit."""

    path: Path
    """The repository, or a folder in it."""

    revision: str = "HEAD"
    """A commit, branch or tag."""

    @property
    def kind(self) -> str:
        """What the catalog calls it."""
        return "git"

    @property
    def uri(self) -> str:
        """Where the repository lies."""
        return f"git+{self.path.absolute().as_uri()}"

    def facts(self) -> dict[str, JsonValue]:
        """Return what tells this source from every other."""
        return {"kind": self.kind, "uri": self.uri}


Source: TypeAlias = TableSource | RepositorySource | ApiSource


class CollectionPlan(Value):
    """What registering a source would read: the answer of a dry run."""

    reference: str
    """The dataset."""

    kind: str
    uri: str
    since: str | None
    """The version behind which reading would go on; None: everything would be read."""

    position: Position | None
    """How far that version had read."""

    num_rows: int | None
    """Rows that would be read; None: the source does not say before it is read."""

    num_bytes: int | None
    is_read_otherwise: bool
    """Whether what is kept becomes other documents than before, so that a version is made."""

    details: tuple[tuple[str, str], ...]
    """What else is known beforehand, such as columns or a commit: name and words."""

    num_files: int | None = None
    """Files that would be read, where files are what is read."""


class SourceOptions(Value):
    """What belongs to the words that name a source, such as a table to a database."""

    table: str | None = None
    query: str | None = None
    cursor_column: str | None = None
    timeout_seconds: float | None = None
    commit: str | None = None
    page_by: PageBy | None = None
    records: str | None = None
    next: str | None = None
    page_parameter: str | None = None
    auth: str | None = None
    headers: tuple[str, ...] | None = None
    attempts: int | None = None
    max_rate: float | None = None
    max_pages: int | None = None
    max_page_bytes: int | None = None
    max_ratio: float | None = None
    allow_private: bool | None = None
    subset: str | None = None
    subset_split: str | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The options that are given, as the command line has them."""
        names = {"timeout_seconds": "timeout", "headers": "header"}
        return tuple(
            f"--{names.get(name, name).replace('_', '-')}"
            for name, value in self
            if value is not None
        )

    def require_only(self, kept: Collection[str], what: str) -> None:
        """Refuse options that do not belong to a source.

        Raises:
            InputError: Another one is given than those kept.
        """
        if wrong := set(self.given) - set(kept):
            raise InputError(f"{', '.join(sorted(wrong))} means nothing for {what}")


def parse_source(places: Sequence[str], options: SourceOptions) -> Source | HubSource | None:
    """Return the source that is named; None: the places are files and folders.

    Raises:
        InputError: It is no source that is read, stands beside others, or an option does not
            belong to it.
    """
    schemes = {
        place: scheme
        for place in places
        if (scheme := scheme_of(place)) is not None and scheme not in FILE_SCHEMES
    }
    if options.commit is None and not schemes:
        options.require_only({"--records", "--max-ratio"}, "files")
        return None
    if len(places) > 1:
        raise InputError(
            f"{redact_url(next(iter(schemes), places[0]))} cannot stand beside other places",
            hint="register them one by one",
        )
    (place,) = places
    if options.commit is not None or schemes[place].startswith("git+"):
        return _parse_repository(place, options)
    if schemes[place] == HUB_SCHEME:
        options.require_only(_HUB_OPTIONS, "a dataset of the Hub")
        return HubSource.parse(place, subset=options.subset, split=options.subset_split)
    if schemes[place] in _WEB:
        return _parse_api(place, options)
    if schemes[place].partition("+")[0] in _DATABASES or options.table or options.query:
        options.require_only(_TABLE_OPTIONS, "a database")
        return TableSource(url=SecretStr(place), **options.model_dump(exclude_none=True))
    raise InputError(
        f"{redact_url(place)}: nothing is read from {schemes[place]}:",
        hint="a path, an object store such as s3://, a database such as postgresql:// with "
        "--table, an API at https://, hf://datasets/OWNER/NAME, or a repository with --commit",
    )


def _parse_repository(place: str, options: SourceOptions) -> RepositorySource:
    options.require_only({"--commit"}, "a repository")
    scheme = scheme_of(place)
    if scheme not in (None, "file", "git+file"):
        raise InputError(
            f"{redact_url(place)}: repositories are read where they lie on this machine",
            hint=f"git clone {redact_url(place).removeprefix('git+')}, then register the folder",
        )
    path = Path(place) if scheme is None else Path(unquote(urlsplit(place).path))
    return RepositorySource(path=path, revision=options.commit or "HEAD")


def _parse_api(place: str, options: SourceOptions) -> ApiSource:
    if page := _HUB_PAGES.match(place):
        raise InputError(
            f"{page[0]} is a page about a dataset", hint=f"hf://datasets/{page[1]} is the dataset"
        )
    wrong = _TABLE_OPTIONS | _HUB_OPTIONS | {"--commit"}
    options.require_only(set(options.given) - wrong | {"--timeout"}, "an HTTP API")
    stated = options.model_dump(exclude_none=True, exclude={"auth", "headers", "page_parameter"})
    return ApiSource(
        url=place.partition("#")[0],
        parameter=options.page_parameter,
        auth=None if options.auth is None else SecretName.parse(options.auth, option="--auth"),
        headers=tuple(Header.parse(text) for text in options.headers or ()),
        **stated,
    )


def scheme_of(text: str) -> str | None:
    """Return the scheme of a URL; None: it is a path.

    Example:
        >>> scheme_of("postgresql://db/x"), scheme_of("C:/data"), scheme_of("corpus/a.jsonl")
        ('postgresql', None, None)
    """
    found = _SCHEME.match(text)
    return found["scheme"].lower() if found else None
