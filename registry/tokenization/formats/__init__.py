"""Token shard formats, one a file; those that tokens can be exported in, by name."""

from registry.domain.tokens import OutputFormat
from registry.tokenization.formats import (
    columnar,
    datatrove,
    litdata,
    llmc,
    mds,
    megatron_export,
    nanogpt,
    olmo,
)
from registry.tokenization.formats.base import TokenFormat

FORMATS: dict[OutputFormat, TokenFormat] = {
    one.name: one
    for one in (
        columnar.ARROW,
        datatrove.FORMAT,
        litdata.FORMAT,
        llmc.FORMAT,
        mds.FORMAT,
        megatron_export.FORMAT,
        nanogpt.FORMAT,
        olmo.FORMAT,
        columnar.PARQUET,
    )
}
"""Every format of exported tokens, in alphabetical order."""

__all__ = ["FORMATS", "TokenFormat"]
