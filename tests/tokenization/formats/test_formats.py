"""What holds for every format of exported tokens, seen by readers that are not ours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.tokens import OutputFormat
from registry.errors import InputError
from registry.tokenization.formats import FORMATS
from tests.tokenization.formats.factories import make_rows, make_tokenizer, write_rows
from tests.tokenization.formats.readers import READERS, STREAMS

ALL = sorted(FORMATS)
CUT = [name for name in ALL if FORMATS[name].most_shard_tokens(np.dtype("<u2")) != 0]
WIDE = [name for name in ALL if name != OutputFormat.NANOGPT]
LARGE = 70_000

_BATCHES = st.lists(st.lists(st.lists(st.integers(0, 299), min_size=1, max_size=6), max_size=4))


def flat(rows):
    return [id_ for row in rows for id_ in row]


def expected(name, documents):
    """The rows as a reader of the format sees them."""
    if name in STREAMS:
        return [flat(documents)] if documents else []
    return documents


def read(folder, name, layout):
    return READERS[name](folder, "train", layout.dtype.itemsize)


def test_every_format_has_a_module_and_a_reader():
    assert sorted(OutputFormat) == ALL == sorted(READERS)


@pytest.mark.parametrize("name", ALL)
@given(batches=_BATCHES, max_shard_tokens=st.none() | st.integers(1, 9))
def test_what_is_written_is_what_is_read(name, batches, max_shard_tokens, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    limit = max_shard_tokens if name in CUT else None

    layout = write_rows(folder, name, *batches, max_shard_tokens=limit)

    documents = [document for batch in batches for document in batch]
    assert expected(name, documents) == read(folder, name, layout)


@pytest.mark.parametrize("name", ALL)
def test_files_do_not_depend_on_batches(name, tmp_path):
    documents = [[number + 1] * (number % 5 + 1) for number in range(40)]
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, step in ((one, 40), (two, 7)):
        folder.mkdir()
        batches = [documents[start : start + step] for start in range(0, 40, step)]
        limit = 11 if name in CUT else None
        write_rows(folder, name, *batches, max_shard_tokens=limit)

    # A row group or record batch is a batch; exports cut batches by the documents alone.
    if name in {OutputFormat.ARROW, OutputFormat.PARQUET}:
        assert READERS[name](one, "train", 2) == READERS[name](two, "train", 2)
    else:
        files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
        assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
        assert [] == [
            path for path in files if (one / path).read_bytes() != (two / path).read_bytes()
        ]


@pytest.mark.parametrize("name", CUT)
def test_a_document_longer_than_a_shard_loses_nothing(name, tmp_path):
    documents = [[1, 2], list(range(3, 40)), [40], [41, 42, 43]]

    layout = write_rows(tmp_path, name, documents, max_shard_tokens=4)

    assert expected(name, documents) == read(tmp_path, name, layout)


@pytest.mark.parametrize("name", ALL)
def test_without_documents_there_is_no_shard(name, tmp_path):
    layout = write_rows(tmp_path, name, [])

    assert [] == read(tmp_path, name, layout)
    assert [] == [path for path in tmp_path.rglob("*") if path.suffix not in {"", ".json"}]


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("largest", [65_535, 65_536, LARGE, 2**31 - 1])
def test_a_large_id_is_not_wrapped(name, largest, tmp_path):
    layout = write_rows(
        tmp_path, name, [[0, largest], [largest - 1]], tokenizer=make_tokenizer(highest_id=largest)
    )

    assert expected(name, [[0, largest], [largest - 1]]) == read(tmp_path, name, layout)


@pytest.mark.parametrize("name", ALL)
def test_an_id_above_the_highest_is_refused_not_wrapped(name, tmp_path):
    tokenizer = make_tokenizer(highest_id=299)

    with pytest.raises(InputError, match="70,000 does not fit"):
        write_rows(tmp_path, name, [[1], [LARGE]], tokenizer=tokenizer)


@pytest.mark.parametrize(
    ("name", "dtypes"),
    [
        ("megatron", ["u2", "u2", "i4", "i4", "i4", "i4"]),
        ("llmc", ["u2", "u2", "u2", "u2", "u2", "u4"]),
        ("datatrove", ["u2", "u2", "u2", "u2", "u2", "u4"]),
        ("mds", ["u2", "u2", "u2", "u2", "u2", "u4"]),
        ("litdata", ["u2", "u2", "u2", "u2", "u2", "i4"]),
        ("parquet", ["u2", "u2", "u2", "u2", "u2", "i4"]),
        ("arrow", ["u2", "u2", "u2", "u2", "u2", "i4"]),
        ("olmo", ["u1", "u2", "u2", "u2", "u2", "u4"]),
    ],
)
def test_the_dtype_follows_the_highest_id(name, dtypes):
    vocabularies = [256, 65_499, 65_500, 65_535, 65_536, 65_537]

    found = [FORMATS[name].dtype_for(size - 1).str[1:] for size in vocabularies]

    assert dtypes == found


@pytest.mark.parametrize("name", WIDE)
def test_ids_beyond_what_a_format_has_are_refused(name):
    limit = {"olmo": 2**64, "datatrove": 2**32, "mds": 2**32, "llmc": 2**32}.get(name, 2**31)

    assert FORMATS[name].dtype_for(limit - 1).itemsize >= 4
    with pytest.raises(InputError, match="does not fit"):
        FORMATS[name].dtype_for(limit)


@pytest.mark.parametrize("name", ALL)
def test_stored_ids_of_16_bits_are_taken(name, tmp_path):
    layout = write_rows(tmp_path, name)
    folder = tmp_path / "more"
    folder.mkdir()
    writer = FORMATS[name].open(
        type(layout)(**{**{f: getattr(layout, f) for f in layout.__slots__}, "folder": folder})
    )
    writer.write(make_rows([[1, 2], [3]], dtype="<u2"))
    writer.close()

    assert [1, 2, 3] == flat(read(folder, name, layout))
