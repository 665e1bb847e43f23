"""A process that dies at any moment leaves nothing half made; the same command ends the same."""

import json
import random
import resource
import signal
import time

import pytest

from tests.cli.conftest import Muster

KILLS = 25
"""Of each of two commands, so that fifty runs are killed."""
WORKERS = (("--executor", "in-process"), ("--workers", 1), ("--workers", 2), ("--workers", 3))
SMALL = {"MUSTER_SHARD_BYTES": "65536", "MUSTER_BATCH_BYTES": "16384"}


@pytest.fixture
def prepared(tmp_path):
    """A registry with a corpus of a few megabytes in some files."""
    muster = Muster(tmp_path)
    muster.environment |= SMALL
    muster.run("init")
    folder = tmp_path / "corpus"
    folder.mkdir()
    words = random.Random(0)
    for part in range(24):
        lines = [
            json.dumps({"id": f"{part}-{row}", "text": " ".join(words.choices("abcdefgh", k=400))})
            for row in range(80)
        ]
        (folder / f"{part:02}.jsonl").write_text("\n".join(lines) + "\n")
    muster.run("register", folder, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 280, "--name", "tiny")
    return muster


def kill_at_random(muster, *words, name, kills=8, options=((),)):
    """Start a command again and again and kill it at random moments; return what ends it.

    Each time it has other options, which make no difference to what comes out.
    """
    chance = random.Random(1)
    started = time.monotonic()
    muster.run(*words, "--name", "a/undisturbed")
    duration = time.monotonic() - started
    for _ in range(kills):
        process = muster.start(*words, "--name", name, *chance.choice(options))
        time.sleep(chance.uniform(0.2, 1.0) * duration)
        process.kill()
        process.communicate(timeout=60)
    return muster.json(*words, "--name", name)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("normalize", "a/b", "--recipe", "text-default"),
        ("tokenize", "a/b", "--tokenizer", "tiny"),
    ],
)
def test_a_killed_run_resumes_to_the_same_digests(prepared, words):
    answer = kill_at_random(prepared, *words, name="a/killed", kills=KILLS, options=WORKERS)
    killed, undisturbed = (
        prepared.json("show", name)["version"] for name in ("a/killed", "a/undisturbed")
    )

    assert undisturbed["digest"] == killed["digest"]
    assert undisturbed["num_documents"] == killed["num_documents"]
    assert killed["number"] == 1
    assert answer["reference"] == "a/killed@1"
    assert prepared.json("db", "check")["findings"] == []
    assert prepared.json("verify", "a/killed")["problems"] == []


@pytest.mark.slow
def test_a_killed_registration_leaves_no_half_version(prepared, tmp_path):
    words = ("register", tmp_path / "corpus")
    answer = kill_at_random(prepared, *words, name="a/killed")

    assert answer["reference"] == "a/killed@1"
    assert answer["digest"] == prepared.json("show", "a/b")["version"]["digest"]


def test_an_interrupt_exits_with_130_and_the_run_is_taken_up(prepared):
    words = ("tokenize", "a/b", "--tokenizer", "tiny")
    process = prepared.start(*words)
    work = prepared.folder / ".muster" / "work"
    deadline = time.monotonic() + 60
    while not list(work.rglob("unit-*.json")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    resumed = prepared.run(*words)

    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert "resuming run" in resumed.stderr
    assert not list(work.rglob("unit-*.json"))


@pytest.mark.parametrize(
    "words",
    [
        ("normalize", "a/b", "--recipe", "text-default"),
        ("tokenize", "a/b", "--tokenizer", "tiny"),
    ],
)
def test_a_full_disk_is_an_error_and_the_same_command_goes_on_when_there_is_space(prepared, words):
    # The kernel refuses to let a file grow past the limit: what a full disk does, without one.
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384))

    before = prepared.json("list")
    process = prepared.start(*words, preexec_fn=limit)
    _, stderr = process.communicate(timeout=60)
    after = prepared.json("list")
    answer = prepared.json(*words)

    assert process.returncode == 1, stderr
    assert stderr.startswith("error: ")
    assert "Traceback" not in stderr
    assert before == after
    assert prepared.json("verify", answer["reference"])["problems"] == []
    staging = prepared.folder / ".muster" / "objects" / "staging"
    assert list(staging.iterdir()) == []
