"""Read web archives: records of plain text (WET), and pages whose text is taken.

Beside it stand fastwarc alone, which keeps no books, and datatrove's reader where it is installed.
"""

import gzip
import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text

from benchmarks.measuring import (
    Measurement,
    Timing,
    alternate,
    median_cpu_seconds,
    median_ratio,
    peak_memory_bytes,
    stopwatch,
)
from registry.domain.reading import Reading
from registry.sources.detecting import detect
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents

LEAST_RATIO = 0.90
"""What reading must be of fastwarc's speed, though it checks digests and keeps the books."""

_PEER_ROUNDS = 2
_DOCUMENTS_A_RECORD = 2
"""Which makes records of plain text about as long as those of Common Crawl, some 7 kB."""

_FIELDS = ("WARC-Type", "WARC-Record-ID", "WARC-Target-URI", "WARC-Date", "Content-Type")
_NAVIGATION = "".join(f'<li class="item"><a href="/{n}">Section {n}</a></li>' for n in range(200))
_SCRIPT = "".join(
    f'window.track("event-{n}", {{value: {n}, page: location.href}});' for n in range(250)
)
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    "<script>"
    + _SCRIPT.replace("{", "{{").replace("}", "}}")
    + "</script></head><body><nav><ul>"
    + _NAVIGATION
    + "</ul></nav>"
    "<main><article><h1>{title}</h1>{body}</article></main>"
    '<footer><ul class="links">' + _NAVIGATION + "</ul></footer></body></html>"
)


def measure(files: Sequence[Path], *, rounds: int) -> Iterator[Measurement]:
    """Measure two archives made of the corpus, compressed record by record.

    Args:
        files: The corpus.
        rounds: How often contenders alternate.
    """
    with TemporaryDirectory() as folder:
        plain = _write(Path(folder) / "corpus.warc.wet.gz", files, _conversion)
        pages = _write(Path(folder) / "corpus.warc.gz", files, _response)
        peers = {"fastwarc": _read_bare, "fastwarc and five headers": _read_with_headers}
        yield from _compare("plain text", plain, peers, rounds=rounds)
        peers = {"fastwarc and resiliparse": _read_pages_bare}
        yield from _compare("pages", pages, peers, rounds=rounds)
        if importlib.util.find_spec("datatrove") and importlib.util.find_spec("warcio"):
            yield from _beside_datatrove(pages, rounds=min(rounds, _PEER_ROUNDS))
        yield Measurement("archives", "peak memory", peak_memory_bytes() / 1e6, "MB")


def _compare(
    what: str, path: Path, peers: Mapping[str, Callable[[Path], int]], *, rounds: int
) -> Iterator[Measurement]:
    num_records = _read(path)
    contenders = {"muster": _read, **peers}
    timings = alternate(
        {name: partial(_timed, read, path) for name, read in contenders.items()}, rounds=rounds
    )
    megabytes = _num_plain_bytes(path) / 1e6
    details = {
        "records": num_records,
        "megabytes": round(megabytes),
        "compressed_megabytes": round(path.stat().st_size / 1e6),
        "rounds": rounds,
    }
    for name, times in timings.items():
        seconds = median_cpu_seconds(times)
        title = f"{what}, {name}"
        yield Measurement(
            "archives", title, num_records / seconds, "records/cpu-s", details=details
        )
        yield Measurement("archives", title, megabytes / seconds, "MB/cpu-s", details=details)
    for peer in peers:
        ratio = median_ratio(timings[peer], timings["muster"], of=_cpu_seconds)
        yield Measurement(
            "archives",
            f"{what}, muster / {peer}",
            ratio,
            "x",
            at_least=LEAST_RATIO,
            details=details,
        )


def _beside_datatrove(path: Path, *, rounds: int) -> Iterator[Measurement]:
    timings = alternate(
        {"muster": partial(_timed, _read, path), "peer": partial(_timed, _read_datatrove, path)},
        rounds=rounds,
    )
    ratio = median_ratio(timings["peer"], timings["muster"], of=_cpu_seconds)
    yield Measurement(
        "archives", "pages with their text / datatrove's reader, HTML as it is", ratio, "x"
    )


def _timed(read: Callable[[Path], int], path: Path) -> Timing:
    with stopwatch() as watch:
        read(path)
    return watch.read()


def _read(path: Path) -> int:
    file = SourceFile.from_path(path)
    reading = detect(file, Reading()).reading
    return sum(len(outcome.kept) for outcome in read_documents(file, reading))


def _read_bare(path: Path) -> int:
    return sum(1 for record in ArchiveIterator(str(path)) if record.reader.read().decode())


def _read_with_headers(path: Path) -> int:
    records = ArchiveIterator(str(path))
    return sum(1 for record in records if _take(record) and record.reader.read().decode())


def _take(record: WarcRecord) -> list[str | None]:
    return [record.headers.get(name) for name in _FIELDS]


def _read_pages_bare(path: Path) -> int:
    records = ArchiveIterator(str(path), record_types=WarcRecordType.response, auto_decode="all")
    pages = (record.reader.read().decode() for record in records)
    return sum(1 for page in pages if extract_plain_text(page, main_content=True))


def _read_datatrove(path: Path) -> int:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from datatrove.pipeline.readers import WarcReader  # noqa: PLC0415 - may not be installed

    reader = WarcReader(str(path.parent), glob_pattern=path.name, file_progress=False)
    return sum(1 for _ in reader.run())


def _num_plain_bytes(path: Path) -> int:
    with gzip.open(path) as file:
        return sum(map(len, iter(partial(file.read, 1 << 20), b"")))


def _write(path: Path, files: Sequence[Path], make: Callable[[str, int], bytes]) -> Path:
    with path.open("wb") as archive:
        texts = (
            orjson.loads(line)["text"] for file in files for line in file.read_bytes().splitlines()
        )
        for number in count():
            parts = [*islice(texts, _DOCUMENTS_A_RECORD)]
            if not parts:
                break
            archive.write(gzip.compress(make("\n\n".join(parts), number), 6))
    return path


def _cpu_seconds(timing: Timing) -> float:
    return timing.cpu_seconds


def _conversion(text: str, number: int) -> bytes:
    return _record("conversion", "text/plain", text.encode(), number)


def _response(text: str, number: int) -> bytes:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    page = _PAGE.format(title=escape(text[:40]), body=paragraphs).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: x\r\n\r\n"
    return _record("response", "application/http; msgtype=response", head + page, number)


def _record(kind: str, content_type: str, block: bytes, number: int) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://example.org/{number}\r\n"
        f"WARC-Date: 2026-11-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"
