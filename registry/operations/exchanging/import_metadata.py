"""Import what a document states of datasets, as claims beside what is known here."""

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from registry.domain.card import Card
from registry.domain.digest import Digest, digest_of_bytes, fingerprint
from registry.domain.exchange import (
    CLAIMS,
    GENERATED_BY,
    Claim,
    ImportedDataset,
    MetadataFormat,
    MetadataImport,
    StatedDescription,
)
from registry.domain.licence import UNKNOWN, Confidence, LicenceStatement
from registry.domain.names import DatasetName, Reference
from registry.domain.run import Operation, RunDraft
from registry.domain.version import (
    Content,
    DatasetKind,
    Shard,
    SourceFacts,
    VersionDraft,
)
from registry.errors import InputError, UnreadableError
from registry.exchange.detecting import detect, read_descriptions
from registry.exchange.stating import UNNAMED
from registry.operations.context import CODE, Context, environment
from registry.operations.exchanging.import_events import import_events

DEFAULT_SPACE = "imported"


def import_metadata(
    context: Context,
    paths: Sequence[Path],
    *,
    wanted: MetadataFormat | None = None,
    reference: Reference | None = None,
    space: str = DEFAULT_SPACE,
    dry_run: bool = False,
) -> MetadataImport:
    """Import files of one format; safe to repeat.

    A licence is added as an assertion of low confidence: it holds only where nobody here states
    one. Languages and source are added, a description only where there is none. Counts and all
    else are kept as claims. A dataset that is not known gets a version that holds the document.

    Args:
        context: The open registry.
        paths: Files; several of events are taken together, whatever their order.
        wanted: The format; None: recognised by what the files hold.
        reference: The version that a description is of; None: by the name in it.
        space: Where datasets are put that are not known.
        dry_run: Answer what would be recorded and write nothing.

    Raises:
        InputError: A file is in another format, or its events name a cycle; nothing was written.
        UnreadableError: A file cannot be read.
        UnknownError: There is no such version.
    """
    formats = {wanted or detect(path) for path in paths}
    if len(formats) != 1:
        raise InputError(f"files of one format at a time, not of {', '.join(sorted(formats))}")
    found = formats.pop()
    shown = tuple(map(str, paths))
    if found is MetadataFormat.OPENLINEAGE:
        if reference is not None:
            raise InputError("events name their datasets themselves", hint="leave out --to")
        counts = import_events(context, paths, dry_run=dry_run)
        return MetadataImport(paths=shown, format=found, events=counts)
    importing = _Importing(context, found, space=space, dry_run=dry_run)
    stated = [(data, one) for path in paths for data, one in _read(path, found)]
    if reference is not None and len(stated) > 1:
        raise InputError(
            f"{len(stated)} datasets are described, and --to names one version",
            hint="leave out --to",
        )
    return MetadataImport(
        paths=shown,
        format=found,
        datasets=tuple(importing.take(data, one, reference) for data, one in stated),
    )


def import_description(
    context: Context,
    data: bytes,
    stated: StatedDescription,
    *,
    wanted: MetadataFormat,
    reference: Reference,
) -> ImportedDataset:
    """Record what a document states of a version that is there; safe to repeat.

    Args:
        context: The open registry.
        data: The document.
        stated: What was read of it.
        wanted: Its format.
        reference: The version.

    Raises:
        UnknownError: There is no such version.
    """
    importing = _Importing(context, wanted, space=DEFAULT_SPACE, dry_run=False)
    return importing.take(data, stated, reference)


