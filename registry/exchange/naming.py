"""What datasets and jobs of this registry are called elsewhere."""

NAMESPACE = "muster"
"""The OpenLineage namespace of datasets, jobs and runs of a registry."""

UNSTATED = "urn:muster:unstated"
"""Marks what stands in an export because a format requires it and nobody stated it."""


def describe_by_name(dataset: str, number: int) -> str:
    """Return what stands for the description of a version that has none."""
    return f"Version {number} of {dataset}."


PRODUCER = "https://pypi.org/project/muster-catalog/"
