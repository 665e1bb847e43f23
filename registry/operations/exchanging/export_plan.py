"""What an export of tokens will be, or why it cannot be: decided before a byte is written."""

from dataclasses import dataclass

from pydantic import ValidationError

from registry.domain.tokens import (
    OutputFormat,
    Packing,
    TokenExportOptions,
    TokenManifest,
)
from registry.errors import InputError
from registry.tokenization.formats import FORMATS, TokenFormat
from registry.tokenization.formats.base import Dtype
from registry.tokenization.formats.boundaries import (
    Boundary,
    describe,
    find_conflict,
    find_moved_eos,
)


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """An export that fits its format."""

    format: TokenFormat
    options: TokenExportOptions
    dtype: Dtype
    max_shard_tokens: int | None
    moved_eos: int | None
    """The EOS that stands behind stored documents and goes before them; None: all stays."""

    boundaries: str
    splits: tuple[tuple[str, int, int], ...]
    """Each split's name, and from which place in the order to before which its documents are."""


def read_options(
    *,
    output_format: OutputFormat | str,
    sequence_length: int | None = None,
    packing: Packing | str = Packing.CONCATENATE,
    shuffle_seed: int | None = None,
    val_fraction: float | None = None,
    max_shard_tokens: int | None = None,
) -> TokenExportOptions:
    """Return options that are valid by themselves.

    Raises:
        InputError: One of them is not.
    """
    try:
        return TokenExportOptions(
            output_format=OutputFormat(output_format),
            sequence_length=sequence_length,
            packing=Packing(packing),
            shuffle_seed=shuffle_seed,
            val_fraction=val_fraction,
            max_shard_tokens=max_shard_tokens,
        )
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0])
        raise InputError(f"{option} {first['input']!r}: {first['msg']}") from error
    except ValueError as error:
        raise InputError(str(error)) from error


def plan_export(
    stored: TokenManifest, num_documents: int, options: TokenExportOptions
) -> ExportPlan:
    """Return how a version is exported.

    Raises:
        InputError: The version does not fit the format, or an option means nothing to it.
    """
    chosen = FORMATS[options.output_format]
    _check_packing(chosen, options)
    boundary = _find_boundary(chosen, options)
    _check_boundary(stored, boundary, name=chosen.name)
    dtype = chosen.dtype_for(stored.tokenizer.highest_id)
    return ExportPlan(
        format=chosen,
        options=options,
        dtype=dtype,
        max_shard_tokens=_find_limit(chosen, dtype, options.max_shard_tokens),
        moved_eos=find_moved_eos(stored.policy, boundary),
        boundaries=describe(stored.policy, boundary),
        splits=_split(num_documents, options.val_fraction),
    )


def _check_packing(chosen: TokenFormat, options: TokenExportOptions) -> None:
    if options.sequence_length is None:
        if options.packing is not Packing.CONCATENATE:
            raise InputError(
                f"--packing {options.packing} needs the length of a sequence",
                hint="--sequence-length 2048",
            )
        return
    if options.packing in chosen.packings:
        return
    if not chosen.packings:
        raise InputError(
            f"{chosen.name} is one stream of tokens, and who reads it cuts sequences from it",
            hint="leave out --sequence-length",
        )
    raise InputError(
        f"{chosen.name} has sequences of one length, and --packing {options.packing} fills some "
        "in part",
        hint="--packing concatenate",
    )


def _find_boundary(chosen: TokenFormat, options: TokenExportOptions) -> Boundary:
    """Return what tells documents apart: in a sequence only a special token does."""
    is_packed = options.sequence_length is not None
    return Boundary.MARK if is_packed and chosen.boundary is Boundary.INDEX else chosen.boundary


def _check_boundary(stored: TokenManifest, boundary: Boundary, *, name: str) -> None:
    conflict = find_conflict(stored.policy, boundary)
    if conflict is None:
        return
    wanted, tokenize_options = conflict
    raise InputError(
        f"{name} wants {wanted}, and the shards have: {describe(stored.policy, Boundary.INDEX)}",
        hint=f"muster tokenize {stored.input.reference} --tokenizer {stored.tokenizer.name} "
        f"{tokenize_options}",
    )


def _find_limit(chosen: TokenFormat, dtype: Dtype, wanted: int | None) -> int | None:
    if wanted is None:
        return chosen.shard_tokens(dtype)
    most = chosen.most_shard_tokens(dtype)
    if most == 0:
        raise InputError(f"{chosen.name} is one file", hint="leave out --max-shard-tokens")
    if most is not None and wanted > most:
        raise InputError(
            f"{wanted:,} tokens do not fit a file of {chosen.name}: at most {most:,} do"
        )
    return wanted


def _split(num_documents: int, fraction: float | None) -> tuple[tuple[str, int, int], ...]:
    if fraction is None:
        return (("train", 0, num_documents),)
    num_val = max(1, round(num_documents * fraction))
    if num_val >= num_documents:
        raise InputError(
            f"{num_documents:,} documents leave nothing to train on beside {fraction:.2%} of them"
        )
    first = num_documents - num_val
    return (("train", 0, first), ("val", first, num_documents))
