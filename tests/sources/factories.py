"""Files in memory and everything that a reader says about them."""

import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from registry.documents import RAW_DOCUMENTS, REJECTIONS
from registry.domain.reading import Reading
from registry.sources.detecting import detect
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents


@dataclass
class Read:
    """All documents and rejections of a file."""

    reading: Reading
    documents: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    batch_bytes: list[int] = field(default_factory=list)

    @property
    def texts(self) -> list[bytes]:
        return [document["text"] for document in self.documents]

    @property
    def ids(self) -> list[str]:
        return [document["id"] for document in self.documents]

    @property
    def sources(self) -> list[str]:
        return [document["source"] for document in self.documents]

    @property
    def metadata(self) -> list[Any]:
        return [json.loads(document["metadata"]) for document in self.documents]

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.rejected]


def make_file(data: bytes, name: str = "a.jsonl") -> SourceFile:
    return SourceFile(name, lambda: io.BytesIO(data), len(data))


def read(file: SourceFile | bytes, name: str = "a.jsonl", **options: Any) -> Read:
    """Detect and read; options of `read_documents` and of `Reading` may be mixed."""
    if isinstance(file, bytes):
        file = make_file(file, name)
    limits = {k: options.pop(k) for k in ("batch_bytes", "max_document_bytes") if k in options}
    result = Read(detect(file, Reading(**options)).reading)
    for outcome in read_documents(file, result.reading, **limits):
        assert RAW_DOCUMENTS == outcome.kept.schema
        assert REJECTIONS == outcome.rejected.schema
        outcome.kept.validate(full=True)
        outcome.rejected.validate(full=True)
        result.documents += outcome.kept.to_pylist()
        result.rejected += outcome.rejected.to_pylist()
        result.batch_bytes.append(sum(map(len, outcome.kept.column("text").to_pylist())))
    return result


def to_jsonl(records: list[Any]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


_MEASURE = """
import json, re, sys
from pathlib import Path
from registry.domain.reading import Reading
from registry.sources.detecting import detect
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents

def peak_bytes():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

before = peak_bytes()
file = SourceFile.from_path(Path(sys.argv[1]))
sizes = [
    (outcome.kept.num_rows, outcome.kept.column("text").nbytes)
    for outcome in read_documents(file, detect(file, Reading()).reading)
]
num_documents, num_text_bytes = map(sum, zip(*sizes))
facts = {"num_documents": num_documents, "num_text_bytes": num_text_bytes}
print(json.dumps(facts | {"peak_bytes": peak_bytes(), "added_bytes": peak_bytes() - before}))
"""


def measure_reading(path: Path) -> dict[str, int]:
    """Read a file in a process of its own, on Linux; return counts and memory at the peak."""
    command = [sys.executable, "-c", _MEASURE, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)
