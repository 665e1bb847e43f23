import io
import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

from cli.main import main

_PROGRAM = """
import signal
from cli.main import main
# A shell that starts the tests in the background leaves them deaf to an interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


class Muster:
    """The command line, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")
        } | {"MUSTER_ACTOR": "tester", "COLUMNS": "100", "NO_COLOR": "1"}

    def start(self, *words, **options) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *map(str, words)],
            cwd=self.folder,
            env=self.environment | options.pop("env", {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *words, code=0) -> subprocess.CompletedProcess:
        """Run a command in this process, which is much faster than in one of its own."""
        stdout, stderr = io.StringIO(), io.StringIO()
        with (
            chdir(self.folder),
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch.object(sys, "argv", ["muster", *map(str, words)]),
            redirect_stdout(stdout),
            redirect_stderr(stderr),
        ):
            status = _status()
        assert status == code, stdout.getvalue() + stderr.getvalue()
        return subprocess.CompletedProcess(words, status, stdout.getvalue(), stderr.getvalue())

    def json(self, *words, code=0):
        return json.loads(self.run(*words, "--json", code=code).stdout)


def _status() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code or 0
    return 0


@pytest.fixture
def muster(tmp_path):
    """A command line in a folder that holds a registry."""
    made = Muster(tmp_path)
    made.run("init")
    return made


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for part in range(2):
        lines = [
            json.dumps(
                {"id": f"{part}-{row}", "text": f"Document {row} of {part}, naïve café.\r\n"}
            )
            for row in range(30)
        ]
        (folder / f"{part}.jsonl").write_text("\n".join(lines) + "\n")
    return folder
