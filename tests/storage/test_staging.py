import signal
import subprocess
import sys

import pytest

from registry.storage import staging
from registry.storage.objects import ObjectStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such locks")

WRITER = """
import sys
from registry.storage.objects import ObjectStore

with ObjectStore(sys.argv[1]).stage() as path:
    path.write_bytes(b"half")
    print(path, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path):
    """A process that writes, and the folder of its staged file."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


def stage_once(folder):
    with ObjectStore(str(folder)).stage():
        pass
    return list((folder / "staging").iterdir())


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path, writer):
    writer.send_signal(signal.SIGKILL)
    writer.wait()

    assert len(list((tmp_path / "staging").iterdir())) == 1
    assert [] == stage_once(tmp_path)


def test_what_a_living_writer_holds_is_left_alone(tmp_path, writer):
    assert len(stage_once(tmp_path)) == 1
    assert writer.poll() is None


def test_writers_of_one_process_leave_each_other_alone(tmp_path):
    store = ObjectStore(str(tmp_path))
    with store.stage() as first, store.stage() as second:
        assert first.exists()
        assert second.exists()


def test_on_a_network_nothing_is_taken_for_dead(tmp_path, monkeypatch, writer):
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    monkeypatch.setattr(staging, "find_network_file_system", lambda _: "nfs4")

    assert len(stage_once(tmp_path)) == 1
