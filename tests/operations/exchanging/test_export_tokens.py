import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from registry.api import Registry
from registry.domain.digest import digest_of_file
from registry.domain.names import Reference
from registry.domain.tokens import OutputFormat, Packing
from registry.errors import CorruptObjectError, InputError, StorageError, UnknownError
from registry.operations.context import NoProgress
from registry.operations.exchanging import export_tokens as operation
from registry.storage.objects import ObjectStore
from registry.tokenization.formats import FORMATS, llmc
from tests.operations.factories import records, write_jsonl
from tests.tokenization.factories import make_wordlevel
from tests.tokenization.formats.readers import READERS, STREAMS, read_olmo_sidecar

ALL = sorted(OutputFormat)
ROWS = [name for name in ALL if FORMATS[name].packings]
NO_ROWS = [name for name in ALL if not FORMATS[name].packings]
SHORT = {"parquet", "arrow", "mds"}
"""Formats whose readers want rows of one length."""


@pytest.fixture
def engine():
    """An export only reads the catalog; `test_export` has one from both engines."""
    return "sqlite"


@pytest.fixture
def corpus(muster, tmp_path):
    """100 documents, 20 of them empty, in two units, as web/cc.tiny with EOS behind each."""
    items = records(100, text="Document {row}: the quick brown fox.\n")
    for row in range(0, 100, 5):
        items[row]["text"] = ""
    for part in range(2):
        write_jsonl(tmp_path / "data" / f"{part}.jsonl", items[part * 50 : part * 50 + 50])
    muster.register([str(tmp_path / "data")], name="web/cc")
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=280)
    muster.tokenize("web/cc", tokenizer="tiny")
    return "web/cc.tiny"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def stored_documents(muster, reference="web/cc.tiny"):
    """The documents as Megatron's pairs have them, read by a reader that is not ours."""
    folder = Path(muster._context.home) / "stored"
    if not folder.exists():
        muster.export(reference, folder)
    rows = []
    for index in sorted(folder.glob("*.idx")):
        data = index.read_bytes()
        count = int.from_bytes(data[18:26], "little")
        lengths = np.frombuffer(data, "<i4", count, 34).tolist()
        ids = np.fromfile(index.with_suffix(".bin"), "<u2").tolist()
        for length in lengths:
            rows.append(ids[:length])
            ids = ids[length:]
    return rows


def flat(rows):
    return [id_ for row in rows for id_ in row]


def read(folder, split="train"):
    manifest = json.loads((folder / "manifest.json").read_text())
    name = manifest["options"]["output_format"]
    return READERS[name](folder, split, np.dtype(manifest["dtype"]).itemsize)


def expected(name, documents):
    if name == "llmc":
        documents = [[row[-1], *row[:-1]] for row in documents]
    return [flat(documents)] if name in STREAMS else documents


