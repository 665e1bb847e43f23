"""What the library offers loads on first use."""

import subprocess
import sys

import pytest

import registry


@pytest.mark.parametrize("name", registry.__all__)
def test_every_public_name_is_there(name):
    assert getattr(registry, name) is not None


def test_public_names_are_sorted():
    assert sorted(registry.__all__) == registry.__all__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        _ = registry.nothing


def test_a_value_type_loads_neither_arrow_nor_sql():
    code = (
        "import registry, sys; registry.Reference; registry.Card; "
        "assert not {'pyarrow', 'sqlalchemy', 'numpy', 'tokenizers'} & sys.modules.keys()"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
