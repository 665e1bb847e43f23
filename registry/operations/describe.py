"""State and change what is said about datasets and versions; each change is in the audit log."""

from registry.domain.answers import VersionDescription
from registry.domain.card import Card
from registry.domain.names import DatasetName, Reference
from registry.domain.version import Dataset, Lifecycle, Version
from registry.operations.context import Context


def show(context: Context, reference: Reference) -> VersionDescription:
    """Return a version with its dataset, counts, and neighbours in the lineage.

    Raises:
        UnknownError: There is no such version.
    """
    catalog = context.catalog
    version = catalog.versions.get(reference)
    exact = Reference.parse(version.reference)
    return VersionDescription(
        dataset=catalog.datasets.get(version.dataset),
        version=version,
        counts=tuple(catalog.counts.list_for(exact)),
        parents=_neighbours(context, exact, upstream=True),
        children=_neighbours(context, exact, upstream=False),
    )


def set_dataset(
    context: Context, reference: Reference, card: Card, *, lifecycle: Lifecycle | None = None
) -> Dataset:
    """Apply a card's statements to a dataset and to the version that the reference means.

    Licence and tags belong to the version, all else to the dataset. What the card does not state
    stays as it is.

    Raises:
        UnknownError: There is no such dataset or version.
    """
    version = context.catalog.versions.get(reference)
    apply_card(context, version, card)
    return context.catalog.datasets.update(
        version.dataset,
        lifecycle=lifecycle,
        kind=card.kind,
        actor=context.actor,
        at=context.clock(),
    )


def apply_card(context: Context, version: Version, card: Card) -> Version:
    """Apply a card's statements to a sealed version: appended assertions, moved tags."""
    catalog = context.catalog
    reference = Reference.parse(version.reference)
    if card.description is not None or card.owner is not None:
        catalog.datasets.update(
            version.dataset,
            description=card.description,
            owner=card.owner,
            actor=context.actor,
            at=context.clock(),
        )
    if card.licence is not None and card.licence != version.licence:
        catalog.versions.assert_licence(
            reference,
            card.licence,
            evidence=card.licence_url,
            actor=context.actor,
            at=context.clock(),
        )
    for name in card.tags:
        if name not in version.tags:
            catalog.datasets.tag(reference, name, actor=context.actor, at=context.clock())
    return catalog.versions.get(reference)


def tag(context: Context, reference: Reference, name: str) -> Dataset:
    """Point a tag of the dataset at the version, wherever it pointed before."""
    return context.catalog.datasets.tag(reference, name, actor=context.actor, at=context.clock())


def untag(context: Context, dataset: DatasetName, name: str) -> Dataset:
    """Remove a tag from the dataset.

    Raises:
        UnknownError: The dataset has no such tag.
    """
    return context.catalog.datasets.untag(dataset, name, actor=context.actor, at=context.clock())


def _neighbours(context: Context, reference: Reference, *, upstream: bool) -> tuple[str, ...]:
    lineage = context.catalog.lineage
    return tuple(lineage.parents(reference) if upstream else lineage.children(reference))
