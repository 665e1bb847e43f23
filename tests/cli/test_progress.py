import json

from cli.progress import JsonProgress
from registry.domain.progress import Done


def test_progress_in_json_is_one_object_a_line(capsys):
    progress = JsonProgress()
    progress.start("normalize", total_bytes=10)
    progress.note("resuming")
    progress.advance(Done(num_bytes=4, num_documents=2, num_tokens=3, num_rejected=1))
    progress.finish()
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.err.splitlines()]
    counted = ("num_bytes", "total_bytes", "num_documents", "num_tokens", "num_rejected")

    assert "" == captured.out
    assert ["start", "note", "finish"] == [line["event"] for line in lines]
    assert "resuming" == lines[1]["message"]
    assert [4, 10, 2, 3, 1] == [lines[2][name] for name in counted]
    assert lines[2]["eta_seconds"] is not None
