import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that developers may have beside the repository."""
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("MUSTER_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip("the shared test data is not here")
    return folder
