"""Gather all that the catalog knows of a version and its ancestry, for an export."""

from registry.domain.exchange import (
    ClaimedDocument,
    ClaimList,
    Dossier,
    MetadataFormat,
    read_claims,
)
from registry.domain.names import Reference
from registry.operations.context import Context
from registry.operations.understanding import describe, lineage


def gather(context: Context, reference: Reference) -> Dossier:
    """Return the dossier of a version; its lineage is whole.

    Raises:
        UnknownError: There is no such version.
    """
    described = describe.show(context, reference)
    name = described.version.reference
    exact = Reference.parse(name)
    whole = lineage.trace(context, name, fields=True)
    references = [Reference.parse(node.reference) for node in whole.nodes]
    versions = context.catalog.versions.get_many(references)
    counts = context.catalog.counts.list_many(references)
    return Dossier(
        described=described,
        shards=tuple(context.catalog.versions.list_shards(exact)),
        lineage=whole,
        versions=versions,
        counts=tuple(count for listed in counts.values() for count in listed),
        runs=tuple(
            context.catalog.imports.runs(
                dict.fromkeys(one.run for one in versions.values() if one.run)
            )
        ),
        claims=tuple(
            claim for document in list_claims(context, exact).documents for claim in document.claims
        ),
    )


def list_claims(context: Context, reference: Reference) -> ClaimList:
    """Return what imported documents claim of a version, oldest import first.

    Raises:
        UnknownError: There is no such version.
    """
    version = context.catalog.versions.get(reference)
    exact = Reference.parse(version.reference)
    return ClaimList(
        reference=version.reference,
        documents=tuple(
            ClaimedDocument(
                format=MetadataFormat(str(run.parameters["format"])),
                by=str(run.parameters["by"]),
                document=str(run.parameters["document"]),
                run=run.id,
                claims=read_claims(run.parameters),
            )
            for run in context.catalog.imports.claims(exact)
        ),
    )
