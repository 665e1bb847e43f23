import json

from cli.progress import JsonProgress


def test_progress_in_json_is_one_object_a_line(capsys):
    progress = JsonProgress()
    progress.start("normalize", total_bytes=10)
    progress.note("resuming")
    progress.advance(num_bytes=4, num_documents=2)
    progress.finish()
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.err.splitlines()]

    assert "" == captured.out
    assert ["start", "note", "finish"] == [line["event"] for line in lines]
    assert "resuming" == lines[1]["message"]
    assert (4, 10, 2) == tuple(
        lines[2][name] for name in ("num_bytes", "total_bytes", "num_documents")
    )
    assert lines[2]["eta_seconds"] is not None
