"""A dataset of the Hugging Face Hub: which repository, which revision, which of its files."""

import re
from typing import Final, Self
from urllib.parse import quote, unquote

from pydantic import JsonValue

from registry.domain.base import Value
from registry.errors import InputError

CONVERTED: Final = "refs/convert/parquet"
"""The branch on which the Hub keeps a dataset as Parquet, made by itself."""

HUB_SCHEME: Final = "hf"

_URL: Final = re.compile(
    r"hf://datasets/(?P<repository>[\w.-]+/[\w.-]+)"
    r"(?:@(?P<revision>~parquet|refs/(?:convert|pr)/[^/]+|[^/]+))?(?:/(?P<path>.*))?",
    re.ASCII | re.DOTALL,
)
_SPECIAL: Final = re.compile(r"refs/(?:convert|pr)/[^/]+")


class HubSource(Value):
    """Files of a dataset repository at one revision; they stay where they lie."""

    repository: str
    """`owner/name`."""

    revision: str = "main"
    """A branch, tag or commit; the commit that it means is what is read and recorded."""

    path: str | None = None
    """A file, folder or glob in it; None: what the card says, else every file of data."""

    subset: str | None = None
    """A configuration of the card."""

    split: str | None = None
    """One split of the subset; None: all of them."""

    @classmethod
    def parse(cls, url: str, *, subset: str | None = None, split: str | None = None) -> Self:
        """Return the source in `hf://datasets/OWNER/NAME[@REVISION][/PATH]`.

        Raises:
            InputError: It is none, or both a path and a subset say which files are meant.
        """
        found = _URL.fullmatch(url)
        if found is None:
            raise InputError(
                f"{url} is no dataset of the Hub",
                hint="hf://datasets/OWNER/NAME, with @REVISION and /PATH where they are meant",
            )
        path = (found["path"] or "").strip("/") or None
        if path is not None and (subset or split):
            raise InputError(
                f"{path!r}, --subset and --subset-split say which files are meant",
                hint="leave out the path, or the options",
            )
        stated = unquote(found["revision"] or "main")
        revision = CONVERTED if stated == "~parquet" else stated
        return cls(
            repository=found["repository"],
            revision=revision,
            path=path,
            subset=subset,
            split=split,
        )

    @property
    def kind(self) -> str:
        """What the catalog calls it."""
        return "hub"

    @property
    def uri(self) -> str:
        """The URL of the repository, or of the path in it, at the revision as it was given."""
        return hub_uri(self.repository, self.revision, self.path or "")

    @property
    def place(self) -> str:
        """The URL with subset and split behind it, where they are meant."""
        meant = {"subset": self.subset, "split": self.split}
        said = "&".join(f"{name}={quote(value)}" for name, value in meant.items() if value)
        return f"{self.uri}#{said}" if said else self.uri

    def facts(self) -> dict[str, JsonValue]:
        """Return what tells this source from every other."""
        return {"kind": self.kind, "uri": self.uri, "subset": self.subset, "split": self.split}


def hub_uri(repository: str, revision: str, path: str = "") -> str:
    """Return the URL of a file or folder of a dataset repository.

    Example:
        >>> hub_uri("ada/poems", "v1/draft", "a.txt")
        'hf://datasets/ada/poems@v1%2Fdraft/a.txt'
    """
    written = revision if _SPECIAL.fullmatch(revision) else quote(revision, safe="")
    return f"{HUB_SCHEME}://datasets/{repository}@{written}" + (f"/{path}" if path else "")
