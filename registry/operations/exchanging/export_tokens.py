"""Write a version's tokens as the files of one trainer: in its format, shuffled, packed, split."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from registry.domain.answers import TokenExport
from registry.domain.digest import canonical_json, digest_of_file
from registry.domain.names import Reference
from registry.domain.progress import Done
from registry.domain.tokens import (
    TokenExportManifest,
    TokenExportOptions,
    TokenFile,
    TokenSplit,
)
from registry.operations.context import CODE, Context
from registry.operations.exchanging.export_plan import ExportPlan, plan_export
from registry.operations.tokenizing.token_shards import OpenTokens, check_digests, open_token_shards
from registry.storage.folders import new_folder, refuse_what_is_there
from registry.storage.objects import translated_errors
from registry.tokenization.formats.base import Layout, Numbers, Rows
from registry.tokenization.packing import Packer, new_packer
from registry.tokenization.stored_tokens import shuffled

MANIFEST = "manifest.json"
_BATCH_TOKENS = 1 << 22
_SEQUENCES_AT_HAND = 64
"""Best-fit packing has documents for so many sequences at hand at least."""


def export_tokens(
    context: Context, reference: Reference, folder: Path, options: TokenExportOptions
) -> TokenExport:
    """Write token shards as files of another format; the folder appears whole or not at all.

    The same version and options give the same bytes. Safe to repeat: a folder that holds the same
    export is left alone. Memory is bounded by the longest document, and with a seed by 8 bytes a
    document.

    Raises:
        InputError: The version holds documents; its policy or ids do not fit the format; an option
            means nothing to it; or something else is at the folder.
        CorruptObjectError: A stored shard no longer matches its digest.
        StorageError: The folder cannot be written.
    """
    with ExitStack() as stack:
        opened = open_token_shards(context, reference, stack)
        plan = plan_export(opened.manifest, opened.tokens.num_documents, options)
        draft = _draft(opened, plan)
        known = _find_known(folder, draft)
        if known is not None:
            return TokenExport(status="unchanged", folder=str(folder), manifest=known)
        refuse_what_is_there(folder)
        check_digests(context, opened)
        with new_folder(folder) as staged:
            made = _write(context, opened, plan, draft, staged)
    return TokenExport(status="created", folder=str(folder), manifest=made)


def _draft(opened: OpenTokens, plan: ExportPlan) -> TokenExportManifest:
    """Return what is known of an export before it is written."""
    stored = opened.manifest
    return TokenExportManifest(
        reference=opened.version.reference,
        digest=opened.version.digest,
        options=plan.options,
        dtype=plan.dtype.name,
        tokenizer=stored.tokenizer,
        policy=stored.policy,
        boundaries=plan.boundaries,
        recipe=stored.recipe,
        input=stored.input,
        code=CODE,
        splits=(),
        files=(),
    )


def _find_known(folder: Path, draft: TokenExportManifest) -> TokenExportManifest | None:
    """Return the manifest of a folder that holds the same export, byte for byte."""
    try:
        found = TokenExportManifest.model_validate_json((folder / MANIFEST).read_bytes())
        if found.model_copy(update={"splits": (), "files": ()}) != draft:
            return None
        if found.files != _list_files(folder):
            return None
    except (OSError, ValidationError):
        return None
    return found


def _write(
    context: Context,
    opened: OpenTokens,
    plan: ExportPlan,
    draft: TokenExportManifest,
    folder: Path,
) -> TokenExportManifest:
    tokens = opened.tokens
    context.progress.start("export", total_bytes=tokens.num_tokens * tokens.dtype.itemsize)
    try:
        with translated_errors(str(folder)):
            order = _order(tokens.num_documents, plan.options.shuffle_seed)
            splits = tuple(
                _SplitExport(context, opened, plan, folder, name).write(order, first, last)
                for name, first, last in plan.splits
            )
            made = draft.model_copy(update={"splits": splits, "files": _list_files(folder)})
            (folder / MANIFEST).write_bytes(canonical_json(made.model_dump(mode="json")))
    finally:
        context.progress.finish()
    if plan.format.keeps_first_file and len(plan.splits) == len(made.files) == 1:
        context.progress.note(
            f"all tokens fit the one file that {plan.options.output_format} keeps for validation: "
            "--val-fraction splits them by documents"
        )
    return made


def _order(num_documents: int, seed: int | None) -> Numbers | None:
    return None if seed is None else shuffled(num_documents, seed)


@dataclass
class _SplitExport:
    """The pass over the documents of one split."""

    context: Context
    opened: OpenTokens
    plan: ExportPlan
    folder: Path
    name: str
    _num_documents: int = field(default=0, init=False)
    _num_rows: int = field(default=0, init=False)
    _num_tokens: int = field(default=0, init=False)

    def write(self, order: Numbers | None, first: int, last: int) -> TokenSplit:
        plan = self.plan
        writer = plan.format.open(self._layout())
        tail_tokens = 0
        try:
            documents = self._read(order, first, last)
            packer = _new_packer(plan.options)
            for rows in documents if packer is None else _pack(documents, packer):
                self._count(rows)
                writer.write(rows)
            if packer is not None and len(tail := packer.finish()):
                tail_tokens = len(tail.ids)
                if plan.format.takes_short_rows:
                    self._count(tail)
                    writer.write(tail)
        except BaseException:
            # The files go with their folder; the first error is already on its way.
            with suppress(Exception):
                writer.close()
            raise
        writer.close()
        return TokenSplit(
            name=self.name,
            num_documents=self._num_documents,
            num_rows=self._num_rows,
            num_tokens=self._num_tokens,
            tail_tokens=tail_tokens,
            is_tail_written=plan.format.takes_short_rows,
        )

    def _layout(self) -> Layout:
        plan, stored = self.plan, self.opened.manifest
        return Layout(
            folder=self.folder,
            split=self.name,
            dtype=plan.dtype,
            tokenizer=stored.tokenizer,
            policy=stored.policy,
            origin=self.opened.origin,
            max_shard_tokens=plan.max_shard_tokens,
            is_packed=plan.options.sequence_length is not None,
            is_split=len(plan.splits) > 1,
        )

    def _read(self, order: Numbers | None, first: int, last: int) -> Iterator[Rows]:
        tokens, most = self.opened.tokens, self._batch_tokens()
        if order is None:
            batches = tokens.iter_documents(first, last, max_tokens=most)
        else:
            batches = tokens.iter_in_order(order[first:last], max_tokens=most)
        for rows in batches:
            self._num_documents += len(rows)
            self.context.progress.advance(Done(num_bytes=rows.ids.nbytes, num_documents=len(rows)))
            yield _move_to_front(rows, self.plan.moved_eos)

    def _batch_tokens(self) -> int:
        length = self.plan.options.sequence_length or 0
        return max(_BATCH_TOKENS, _SEQUENCES_AT_HAND * length)

    def _count(self, rows: Rows) -> None:
        self._num_rows += len(rows)
        self._num_tokens += len(rows.ids)


def _new_packer(options: TokenExportOptions) -> Packer | None:
    if options.sequence_length is None:
        return None
    return new_packer(options.packing, sequence_length=options.sequence_length)


def _pack(documents: Iterator[Rows], packer: Packer) -> Iterator[Rows]:
    for rows in documents:
        packed = packer.add(rows)
        if len(packed):
            yield packed


def _move_to_front(rows: Rows, eos: int | None) -> Rows:
    """Return documents with EOS before each one, which stood behind each one."""
    if eos is None:
        return rows
    # Every document ends with it, so all ids move by one place.
    ids = np.concatenate([np.array([eos], rows.ids.dtype), rows.ids[:-1]])
    return Rows(ids, rows.lengths, rows.numbers)


def _list_files(folder: Path) -> tuple[TokenFile, ...]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(
        TokenFile(
            path=path.relative_to(folder).as_posix(),
            digest=digest_of_file(path),
            num_bytes=path.stat().st_size,
        )
        for path in files
        if path != folder / MANIFEST
    )