def as_bytes(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", ALL)
def test_every_format_holds_every_document_with_its_eos(muster, corpus, out, name):
    answer = muster.export_tokens(corpus, out, output_format=name)
    documents = stored_documents(muster)

    assert 80 == len(documents) == answer.manifest.num_documents
    assert expected(name, documents) == read(out)
    assert len(flat(documents)) == answer.manifest.num_tokens
    assert ("created", str(out)) == (answer.status, answer.folder)


@pytest.mark.parametrize("name", ALL)
def test_the_manifest_names_everything_that_made_the_files(muster, corpus, out, name):
    answer = muster.export_tokens(corpus, out, output_format=name, shuffle_seed=7)
    manifest = json.loads((out / "manifest.json").read_text())
    version, tokenizer = muster.show(corpus).version, muster.tokenizers.get("tiny")

    assert answer.manifest.model_dump(mode="json") == manifest
    assert (version.reference, version.digest) == (manifest["reference"], manifest["digest"])
    assert tokenizer.fingerprint == manifest["tokenizer"]["fingerprint"]
    assert {"eos_id": tokenizer.eos_id, "bos_id": None, "parse_special": False} == (
        manifest["policy"]
    )
    assert (7, name) == tuple(manifest["options"][key] for key in ("shuffle_seed", "output_format"))
    assert {
        path.relative_to(out).as_posix(): (digest_of_file(path), path.stat().st_size)
        for path in out.rglob("*")
        if path.is_file() and path != out / "manifest.json"
    } == {file["path"]: (file["digest"], file["num_bytes"]) for file in manifest["files"]}


@pytest.mark.parametrize("name", ALL)
def test_the_same_options_give_the_same_bytes(muster, corpus, tmp_path, name):
    options = {"output_format": name, "shuffle_seed": 3, "val_fraction": 0.2}
    for folder in ("one", "two"):
        muster.export_tokens(corpus, tmp_path / folder, **options)
    muster.export_tokens(corpus, tmp_path / "three", **(options | {"shuffle_seed": 4}))

    one, two, three = (as_bytes(tmp_path / folder) for folder in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_batches_do_not_show_in_the_bytes(muster, corpus, tmp_path, monkeypatch):
    for folder, batch in (("one", 1 << 22), ("two", 50)):
        monkeypatch.setattr(operation, "_BATCH_TOKENS", batch)
        for name in sorted(set(ALL) - {"parquet", "arrow"}):
            muster.export_tokens(corpus, tmp_path / folder / name, output_format=name)

    assert as_bytes(tmp_path / "one") == as_bytes(tmp_path / "two")


def test_repeating_leaves_the_folder_alone(muster, corpus, out):
    first = muster.export_tokens(corpus, out, output_format="mds")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = muster.export_tokens(corpus, out, output_format="mds")

    assert ("unchanged", first.manifest) == (again.status, again.manifest)
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*")}


@pytest.mark.parametrize("change", ["options", "bytes", "file", "manifest"])
def test_a_folder_that_holds_anything_else_is_refused(muster, corpus, out, change):
    muster.export_tokens(corpus, out, output_format="nanogpt")
    name = "llmc" if change == "options" else "nanogpt"
    if change == "bytes":
        (out / "train.bin").write_bytes((out / "train.bin").read_bytes()[:-1] + b"x")
    elif change == "file":
        (out / "more").write_bytes(b"")
    elif change == "manifest":
        (out / "manifest.json").write_bytes(b"{}")
    before = as_bytes(out)

    with pytest.raises(InputError, match="in the way"):
        muster.export_tokens(corpus, out, output_format=name)
    assert before == as_bytes(out)


@pytest.mark.parametrize("name", ALL)
def test_shuffling_is_of_documents(muster, corpus, out, name):
    muster.export_tokens(corpus, out, output_format=name, shuffle_seed=1)
    documents, rows = stored_documents(muster), read(out)

    assert expected(name, documents) != rows
    if name in STREAMS:
        assert sorted(flat(documents)) == sorted(flat(rows))
    else:
        assert sorted(documents) == sorted(rows)


@pytest.mark.parametrize("name", ALL)
def test_a_validation_split_takes_the_last_documents(muster, corpus, out, name):
    answer = muster.export_tokens(corpus, out, output_format=name, val_fraction=0.1)
    documents = stored_documents(muster)

    assert [("train", 72), ("val", 8)] == [
        (split.name, split.num_documents) for split in answer.manifest.splits
    ]
    if name == "llmc":
        paths = sorted(path.name for path in out.glob("*.bin"))
        assert ["tokens_train_000000.bin", "tokens_val_000000.bin"] == paths
        data = np.fromfile(out / paths[1], "<u2", offset=1024).tolist()
        assert expected(name, documents[72:]) == [data]
        return
    assert expected(name, documents[:72]) == read(out, "train")
    assert expected(name, documents[72:]) == read(out, "val")


def test_one_file_that_llmc_keeps_for_validation_is_pointed_out(context, corpus, tmp_path):
    notes = []

    class Notes(NoProgress):
        def note(self, message):
            notes.append(message)

    noisy = Registry(replace(context, progress=Notes()))
    noisy.export_tokens(corpus, tmp_path / "one", output_format="llmc")
    noisy.export_tokens(corpus, tmp_path / "two", output_format="llmc", val_fraction=0.1)
    noisy.export_tokens(corpus, tmp_path / "many", output_format="llmc", max_shard_tokens=99)

    (note,) = notes
    assert "--val-fraction" in note


def test_documents_of_olmo_and_parquet_keep_their_number_when_shuffled(muster, corpus, tmp_path):
    documents = stored_documents(muster)
    muster.export_tokens(corpus, tmp_path / "o", output_format="olmo", shuffle_seed=1)
    path = tmp_path / "o" / "train" / "part-0-00000.npy"
    ids = np.fromfile(path, f"<u{path.stat().st_size // len(flat(documents))}").tolist()
    sidecar = read_olmo_sidecar(path)

    for start, end, number, source, line in sidecar:
        assert documents[int(number)] == ids[int(start) : int(end)]
        assert ("web/cc.tiny@1/tokens-00000.bin", int(number) + 1) == (source, int(line))


@pytest.mark.parametrize("name", ROWS)
def test_packed_sequences_have_one_length_and_the_tail_is_told(muster, corpus, out, name):
    answer = muster.export_tokens(corpus, out, output_format=name, sequence_length=32)
    stream, rows = flat(stored_documents(muster)), read(out)
    (split,) = answer.manifest.splits

    assert 0 < len(stream) % 32 == split.tail_tokens
    assert (name not in SHORT) == split.is_tail_written
    written = stream[: len(stream) - split.tail_tokens] if name in SHORT else stream
    assert written == flat(rows)
    assert len(written) == split.num_tokens
    if name not in STREAMS:
        assert {32} == set(map(len, rows[:-1]))
        assert len(rows) == split.num_rows


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"litdata"}))
def test_best_fit_packing_loses_no_token_and_cuts_no_document_that_fits(muster, corpus, out, name):
    answer = muster.export_tokens(
        corpus, out, output_format=name, sequence_length=64, packing="best-fit", shuffle_seed=5
    )
    documents, rows = stored_documents(muster), read(out)
    eos = muster.tokenizers.get("tiny").eos_id

    assert sorted(flat(documents)) == sorted(flat(rows))
    assert all(len(row) <= 64 and row[-1] == eos for row in rows)
    assert (0, len(rows)) == (
        answer.manifest.splits[0].tail_tokens,
        answer.manifest.splits[0].num_rows,
    )
    found = []
    for row in rows:
        ends = [place + 1 for place, id_ in enumerate(row) if id_ == eos]
        found += [row[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    assert sorted(documents) == sorted(found)


@pytest.mark.parametrize("name", NO_ROWS)
def test_a_stream_is_not_packed(muster, corpus, out, name):
    with pytest.raises(InputError, match="one stream"):
        muster.export_tokens(corpus, out, output_format=name, sequence_length=32)
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output_format": "litdata", "sequence_length": 8, "packing": "best-fit"}, "one length"),
        ({"output_format": "mds", "packing": "best-fit"}, "needs the length"),
        ({"output_format": "npz"}, "npz"),
        ({"output_format": "mds", "sequence_length": 0}, "sequence_length 0"),
        ({"output_format": "mds", "val_fraction": 1.0}, r"val_fraction 1\.0"),
        ({"output_format": "mds", "val_fraction": 0.999}, "nothing to train on"),
        ({"output_format": "nanogpt", "max_shard_tokens": 9}, "one file"),
        ({"output_format": "llmc", "max_shard_tokens": 2**31}, "do not fit a file of llmc"),
    ],
)
def test_options_that_mean_nothing_are_refused(muster, corpus, out, options, message):
    with pytest.raises(InputError, match=message):
        muster.export_tokens(corpus, out, **options)
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "tokenize", "message"),
    [
        ("nanogpt", {"eos": False}, "EOS behind each document and no BOS"),
        ("nanogpt", {"bos": True, "bos_token": "a"}, "EOS behind each document and no BOS"),
        ("llmc", {"eos": False}, "EOS or BOS, and not both"),
        ("llmc", {"bos": True, "bos_token": "a"}, "EOS or BOS, and not both"),
        ("olmo", {"eos": False}, "EOS behind each document"),
        ("litdata", {"eos": False}, "a special token"),
        ("mds", {"eos": False}, "a special token"),
    ],
)
def test_a_policy_against_the_format_is_refused_with_what_mends_it(
    muster, corpus, out, name, tokenize, message
):
    muster.tokenize("web/cc", tokenizer="tiny", name="web/other", **tokenize)
    length = {"sequence_length": 8} if name == "mds" else {}

    with pytest.raises(InputError, match=message) as caught:
        muster.export_tokens("web/other", out, output_format=name, **length)
    assert caught.value.hint.startswith("muster tokenize web/cc@1 --tokenizer tiny --eos")
    assert not out.exists()


