"""Fixtures of the normalization tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("MUSTER_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip("MUSTER_SHARED_DATA names no folder of real data")
    return folder