def _read(path: Path, wanted: MetadataFormat) -> list[tuple[bytes, StatedDescription]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read: {error.strerror}") from error
    return [(data, one) for one in read_descriptions(path, data, wanted)]


class _Importing:
    """One call of `import_metadata`."""

    def __init__(
        self, context: Context, wanted: MetadataFormat, *, space: str, dry_run: bool
    ) -> None:
        self._context = context
        self._format = wanted
        self._space = space
        self._dry_run = dry_run

    def take(
        self, data: bytes, stated: StatedDescription, reference: Reference | None
    ) -> ImportedDataset:
        """Record what a document states of one dataset."""
        if reference is None:
            name = self._name(data, stated)
            known = self._context.catalog.datasets.find(name)
            if known is None or not known.head:
                return self._create(data, stated, name)
            reference = Reference(dataset=name)
        return self._claim(data, stated, reference)

    def _name(self, data: bytes, stated: StatedDescription) -> DatasetName:
        parts = [_slug(part)[:100].strip("-._") for part in stated.name.split("/") if _slug(part)]
        if not parts or parts == [UNNAMED]:
            # Documents without a name are not of one dataset.
            parts = [f"{UNNAMED}-{digest_of_bytes(data).removeprefix('sha256:')[:8]}"]
        space, name = (parts[0], parts[-1]) if len(parts) == 2 else (self._space, "-".join(parts))
        return DatasetName.parse(f"{space}/{name[:100].strip('-._')}")

    def _create(self, data: bytes, stated: StatedDescription, name: DatasetName) -> ImportedDataset:
        """Seal a version that holds the document alone, then add its claims as to any other.

        If only the first of the two was done, the same import does the second.
        """
        if self._dry_run:
            licences = [one.expression for one in stated.stated_licences] or [UNKNOWN]
            return _answer(stated, f"{name}@1", "planned", licences[-1])
        stored = self._context.store.put_bytes(data)
        shard = Shard(
            path=_FILE_NAMES[self._format],
            digest=stored.digest,
            num_bytes=stored.num_bytes,
            num_documents=0,
            num_text_bytes=0,
        )
        draft = VersionDraft(
            dataset=name,
            kind=DatasetKind.SYNTHETIC if _is_generated(stated) else DatasetKind.TEXT,
            content=Content.DOCUMENTS,
            shards=(shard,),
            sources=(self._source(stated),),
        )
        run = self._run(stored.digest, stated, target=str(name), claims=[])
        sealed = self._context.catalog.versions.seal(
            draft, run=run, actor=self._context.actor, at=self._context.clock()
        )
        exact = Reference.parse(sealed.version.reference)
        claimed = self._claim(data, stated, exact)
        return claimed.model_copy(update={"status": "created"})

    def _claim(
        self, data: bytes, stated: StatedDescription, reference: Reference
    ) -> ImportedDataset:
        version = self._context.catalog.versions.get(reference)
        exact = Reference.parse(version.reference)
        digest = digest_of_bytes(data)
        run = self._run(digest, stated, target=version.reference, claims=_list_claims(stated))
        if self._context.catalog.imports.known([run.derivation]):
            return self._answer(stated, exact, "unchanged")
        if self._dry_run:
            return _answer(stated, version.reference, "planned", version.licence)
        self._context.store.put_bytes(data)
        self._context.catalog.imports.record(
            exact,
            run,
            card=Card(
                description=stated.description,
                language=stated.languages,
                url=stated.url,
                publisher=stated.publisher,
            ),
            licences=self._licences(digest, stated),
            at=self._context.clock(),
        )
        return self._answer(stated, exact, "claimed")

    def _run(
        self, document: Digest, stated: StatedDescription, *, target: str, claims: list[JsonValue]
    ) -> RunDraft:
        derivation = fingerprint(
            {
                "operation": "import",
                "format": self._format,
                "document": document,
                "name": stated.name,
                "target": target,
            }
        )
        return RunDraft(
            operation=Operation.REGISTER,
            derivation=derivation,
            parameters={
                "code": CODE,
                "format": self._format.value,
                "document": document,
                "name": stated.name,
                "by": stated.by,
                **({CLAIMS: claims} if claims else {}),
            },
            environment=environment(),
            actor=self._context.actor,
            started_at=self._context.clock(),
        )

    def _licences(self, document: Digest, stated: StatedDescription) -> list[LicenceStatement]:
        return [
            LicenceStatement(
                expression=one.expression,
                by=one.by,
                evidence=one.evidence,
                evidence_digest=document,
                confidence=Confidence.LOW,
            )
            for one in stated.stated_licences
        ]

    def _source(self, stated: StatedDescription) -> SourceFacts:
        return SourceFacts(
            kind=self._format.value,
            uri=stated.url or f"{self._format.value}:{stated.name}",
            url=stated.url,
            publisher=stated.publisher,
        )

    def _answer(
        self, stated: StatedDescription, reference: Reference, status: str
    ) -> ImportedDataset:
        version = self._context.catalog.versions.get(reference)
        return _answer(stated, version.reference, status, version.licence)


_FILE_NAMES = {
    MetadataFormat.CROISSANT: "croissant.json",
    MetadataFormat.CARD: "README.md",
    MetadataFormat.DATA_PROVENANCE: "data-provenance.json",
}


def _answer(
    stated: StatedDescription, reference: str, status: str, licence: str
) -> ImportedDataset:
    return ImportedDataset(
        reference=reference,
        status=status,
        name=stated.name,
        by=stated.by,
        licences=stated.licences,
        licence=licence,
        claims=stated.claims,
        left_out=stated.left_out,
    )


def _list_claims(stated: StatedDescription) -> list[JsonValue]:
    """Return all that is kept of a document, its licences in its own words among it."""
    licences = [Claim(name="licence", value=one.model_dump()) for one in stated.licences]
    said = [*stated.claims, *licences] or [Claim(name="name", value=stated.name)]
    return [one.model_dump(mode="json") for one in said]


def _is_generated(stated: StatedDescription) -> bool:
    return any(claim.name == GENERATED_BY for claim in stated.claims)


def _slug(text: str) -> str:
    return re.sub(r"-+", "-", re.sub(r"[^a-z0-9._]+|\.\.+", "-", text.lower())).strip("-._")
