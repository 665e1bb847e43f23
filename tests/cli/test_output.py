"""What is printed as it is."""

import io
import sys

import pytest

from cli import output


@pytest.mark.parametrize(
    ("pieces", "printed"),
    [
        ([b"no end"], b"no end"),
        ([b"an end\n"], b"an end\n"),
        ([b"\xff\r\n"], b"\xff\r\n"),
        # Two are told apart, and the last one stays what its digest says.
        ([b"one", b"two\n", b"three"], b"one\ntwo\nthree"),
    ],
)
def test_bytes_are_printed_as_they_are(monkeypatch, pieces, printed):
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    output.write_bytes(pieces)

    assert printed == stdout.buffer.getvalue()
