"""What the library offers loads on first use."""

import subprocess
import sys

import pytest

import registry
import registry.operations


@pytest.mark.parametrize("name", registry.__all__)
def test_every_public_name_is_there(name):
    assert getattr(registry, name) is not None


def test_public_names_are_sorted():
    assert sorted(registry.__all__) == registry.__all__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        _ = registry.nothing


@pytest.mark.parametrize("name", registry.operations.__all__)
def test_every_verb_is_reached_through_its_package(name):
    room = registry.operations.VERBS[name]
    found = getattr(registry.operations, name)
    assert f"registry.operations.{room}.{name}" == found.__name__


def test_what_a_checker_reads_of_the_verbs_is_what_is_reached():
    assert [*registry.operations.VERBS] == registry.operations.__all__


def test_an_unknown_verb_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        _ = registry.operations.nothing


def test_a_value_type_loads_neither_arrow_nor_sql():
    code = (
        "import registry, sys; registry.Reference; registry.Card; "
        "assert not {'pyarrow', 'sqlalchemy', 'numpy', 'tokenizers'} & sys.modules.keys()"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
