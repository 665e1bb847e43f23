from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def make_cluster():
    """Start Ray clusters of this machine's own, of nodes that can be taken away one by one."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - slow to load

    started = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Workers import the tests' work.
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))

        def make(num_nodes):
            cluster = Cluster(
                initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
            )
            started.append(cluster)
            nodes = [cluster.add_node(num_cpus=1) for _ in range(num_nodes)]
            return cluster, nodes

        yield make
        import ray  # noqa: PLC0415 - slow to load

        ray.shutdown()
        for cluster in started:
            cluster.shutdown()
