"""The room's public names."""

import subprocess
import sys

import pytest

from registry import scaling


@pytest.mark.parametrize("name", scaling.__all__)
def test_every_public_name_can_be_had(name):
    assert callable(getattr(scaling, name))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        scaling.nonsense  # noqa: B018 - the access is the test


def test_the_package_alone_loads_no_numpy():
    code = "import sys, registry.scaling; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
