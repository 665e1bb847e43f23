import contextlib
import csv
import gzip
import io
import json
import random
import sys

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.reading import Reading
from registry.errors import InputError
from registry.sources.file import SourceFile
from registry.sources.finding import find_files
from registry.sources.reading import read_documents

from .factories import make_file, measure_reading, read, to_jsonl
from .test_archive import to_tar, to_zip
from .test_arrow_ipc import to_feather, to_stream
from .test_parquet import to_parquet


def to_csv(records):
    stream = io.StringIO(newline="")
    rows = [[record["text"], record["n"]] for record in records]
    csv.writer(stream).writerows([["text", "n"], *rows])
    return stream.getvalue().encode()


def to_table(records):
    return pa.table({name: [record[name] for record in records] for name in ("text", "n")})


WRITERS = {
    "a.jsonl": to_jsonl,
    "a.jsonl.gz": lambda records: gzip.compress(to_jsonl(records), mtime=0),
    "a.jsonl.zst": lambda records: zstandard.compress(to_jsonl(records)),
    "a.json": lambda records: json.dumps(records, indent=1).encode(),
    "a.csv": to_csv,
    "a.parquet": lambda records: to_parquet(
        {name: [record[name] for record in records] for name in ("text", "n")}
    ),
    "a.arrow": lambda records: to_stream(to_table(records)),
    "a.feather": lambda records: to_feather(to_table(records)),
    "a.zip": lambda records: to_zip({"a.jsonl": to_jsonl(records)}),
    "a.tar.gz": lambda records: gzip.compress(to_tar({"a.jsonl": to_jsonl(records)}), mtime=0),
}

# A text that CSV cannot hold apart from its line end is one with a carriage return alone; the
# writer quotes it, so it is not left out here.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
RECORDS = st.lists(st.fixed_dictionaries({"text": TEXTS, "n": st.integers(0, 9)}), min_size=1)


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=25, deadline=None)
@given(records=RECORDS)
def test_what_was_written_is_read(name, records):
    result = read(WRITERS[name](records), name)

    assert [record["text"].encode() for record in records] == result.texts
    assert [str(record["n"]) for record in records] == [
        str(fields["n"]) for fields in result.metadata
    ]
    assert [] == result.rejected


@pytest.mark.parametrize("name", [*WRITERS, "a.txt"])
@settings(max_examples=15, deadline=None)
@given(records=RECORDS, batch_bytes=st.integers(1, 3000))
def test_documents_do_not_depend_on_the_size_of_batches(name, records, batch_bytes):
    data = WRITERS.get(name, to_jsonl)(records)
    options = {"split": "lines"} if name == "a.txt" else {}

    whole = read(data, name, **options)
    parts = read(data, name, batch_bytes=batch_bytes, **options)

    assert whole.documents == parts.documents
    assert whole.rejected == parts.rejected


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=200),
    name=st.sampled_from([*WRITERS, "a.txt", "a.tsv", "a.tar", "-", "a.tgz"]),
)
def test_no_bytes_under_any_name_raise_anything_foreign(data, name):
    _read_or_refuse(make_file(data, name))


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_damage_to_a_file_raises_anything_foreign(name, seed):
    chance = random.Random(seed)
    damaged = bytearray(WRITERS[name]([{"text": f"text {n}" * 5, "n": n % 10} for n in range(20)]))
    for _ in range(chance.randint(1, 5)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    if chance.random() < 0.3:
        del damaged[chance.randrange(len(damaged)) :]

    _read_or_refuse(make_file(bytes(damaged), name))


def test_every_case_of_the_json_test_suite_is_read_or_refused(shared_data):
    paths = sorted((shared_data / "hostile" / "json-test-suite").glob("*.json"))
    reading = Reading(format="jsonl", text_columns=("no such column",))

    assert len(paths) == 318
    for path in paths:
        data = path.read_bytes()
        outcomes = list(read_documents(make_file(data), reading))
        reasons = {r for o in outcomes for r in o.rejected.column("reason").to_pylist()}
        if b"\n" not in data.rstrip(b"\n"):
            # A record that lacks the column was read; one that is no object, too.
            is_blank = not data.removeprefix(b"\xef\xbb\xbf").strip()
            accepted = reasons <= {"missing-text", "not-an-object"}
            assert path.name[0] == "i" or accepted == (path.name[0] == "y") or is_blank
        _read_or_refuse(make_file(data))
        _read_or_refuse(SourceFile.from_path(path))


def _read_or_refuse(file):
    """Let everything through that is not an error of ours."""
    with contextlib.suppress(InputError):
        read(file)


def test_naughty_strings_come_back_as_they_were(shared_data):
    strings = json.loads((shared_data / "hostile" / "blns.json").read_bytes())
    records = [{"text": text, "n": 1} for text in strings]

    assert len(strings) == 515
    for name, write in WRITERS.items():
        assert [text.encode() for text in strings] == read(write(records), name).texts


@pytest.mark.parametrize(
    ("path", "columns", "expected"),
    [
        ("jsonl/gsm8k/train.jsonl", ("question", "answer"), 7473),
        ("jsonl/gsm8k/test.jsonl", ("question", "answer"), 1319),
        ("jsonl/HumanEval.jsonl.gz", ("prompt", "canonical_solution"), 164),
        ("jsonl/common_crawl", (), 20),
        ("jsonl/formats", (), 3),
        ("arrow/boolq-validation", ("passage",), 3270),
        ("synthetic/code_alpaca/code_alpaca_2k.json", ("output",), 2017),
        ("csv/titanic.csv", ("class",), 891),
        ("csv/raw-titanic.csv", ("name",), 891),
        ("csv/penguins.csv", ("species",), 344),
        ("csv/tips.csv", ("day",), 244),
        ("text/udhr", (), 49),
        ("text/tldr", (), 352),
    ],
)
def test_real_files_give_all_their_documents(shared_data, path, columns, expected):
    files = find_files([str(shared_data / path)])

    results = [read(file, text_columns=columns) for file in files]

    assert expected == sum(len(result.documents) for result in results)
    assert [] == [row for result in results for row in result.rejected]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_a_large_file_is_read_in_bounded_memory(tmp_path, name):
    path = tmp_path / name
    texts = [f"{number} " * 1000 for number in range(50_000)]
    path.write_bytes(WRITERS[name]([{"text": text, "n": 1} for text in texts]))

    output = measure_reading(path)

    assert output["num_documents"] == 50_000
    assert output["peak_bytes"] < 320 << 20
