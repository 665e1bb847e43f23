"""Write the tokens of a mixture as files of a trainer: each part in a folder, weights beside."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from registry.domain.digest import Digest, canonical_json
from registry.domain.mixture import MANIFEST, Mixture, MixturePart
from registry.domain.mixture_export import ExportedPart, MixtureExport, MixtureExportManifest
from registry.domain.names import Reference
from registry.domain.tokenizer import Tokenizer
from registry.domain.tokens import TokenExportOptions
from registry.domain.version import Content, Version, VersionState
from registry.errors import InputError
from registry.operations.context import Context
from registry.operations.exchanging.export_tokens import export_tokens
from registry.operations.mixing.mixtures import list_parts
from registry.operations.passes.inputs import refuse_withdrawn
from registry.storage.objects import replaced_file, translated_errors


def export_mixture(
    context: Context,
    reference: Reference,
    folder: Path,
    options: TokenExportOptions,
    *,
    tokenizer: str | None = None,
) -> MixtureExport:
    """Export the tokens of every part of a mixture; `mixture.json`, written last, has the weights.

    Each part's folder appears whole or not at all, and one that is there already is left alone, so
    that an export that was interrupted goes on where it ended. How often a part is repeated is for
    the trainer, who knows the length of the run.

    Args:
        context: The open registry.
        reference: The mixture.
        folder: Where to.
        options: How each part is written.
        tokenizer: Whose tokens; None: of the one tokenizer that all parts have tokens of.

    Raises:
        InputError: It is no mixture; it or a part was withdrawn; a part has no token shards, or
            several that fit; or see `export_tokens`.
        UnknownError: There is no such version or tokenizer.
        CorruptObjectError: A stored shard no longer matches its digest.
        StorageError: The folder cannot be written.
    """
    version = context.catalog.versions.get(reference)
    mixture = context.catalog.mixtures.get(reference)
    for named in (version, *context.catalog.versions.list_many(list_parts(mixture))):
        refuse_withdrawn(context, named)
    chosen, tokens = _find_tokens(context, mixture, tokenizer)
    parts, is_new = [], False
    for part in mixture.parts:
        name = tokens[part.reference].reference
        made = export_tokens(context, Reference.parse(name), folder / part.reference, options)
        is_new |= made.status == "created"
        parts.append(
            ExportedPart(
                reference=part.reference,
                tokens=name,
                folder=part.reference,
                weight=part.weight,
                share=part.share,
                num_documents=made.manifest.num_documents,
                num_tokens=made.manifest.num_tokens,
                boundaries=made.manifest.boundaries,
            )
        )
    manifest = MixtureExportManifest(
        reference=version.reference,
        digest=version.digest,
        options=options,
        tokenizer=chosen,
        parts=tuple(parts),
    )
    is_new |= _write(manifest, folder / MANIFEST)
    return MixtureExport(
        status="created" if is_new else "unchanged", folder=str(folder), manifest=manifest
    )


def _write(manifest: MixtureExportManifest, path: Path) -> bool:
    """Write the manifest unless the same is there; return whether it was written."""
    data = canonical_json(manifest.model_dump(mode="json"))
    with translated_errors(str(path)):
        if path.exists() and path.read_bytes() == data:
            return False
        with replaced_file(path) as staged:
            staged.write_bytes(data)
    return True


def _find_tokens(
    context: Context, mixture: Mixture, tokenizer: str | None
) -> tuple[Tokenizer, Mapping[str, Version]]:
    """Return the tokenizer, and for each part the version of its token shards."""
    held = {part.reference: _list_tokens(context, part) for part in mixture.parts}
    if tokenizer is None:
        chosen = _choose(context, held)
    else:
        chosen = context.catalog.tokenizers.get(tokenizer)
    return chosen, {
        reference: _require_one(reference, found.get(chosen.fingerprint, ()), chosen)
        for reference, found in held.items()
    }


def _list_tokens(context: Context, part: MixturePart) -> dict[Digest, list[Version]]:
    """Return the versions of token shards of a part, by the tokenizer's fingerprint."""
    reference = Reference.parse(part.reference)
    names = [part.reference, *context.catalog.lineage.children(reference)]
    found: dict[Digest, list[Version]] = {}
    for version in context.catalog.versions.list_many([Reference.parse(name) for name in names]):
        if version.content is Content.TOKENS and version.state is not VersionState.WITHDRAWN:
            run = context.catalog.runs.get(version.run or "")
            found.setdefault(str(run.parameters["tokenizer"]), []).append(version)
    return found


def _choose(context: Context, held: Mapping[str, Mapping[Digest, Sequence[Version]]]) -> Tokenizer:
    """Return the one tokenizer that all parts have tokens of."""
    shared = sorted(set.intersection(*(set(found) for found in held.values())))
    names = [context.catalog.tokenizers.get(fingerprint) for fingerprint in shared]
    if len(names) == 1:
        return names[0]
    if not names:
        without = next((name for name, found in held.items() if not found), next(iter(held)))
        raise InputError(
            f"the parts have no token shards of one tokenizer, {without} for one",
            hint=f"muster tokenize {without} --tokenizer NAME",
        )
    raise InputError(
        "the parts have token shards of several tokenizers",
        hint=" | ".join(f"--tokenizer {one.name}" for one in names),
    )


def _require_one(reference: str, found: Sequence[Version], tokenizer: Tokenizer) -> Version:
    """Return the newest version of token shards, of one dataset."""
    if not found:
        raise InputError(
            f"{reference} has no token shards of {tokenizer.name}",
            hint=f"muster tokenize {reference} --tokenizer {tokenizer.name}",
        )
    datasets = sorted({str(version.dataset) for version in found})
    if len(datasets) > 1:
        raise InputError(
            f"{reference} has token shards of {tokenizer.name} in several datasets: "
            + ", ".join(datasets),
            hint="make the mixture of the one that is meant: muster mixture make mix/NAME "
            f"{datasets[0]}=WEIGHT ...",
        )
    return max(found, key=lambda version: version.number)
