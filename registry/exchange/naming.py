"""What datasets and jobs of this registry are called elsewhere."""

NAMESPACE = "muster"
"""The OpenLineage namespace of datasets, jobs and runs of a registry."""

PRODUCER = "https://pypi.org/project/muster-catalog/"