def test_bos_alone_stands_before_each_document_of_llmc(muster, corpus, out):
    muster.tokenize("web/cc", tokenizer="tiny", name="web/bos", eos=False, bos=True, bos_token="a")
    answer = muster.export_tokens("web/bos", out, output_format="llmc")
    bos = answer.manifest.policy.bos_id
    (ids,) = read(out)

    assert f"BOS {bos} before each document" == answer.manifest.boundaries
    assert bos == ids[0]
    assert len(ids) == answer.manifest.num_tokens


def test_documents_of_no_tokens_make_an_export_of_none(muster, tmp_path, out):
    tokenizer = tmp_path / "words.json"
    tokenizer.write_text(make_wordlevel().to_str())
    muster.tokenizers.add([tokenizer], name="words", eos="</s>")
    blank = [{"id": str(row), "text": "  "} for row in range(3)]
    muster.register([str(write_jsonl(tmp_path / "b.jsonl", blank))], name="a/blank")
    muster.tokenize("a/blank", tokenizer="words")

    answer = muster.export_tokens("a/blank.words", out, output_format="mds", shuffle_seed=1)

    assert (0, 0) == (answer.manifest.num_documents, answer.manifest.num_tokens)
    assert [] == read(out)


def test_documents_are_no_tokens(muster, corpus, out):
    with pytest.raises(InputError, match="holds documents") as caught:
        muster.export_tokens("web/cc", out, output_format="mds")
    assert "muster tokenize web/cc@1" in caught.value.hint


