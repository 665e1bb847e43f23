"""Which places data can be collected from here, and what the others wait for."""

import shutil
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from typing import Final, NamedTuple

from registry.domain.keeping import Check, Health


class _Source(NamedTuple):
    name: str
    what: str
    modules: tuple[str, ...] = ()
    """What has to be importable."""

    extra: str | None = None
    """What brings those."""


SOURCES: Final = (
    _Source("files", "files, folders, globs, archives, standard input"),
    _Source("contributions", "files and standard input, with --contributor or a column"),
    _Source("model output", "files, with --generator"),
    _Source("s3", "s3://BUCKET/..., and a store there", ("s3fs",), "s3"),
    _Source("gs", "gs://BUCKET/..., and a store there", ("gcsfs",), "gs"),
    _Source("az", "az://CONTAINER/..., and a store there", ("adlfs",), "az"),
    _Source("sqlite", "sqlite:///FILE; other databases with their SQLAlchemy driver"),
    _Source(
        "postgresql",
        "postgresql://HOST/..., and a catalog there",
        ("adbc_driver_postgresql", "psycopg"),
        "postgres",
    ),
    _Source("http", "HTTP APIs, https://HOST/...", ("httpx2", "stamina"), "web"),
    _Source("web archives", "WARC, ARC, WET and HTML files", ("fastwarc", "resiliparse"), "web"),
    _Source("hub", "hf://datasets/OWNER/NAME, and models", ("huggingface_hub",), "hub"),
)
"""Every kind of place but git, for which a program is needed and no library."""


def examine_sources(distribution: str) -> Iterator[Check]:
    """Say of every kind of source whether it can be read here, and what to install if not.

    What an extra brings for several kinds, or for the store too, is said of each.
    """
    for source in SOURCES:
        is_ready = all(map(find_spec, source.modules))
        yield Check(
            name=f"source {source.name}",
            health=Health.OK if is_ready else Health.MISSING,
            found=f"{source.what}: {_list_versions(source)}"
            if is_ready and source.modules
            else source.what,
            hint=None if is_ready else f'pip install "{distribution}[{source.extra}]"',
        )
    path = shutil.which("git")
    yield Check(
        name="source git",
        health=Health.OK if path else Health.MISSING,
        found="repositories, with --commit" + (f": {path}" if path else ""),
        hint=None if path else "install git, which reads them",
    )


def _list_versions(source: _Source) -> str:
    return ", ".join(map(_name_version, source.modules))


def _name_version(module: str) -> str:
    try:
        return f"{module} {metadata.version(module)}"
    except metadata.PackageNotFoundError:
        return module
