"""The base of values."""

import pickle

import pytest
from pydantic import ValidationError

from registry.domain.reading import Field

FIELDS = {"name": "id", "type": "string"}


def test_a_trusted_value_equals_the_checked_one():
    trusted, checked = Field.trusted(dict(FIELDS)), Field(**FIELDS)

    assert checked == trusted
    assert (repr(checked), hash(checked)) == (repr(trusted), hash(trusted))
    assert checked.model_dump_json() == trusted.model_dump_json()
    assert checked.model_fields_set == trusted.model_fields_set


def test_a_trusted_value_can_be_copied_and_pickled():
    trusted = Field.trusted(dict(FIELDS))

    assert Field(name="id", type="int64") == trusted.model_copy(update={"type": "int64"})
    assert trusted == pickle.loads(pickle.dumps(trusted))


def test_a_trusted_value_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Field.trusted(dict(FIELDS)).name = "text"
