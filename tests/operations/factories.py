"""Corpora that are valid by default; a test varies one thing."""

import dataclasses
import gzip
import json
from pathlib import Path

from registry.domain.execution import Execution
from registry.domain.tokenizer import CountingPolicy
from registry.operations.context import Context
from registry.operations.tokenizing.counting import Counting


def records(number=20, *, first=0, text="Document {row}: the quick brown fox, naïve café.\n"):
    return [
        {"id": f"d{row}", "text": text.format(row=row), "lang": "en"}
        for row in range(first, first + number)
    ]


def write_jsonl(path: Path, items) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def counting_by(muster, name: str) -> Counting:
    """Count by a tokenizer that was added, with EOS behind each document."""
    tokenizer = muster.tokenizers.get(name)
    return Counting(tokenizer=tokenizer, policy=CountingPolicy(eos_id=tokenizer.eos_id))


def alone(context: Context) -> Context:
    """Work on one unit after the other."""
    return dataclasses.replace(context, execution=Execution(num_workers=1))
