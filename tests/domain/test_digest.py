import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.digest import (
    canonical_json,
    digest_of_bytes,
    digest_of_file,
    document_key,
    document_keys,
    fingerprint,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON))
def test_the_order_of_keys_does_not_change_a_fingerprint(value):
    turned = dict(reversed(value.items()))

    assert fingerprint(value) == fingerprint(turned)


def test_canonical_json_is_one_byte_form():
    assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_has_no_canonical_form(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"x": value})


def test_a_file_and_its_bytes_have_one_digest(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")

    assert "sha256:" + hashlib.sha256(b"abc").hexdigest() == digest_of_bytes(b"abc")
    assert digest_of_bytes(b"abc") == digest_of_file(tmp_path / "x")


def test_a_documents_key_is_the_first_half_of_its_sha256():
    assert hashlib.sha256(b"abc").digest()[:16] == document_key(b"abc")
    assert [document_key(b"a"), document_key(b"b")] == document_keys([b"a", b"b"])
