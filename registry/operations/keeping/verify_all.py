"""Verify everything that was sealed: bytes, manifests, derivations, books, counts, audit log."""

from collections.abc import Iterator

import numpy as np
from pydantic import ValidationError

from registry.catalog.sealed import Unreadable
from registry.domain.count import CountMethod
from registry.domain.digest import Digest, fingerprint
from registry.domain.keeping import Finding, RegistryVerification
from registry.domain.names import Reference
from registry.domain.tokens import TokenManifest
from registry.domain.version import Content, Shard, Version, manifest_digest
from registry.errors import MusterError
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import Context
from registry.operations.keeping.verify import Sealed, find_problems, keep_gone, sealed_as

_MANIFEST = "manifest.json"


def verify_all(context: Context) -> RegistryVerification:
    """Verify everything that was sealed, each file and object once.

    What others seal meanwhile may be left out. A run of an older program does not say what its
    derivation is made of, and is left out of that check.
    """
    return _Verifying(context).verify()


class _Verifying:
    """One look at a whole registry."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sealed = context.catalog.sealed
        self._findings: list[Finding] = []
        self._seen: set[bytes] = set()
        self._erased = keep_gone(context, context.catalog.erasures.list_all())
        self._num_versions = self._num_bytes = self._num_erased = 0

    def verify(self) -> RegistryVerification:
        audited = self._context.catalog.audit.follow()
        for contradiction in self._sealed.find_contradictions():
            self._find("catalog", contradiction)
        num_derivations = self._verify_derivations()
        progress = self._context.progress
        progress.start("verify", total_bytes=self._sealed.count_bytes())
        try:
            for name, problem in find_problems(self._context, self._iter_sealed()):
                self._find(name, problem)
        finally:
            progress.finish()
        return RegistryVerification(
            num_versions=self._num_versions,
            num_files=len(self._seen) - self._num_erased,
            num_erased=self._num_erased,
            num_bytes=self._num_bytes,
            num_derivations=num_derivations,
            num_entries=audited[0],
            findings=tuple(self._findings),
        )

    def _find(self, subject: str, problem: str) -> None:
        self._findings.append(Finding(subject=subject, problem=problem))

    def _verify_derivations(self) -> int:
        number = 0
        for run, derivation, causes in self._sealed.iter_derivations():
            number += 1
            found = fingerprint(causes)
            if found != derivation:
                self._find(f"run {run}", f"its derivation is {found}, not {derivation}")
        return number

    def _iter_sealed(self) -> Iterator[Sealed]:
        for found in self._sealed.iter_versions():
            self._num_versions += 1
            if isinstance(found, Unreadable):
                self._find(f"version with id {found.version_id}", found.problem)
                continue
            version, shards = found
            if manifest_digest(tuple(shards)) != version.digest:
                self._find(version.reference, f"the shards are not those of {version.digest}")
            if version.content is Content.TOKENS:
                self._verify_tokens(version, shards)
            for shard in shards:
                yield from self._take(sealed_as(shard, of=version.reference))
        for digest, what in self._sealed.iter_objects():
            yield from self._take(Sealed(f"{what} {digest}", digest))

    def _take(self, sealed: Sealed) -> Iterator[Sealed]:
        """Yield what was not seen yet: versions share files and objects."""
        place = "" if sealed.uri is None else sealed.uri
        key = bytes.fromhex(sealed.digest.removeprefix("sha256:")) + place.encode()
        if key not in self._seen:
            self._seen.add(key)
            if sealed.uri is None and sealed.digest in self._erased:
                self._num_erased += 1
                return
            self._num_bytes += sealed.num_bytes
            yield sealed

    def _verify_tokens(self, version: Version, shards: list[Shard]) -> None:
        if any(shard.path == _MANIFEST and shard.digest in self._erased for shard in shards):
            return
        try:
            manifest = _read_manifest(self._context, shards)
        except (MusterError, ValidationError, StopIteration) as error:
            self._find(version.reference, f"its manifest cannot be read: {error}")
            return
        for problem in _compare_tokens(self._context, version, shards, manifest):
            self._find(version.reference, problem)


def _read_manifest(context: Context, shards: list[Shard]) -> TokenManifest:
    digest = next(shard.digest for shard in shards if shard.path == _MANIFEST)
    return TokenManifest.model_validate_json(context.store.read(digest))


def _compare_tokens(
    context: Context, version: Version, shards: list[Shard], manifest: TokenManifest
) -> Iterator[str]:
    """Yield where the manifest says something else than the shards or the recorded count."""
    num_written = manifest.num_tokens + manifest.num_special_tokens
    num_bytes = sum(shard.num_bytes for shard in shards if shard.path.endswith(".bin"))
    expected = num_written * np.dtype(manifest.dtype).itemsize
    if num_bytes != expected:
        yield f"{num_written:,} tokens have {expected:,} bytes, its shards {num_bytes:,}"
    if manifest.num_documents != version.num_documents:
        yield f"its manifest says {manifest.num_documents:,} documents"
    count = context.catalog.counts.find(
        Reference.parse(manifest.input.reference),
        tokenizer_fingerprint=manifest.tokenizer.fingerprint,
        method=CountMethod.EXACT,
        policy=manifest.policy,
        recipe=_recipe(manifest.recipe),
    )
    if count is None:
        yield f"no count of {manifest.input.reference} is recorded"
    elif count.run == version.run and count.num_tokens != manifest.num_tokens:
        yield f"holds {manifest.num_tokens:,} tokens, and {count.num_tokens:,} were counted"


def _recipe(fingerprint: Digest) -> Digest | None:
    return None if fingerprint == AS_IS.fingerprint else fingerprint
