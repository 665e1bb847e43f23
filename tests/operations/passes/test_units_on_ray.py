"""A real cluster loses a node in the middle of a pass, and the bytes are the same."""

import dataclasses
import time
from threading import Thread

import pytest

from registry.domain.execution import Execution, ExecutorKind
from registry.domain.names import Reference
from registry.normalization.recipe_files import load_recipe
from registry.operations.normalizing.normalize import normalize
from registry.operations.passes import planning
from registry.operations.tokenizing.tokenize import tokenize
from tests.execution.conftest import make_cluster  # noqa: F401 - a fixture
from tests.operations.factories import counting_by, records, write_jsonl

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]


@pytest.fixture(params=["sqlite"])
def engine(request):
    """What is tested here lies before the catalog."""
    return request.param


def test_a_cluster_that_loses_a_node_gives_the_same_bytes(
    make_context,
    muster,
    make_cluster,  # noqa: F811 - the fixture
    tmp_path,
    monkeypatch,
):
    monkeypatch.setattr(planning, "LEAST_UNIT_BYTES", 64 << 10)
    path = write_jsonl(tmp_path / "data.jsonl", records(40_000))
    muster.register([str(path)], name="web/cc")
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    reference, recipe = Reference.parse("web/cc"), load_recipe("text-default")
    context, counting = make_context(), counting_by(muster, "tiny")
    here = normalize(context, reference, recipe=recipe, name=Reference.parse("web/a").dataset)
    tokens = tokenize(context, reference, counting, name=Reference.parse("web/b").dataset)

    cluster, nodes = make_cluster(2)
    finished = []

    class Progress(type(context.progress)):
        def advance(self, done):
            finished.append(done)

    on_ray = dataclasses.replace(
        context,
        progress=Progress(),
        execution=Execution(kind=ExecutorKind.RAY, ray_address=cluster.address),
    )

    def lose_a_node():
        while len(finished) < 3:
            time.sleep(0.01)
        cluster.remove_node(nodes[0], allow_graceful=False)

    loss = Thread(target=lose_a_node)
    loss.start()
    apart = normalize(on_ray, reference, recipe=recipe, name=Reference.parse("web/c").dataset)
    loss.join()
    on_one = tokenize(on_ray, reference, counting, name=Reference.parse("web/d").dataset)
    shards = [
        [shard.digest for shard in context.catalog.versions.list_shards(Reference.parse(name))]
        for name in ("web/a", "web/c", "web/b", "web/d")
    ]

    assert len(finished) > 10
    assert (here.digest, here.ledger) == (apart.digest, apart.ledger)
    assert shards[0] == shards[1]
    assert shards[2] == shards[3]
    assert tokens.num_tokens == on_one.num_tokens
