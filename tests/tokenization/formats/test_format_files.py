"""What each format says besides ids: names, headers, indexes."""

import json
import struct

import numpy as np
import pyarrow.parquet as pq
import pytest

from registry.errors import InputError
from registry.tokenization.formats import FORMATS, datatrove, mds, olmo
from tests.tokenization.formats.factories import (
    make_layout,
    make_rows,
    make_tokenizer,
    write_rows,
)
from tests.tokenization.formats.readers import read_mds, read_olmo_sidecar


def list_names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_nanogpt_is_16_bit_ids_and_a_meta_file(tmp_path):
    write_rows(tmp_path, "nanogpt", [[5, 6, 0], [7, 0]])

    assert struct.pack("<5H", 5, 6, 0, 7, 0) == (tmp_path / "train.bin").read_bytes()
    meta = json.loads((tmp_path / "meta.json").read_text())
    assert (300, 0, "uint16") == (meta["vocab_size"], meta["eos_id"], meta["dtype"])
    assert ["meta.json", "train.bin"] == list_names(tmp_path)


def test_nanogpt_refuses_a_vocabulary_of_more_than_16_bits():
    assert np.dtype("<u2") == FORMATS["nanogpt"].dtype_for(65_535)
    with pytest.raises(InputError, match="65,536"):
        FORMATS["nanogpt"].dtype_for(65_536)


@pytest.mark.parametrize(
    ("highest_id", "head", "letter"),
    [(299, (20240520, 1), "H"), (70_000, (20240801, 7), "I")],
)
def test_llmc_has_the_header_of_its_ids(tmp_path, highest_id, head, letter):
    write_rows(tmp_path, "llmc", [[0, 5, 6]], tokenizer=make_tokenizer(highest_id=highest_id))

    data = (tmp_path / "tokens_val_000000.bin").read_bytes()
    assert struct.pack("<256i", *head, 3, *[0] * 253) == data[:1024]
    assert struct.pack(f"<3{letter}", 0, 5, 6) == data[1024:]


def test_the_first_shard_of_llmc_is_for_validation_and_all_are_full_but_the_last(tmp_path):
    write_rows(tmp_path, "llmc", [[1] * 5, [2] * 4], max_shard_tokens=4)

    assert [
        "tokens_train_000001.bin",
        "tokens_train_000002.bin",
        "tokens_val_000000.bin",
    ] == list_names(tmp_path)
    sizes = [path.stat().st_size - 1024 for path in sorted(tmp_path.iterdir())]
    assert [8, 2, 8] == sizes


def test_llmc_keeps_to_its_splits_where_there_are_two(tmp_path):
    write_rows(tmp_path, "llmc", [[1] * 5], max_shard_tokens=4, is_split=True)

    assert ["tokens_train_000000.bin", "tokens_train_000001.bin"] == list_names(tmp_path)


@pytest.mark.parametrize(("name", "header"), [("llmc", 1024), ("litdata", 12)])
@pytest.mark.parametrize("dtype", ["<u2", "<u4"])
def test_a_file_stays_below_what_its_reader_can_seek(name, header, dtype):
    most = {"llmc": 2**31, "litdata": 2**32}[name]
    width = np.dtype(dtype).itemsize

    limit = FORMATS[name].most_shard_tokens(np.dtype(dtype))

    assert header + limit * width < most <= header + (limit + 1) * width


def test_datatrove_names_tokenizer_and_size_of_an_id(tmp_path):
    write_rows(tmp_path, "datatrove", [[5, 6], [7]], tokenizer=make_tokenizer(name="a|b"))

    folder = tmp_path / "train"
    assert "a_b|2\n3\n3" == (folder / "000_tokens.ds.metadata").read_text()
    assert struct.pack("<2Q", 2, 3) == (folder / "000_tokens.ds.index").read_bytes()


def test_olmo_says_in_which_shard_and_line_a_document_stands(tmp_path):
    write_rows(tmp_path, "olmo", [[5, 0], [6, 7, 0], [8, 0], [9, 0]])

    path = tmp_path / "train" / "part-0-00000.npy"
    assert [
        ["0", "2", "0", "a/b.tiny@1/x.bin", "1"],
        ["2", "5", "1", "a/b.tiny@1/x.bin", "2"],
        ["5", "7", "2", "a/b.tiny@1/x.bin", "3"],
        ["7", "9", "3", "a/b.tiny@1/y.bin", "1"],
    ] == read_olmo_sidecar(path)
    assert struct.pack("<9H", 5, 0, 6, 7, 0, 8, 0, 9, 0) == path.read_bytes()


@pytest.mark.parametrize("length", [1, 255, 256, 65_535, 65_536])
def test_mds_gives_the_length_in_as_few_bytes_as_it_needs(tmp_path, length):
    write_rows(tmp_path, "mds", [[7] * length])

    assert [[7] * length] == read_mds(tmp_path, "train", 2)
    assert ["train/index.json", "train/shard.00000.mds"] == list_names(tmp_path)


