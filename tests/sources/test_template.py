"""A template makes one text of several columns, the same whatever the format of the file."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.reading import Reading
from registry.domain.template import columns_of, parse_template
from registry.errors import InputError
from registry.sources.detecting import detect
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents

TEMPLATE = "# {title}\n{{{title}}} costs {price}: {body}"
ROWS = [
    {"title": "Rivers", "price": 12, "body": "They run.", "lang": "en"},
    {"title": "Größe", "price": 3, "body": None, "lang": "de"},
    {"title": None, "price": None, "body": None, "lang": "fr"},
]
TEXTS = [
    "# Rivers\n{Rivers} costs 12: They run.",
    "# Größe\n{Größe} costs 3: ",
]


def as_jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_json(rows):
    return json.dumps(rows).encode()


def as_csv(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_parquet(rows):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


FORMATS = {"a.jsonl": as_jsonl, "a.json": as_json, "a.csv": as_csv, "a.parquet": as_parquet}


def read(name, rows, template=TEMPLATE):
    data = FORMATS[name](rows)
    file = SourceFile(name, lambda: io.BytesIO(data), len(data))
    reading = detect(file, Reading(template=template)).reading
    outcomes = list(read_documents(file, reading))
    kept = [row for one in outcomes for row in one.kept.to_pylist()]
    return kept, [row for one in outcomes for row in one.rejected.to_pylist()]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_texts(name):
    kept, rejected = read(name, ROWS)

    assert TEXTS == [row["text"].decode() for row in kept]
    assert ["null-text"] == [row["reason"] for row in rejected]
    assert [{"lang": "en"}, {"lang": "de"}] == [json.loads(row["metadata"]) for row in kept]


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_what_is_no_string_is_said_as_json(name):
    rows = [{"x": 0.5, "yes": True, "list": ["a", "é"], "n": 2**53 + 1}]
    kept, _ = read(name, rows, "{x} {yes} {list} {n}")
    assert ['0.5 true ["a", "é"] 9007199254740993'] == [row["text"].decode() for row in kept]


def test_integers_beyond_64_bits_are_not_rounded():
    kept, _ = read("a.jsonl", [{"n": 2**70}], "{n}")
    assert str(2**70).encode() == kept[0]["text"]


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no column 'author'"):
        read("a.jsonl", ROWS, "{title} by {author}")


def test_a_template_and_other_columns_contradict_each_other():
    data = as_jsonl(ROWS)
    file = SourceFile("a.jsonl", lambda: io.BytesIO(data), len(data))
    with pytest.raises(InputError, match="says which columns"):
        detect(file, Reading(template="{title}", text_columns=("body",)))


@pytest.mark.parametrize("text", ["no column", "{", "{}", "{title:>8}", "{title!r}", "}{", ""])
def test_what_is_no_template_is_refused(text):
    with pytest.raises(InputError, match=r"is no template|names no column"):
        parse_template(text)


@given(words=st.lists(st.text(alphabet="ab{} \n"), min_size=2, max_size=4))
def test_words_stand_as_they_are_between_columns(words):
    names = [f"c{number}" for number in range(len(words) - 1)]
    escaped = [one.replace("{", "{{").replace("}", "}}") for one in words]
    template = "".join(f"{one}{{{name}}}" for one, name in zip(escaped, [*names, ""], strict=False))
    template = template.removesuffix("{}")
    pieces = parse_template(template)

    assert tuple(names) == columns_of(template)
    assert "".join(words) == "".join(piece.words for piece in pieces)
