from hypothesis import given
from hypothesis import strategies as st

from registry.domain.tokenizer import CountingPolicy
from registry.tokenization.special_tokens import add_special_tokens
from tests.tokenization.factories import make_encoded

documents = st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=5), max_size=8)
ids = st.none() | st.integers(0, 2**31 - 1)


@given(documents, ids, ids)
def test_every_document_with_tokens_is_enclosed_and_no_other(documents, bos, eos):
    before = [] if bos is None else [bos]
    behind = [] if eos is None else [eos]
    expected = make_encoded([before + ids + behind if ids else [] for ids in documents])

    actual = add_special_tokens(make_encoded(documents), CountingPolicy(bos_id=bos, eos_id=eos))

    assert expected.ids.tolist() == actual.ids.tolist()
    assert expected.lengths.tolist() == actual.lengths.tolist()


def test_id_0_is_an_eos_like_any_other():
    actual = add_special_tokens(make_encoded([[5]]), CountingPolicy(eos_id=0))

    assert [5, 0] == actual.ids.tolist()