def test_a_shard_of_mds_is_no_larger_than_asked(tmp_path):
    write_rows(tmp_path, "mds", [[7] * 10] * 100, max_shard_tokens=100)

    shards = json.loads((tmp_path / "train" / "index.json").read_text())["shards"]
    assert {"shard.00000.mds", "shard.00001.mds"} <= {s["raw_data"]["basename"] for s in shards}
    assert 100 == sum(shard["samples"] for shard in shards)
    assert all(shard["samples"] * 10 <= 100 for shard in shards)


def test_a_row_that_mds_cannot_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(mds, "_MOST_BYTES", 5000)

    with pytest.raises(InputError, match="does not fit MDS"):
        write_rows(tmp_path, "mds", [[7] * 500])


def test_litdata_cuts_chunks_anywhere_but_never_a_packed_sequence(tmp_path):
    loose, packed = tmp_path / "loose", tmp_path / "packed"
    for folder, is_packed in ((loose, False), (packed, True)):
        folder.mkdir()
        write_rows(folder, "litdata", [[7] * 4] * 5, max_shard_tokens=6, is_packed=is_packed)

    dims = [
        [chunk["dim"] for chunk in json.loads((folder / "train/index.json").read_text())["chunks"]]
        for folder in (loose, packed)
    ]
    assert [[6, 6, 6, 2], [4, 4, 4, 4, 4]] == dims


@pytest.mark.parametrize(("highest_id", "kind"), [(299, "uint16"), (70_000, "int32")])
def test_parquet_has_a_row_a_document_with_its_number(tmp_path, highest_id, kind):
    write_rows(tmp_path, "parquet", [[5], [6, 7]], tokenizer=make_tokenizer(highest_id=highest_id))

    table = pq.read_table(tmp_path / "train-00000.parquet")
    assert {"id": [0, 1], "input_ids": [[5], [6, 7]]} == table.to_pydict()
    assert kind == str(table.schema.field("input_ids").type.value_type)


def test_megatron_joins_everything_into_one_pair_unless_asked_otherwise(tmp_path):
    one, many = tmp_path / "one", tmp_path / "many"
    for folder, limit in ((one, None), (many, 3)):
        folder.mkdir()
        write_rows(folder, "megatron", [[1, 2]], [[3, 4]], max_shard_tokens=limit)

    assert ["train_text_document.bin", "train_text_document.idx"] == list_names(one)
    assert [
        f"train_{number}_text_document.{suffix}"
        for number in ("00000", "00001")
        for suffix in ("bin", "idx")
    ] == list_names(many)


@pytest.mark.parametrize("place", [2**31 - 1, 2**32 - 1, 2**33])
def test_ends_of_documents_beyond_32_bits_are_exact(tmp_path, place):
    """As if so many ids had been written before."""
    ds = datatrove._DsFile(tmp_path / "x.ds", np.dtype("<u2"), "tiny")
    part = olmo._Part(tmp_path / "part-0-00000", make_layout(tmp_path, "olmo").origin)
    for file in (ds, part):
        file._num_tokens = place
        file.write(make_rows([[1, 2], [3]], dtype="<u2"))
        file.close()

    assert [place + 2, place + 3] == np.fromfile(tmp_path / "x.ds.index", "<u8").tolist()
    assert str(place + 3) == (tmp_path / "x.ds.metadata").read_text().split("\n")[1]
    assert [[str(place), str(place + 2)], [str(place + 2), str(place + 3)]] == [
        row[:2] for row in read_olmo_sidecar(tmp_path / "part-0-00000.npy")
    ]


def test_a_file_of_mds_ends_before_its_offsets_need_more_than_32_bits(tmp_path):
    """As if nearly 4 GiB of samples had been written before."""
    writer = FORMATS["mds"].open(
        make_layout(tmp_path, "mds", max_shard_tokens=2**40, tokenizer=make_tokenizer())
    )
    writer.write(make_rows([[1] * 100]))
    room = writer._limit - writer._shards._held
    writer._shards._held += room - 2 * 100 - 13
    writer.write(make_rows([[2] * 100]))
    writer.write(make_rows([[3]]))
    writer.close()

    assert writer._limit + 4096 == 2**32 - 1
    shards = json.loads((tmp_path / "train" / "index.json").read_text())["shards"]
    assert [2, 1] == [shard["samples"] for shard in shards]


def test_rows_written_as_they_come_are_not_kept(tmp_path):
    """Megatron's lengths and MDS's offsets are all that a writer holds of what it wrote."""
    folder = tmp_path / "out"
    folder.mkdir()
    writer = FORMATS["nanogpt"].open(write_rows(folder, "nanogpt"))
    for _ in range(3):
        writer.write(make_rows([[1] * 100_000]))
    size_before_closing = (folder / "train.bin").stat().st_size
    writer.close()

    assert size_before_closing > 500_000
    assert 600_000 == (folder / "train.bin").stat().st_size
