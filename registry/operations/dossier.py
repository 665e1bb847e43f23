"""Gather all that the catalog knows of a version and its ancestry, for an export."""

from pydantic import TypeAdapter

from registry.domain.exchange import (
    CLAIMS,
    Claim,
    ClaimedDocument,
    ClaimList,
    Dossier,
    MetadataFormat,
)
from registry.domain.names import Reference
from registry.operations import describe
from registry.operations.context import Context

_CLAIMS = TypeAdapter(tuple[Claim, ...])


def gather(context: Context, reference: Reference) -> Dossier:
    """Return the dossier of a version; its lineage is whole.

    Raises:
        UnknownError: There is no such version.
    """
    described = describe.show(context, reference)
    exact = Reference.parse(described.version.reference)
    lineage = context.catalog.lineage.upstream(exact, limit=None)
    versions = {
        node.reference: context.catalog.versions.get(Reference.parse(node.reference))
        for node in lineage.nodes
    }
    names = dict.fromkeys(version.run for version in versions.values() if version.run)
    runs = sorted((context.catalog.runs.get(name) for name in names), key=lambda run: run.id)
    return Dossier(
        described=described,
        shards=tuple(context.catalog.versions.list_shards(exact)),
        lineage=lineage,
        versions=versions,
        runs=tuple(runs),
        claims=tuple(
            claim
            for document in list_claims(context, exact).documents
            for claim in document.claims
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
                claims=_CLAIMS.validate_python(run.parameters[CLAIMS]),
            )
            for run in context.catalog.imports.claims(exact)
        ),
    )
