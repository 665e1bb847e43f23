import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from registry.embedding.clusters import Clusters

joins = st.integers(0, 30).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 12), min_size=size, max_size=size), min_size=1, max_size=5
    )
)


def cluster(columns):
    clusters = Clusters(len(columns[0]))
    for hashes in columns:
        clusters.join(np.array(hashes, np.uint64))
    return clusters.firsts.tolist()


def cluster_slowly(columns):
    """The first document that each can be reached from, one link after the other."""
    firsts = list(range(len(columns[0])))
    changed = True
    while changed:
        changed = False
        for hashes in columns:
            for one, left in enumerate(hashes):
                for other, right in enumerate(hashes):
                    if left == right and firsts[one] > firsts[other]:
                        firsts[one] = firsts[other]
                        changed = True
    return firsts


@given(joins, st.randoms())
def test_documents_that_are_linked_have_the_first_of_them_in_whatever_order(columns, chance):
    expected = cluster_slowly(columns)

    assert expected == cluster(columns)
    chance.shuffle(columns)
    assert expected == cluster(columns)


def test_a_long_chain_is_one_cluster():
    numbers = np.random.default_rng(7).permutation(10_000)
    # Each is linked to the next by the first column or by the second one.
    links = np.empty((2, 10_000), np.uint64)
    links[0, numbers], links[1, numbers] = np.arange(10_000) // 2, (np.arange(10_000) + 1) // 2

    assert [0] * 10_000 == cluster(links.tolist())