def test_a_damaged_shard_is_not_exported(muster, context, corpus, out):
    shards = context.catalog.versions.list_shards(Reference.parse(corpus))
    path = context.store.local_path_of(shards[0].digest)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)

    with pytest.raises(CorruptObjectError, match="other bytes"):
        muster.export_tokens(corpus, out, output_format="mds")
    assert not out.exists()


def test_a_shard_that_is_gone_is_named(muster, context, corpus, out):
    shards = context.catalog.versions.list_shards(Reference.parse(corpus))
    context.store.local_path_of(shards[0].digest).unlink()

    with pytest.raises(UnknownError, match=shards[0].digest):
        muster.export_tokens(corpus, out, output_format="mds")


@pytest.mark.parametrize("name", ALL)
def test_a_failure_midway_leaves_nothing(muster, corpus, out, tmp_path, monkeypatch, name):
    before = sorted(tmp_path.iterdir())

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(operation, "_list_files", fail)
    with pytest.raises(StorageError, match="no space left"):
        muster.export_tokens(corpus, out, output_format=name)
    assert before == sorted(tmp_path.iterdir())


def test_a_writer_that_fails_is_closed_and_leaves_nothing(muster, corpus, out, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(llmc._LlmcFile, "write", fail)
    with pytest.raises(StorageError, match="no space left"):
        muster.export_tokens(corpus, out, output_format="llmc")
    assert not out.exists()


def test_tokens_of_a_store_that_is_not_local_are_copied_first(
    muster, context, corpus, out, tmp_path, monkeypatch
):
    remote = ObjectStore("memory://export-tokens")
    for shard in context.catalog.versions.list_shards(Reference.parse(corpus)):
        remote.put_bytes(context.store.read(shard.digest))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    object.__setattr__(context, "store", remote)

    Registry(context).export_tokens(corpus, out, output_format="megatron")

    assert 80 == len(read(out))
    assert [] == list(tmp_path.glob("muster-tokens-*"))


def test_packing_is_called_by_its_name():
    assert ["concatenate", "best-fit"] == list(Packing)


def test_memory_does_not_grow_with_the_tokens(muster, tmp_path, out, monkeypatch):
    text = "the quick brown fox jumps over the lazy dog and away it goes\n" * 100
    path = write_jsonl(tmp_path / "big.jsonl", records(500, text=f"{{row}} {text}"))
    muster.register([str(path)], name="a/big")
    muster.tokenizers.train(["a/big"], name="bytes", vocab_size=257)
    muster.tokenize("a/big", tokenizer="bytes")
    monkeypatch.setattr(operation, "_BATCH_TOKENS", 1 << 16)
    muster.export_tokens("a/big.bytes", tmp_path / "first", output_format="mds", shuffle_seed=1)

    tracemalloc.start()
    answer = muster.export_tokens("a/big.bytes", out, output_format="mds", shuffle_seed=1)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sum(file.num_bytes for file in answer.manifest.files) > 6_000_000
    assert most < 3_000_000
