"""The commands that people type."""

import json
import subprocess
import sys

import pytest

from cli.main import COMMANDS

HEAVY = [
    "sqlalchemy",
    "alembic",
    "pyarrow",
    "tokenizers",
    "numpy",
    "fsspec",
    "rich",
    "pydantic",
    "pydantic_settings",
]

ENGINES = ["pyarrow", "tokenizers", "numpy", "ftfy", "alembic", "yaml", "rich.progress"]
"""What reading, normalizing, tokenizing, upgrading and drawing a bar need, and no look does."""


def test_the_main_job_answers_one_json_document_a_verb(muster, corpus):
    registered = muster.json("register", corpus, "--name", "a/b", "--license", "CC-BY-4.0")
    normalized = muster.json("normalize", "a/b", "--recipe", "text-default")
    trained = muster.json(
        "tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny"
    )
    tokenized = muster.json("tokenize", normalized["reference"], "--tokenizer", "tiny")
    lineage = muster.json("lineage", tokenized["reference"])
    report = muster.json("report", normalized["reference"], "--params", "1.3B")
    (target,) = report["targets"]

    assert (registered["reference"], registered["status"]) == ("a/b@1", "created")
    assert {"num_documents", "num_bytes", "num_shards", "digest", "rejected"} <= registered.keys()
    assert (normalized["reference"], normalized["input"]) == ("a/b.text-default@1", "a/b@1")
    assert {"name", "version", "fingerprint"} == normalized["recipe"].keys()
    assert {"documents_in", "documents_kept", "rejected", "bytes_in", "bytes_kept"} == normalized[
        "ledger"
    ].keys()
    assert trained["tokenizer"]["vocab_size"] == tokenized["tokenizer"]["vocab_size"]
    assert tokenized["num_documents"] == 60
    assert tokenized["num_tokens"] + 60 == tokenized["num_tokens_with_special"]
    assert tokenized["bytes_per_token"] == tokenized["num_bytes"] / tokenized["num_tokens"]
    assert (tokenized["unknown_rate"], tokenized["method"]) == (0.0, "exact")
    assert ["a/b.text-default.tiny@1", "a/b.text-default@1", "a/b@1"] == [
        node["reference"] for node in lineage["nodes"]
    ]
    assert {"parent", "child", "run"} <= lineage["edges"][0].keys()
    assert lineage["truncated"] is False
    assert target["num_parameters"] == 1_300_000_000
    assert target["verdict"] == "INSUFFICIENT"
    assert target["unique_tokens"] <= tokenized["num_tokens"]
    assert {"low", "mid", "high"} <= target["required_tokens"]["epoch-2024"].keys()
    assert {"epochs_needed", "shortfall_tokens", "largest_model"} <= target.keys()
    assert "unmeasured-near-duplicates" in [warning["code"] for warning in report["warnings"]]


def test_the_same_command_again_is_unchanged_and_exits_0(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    again = muster.run("register", corpus, "--name", "a/b")

    assert again.stdout == "unchanged: a/b@1\n"


def loaded(names, words, **options):
    """Return which libraries a command loads, in a process of its own."""
    code = (
        "import sys\nfrom cli.main import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(*[name for name in {names!r} if name in sys.modules], 'end', file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, **options)
    return done.stderr.splitlines()[-1].split()[:-1]


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"]])
def test_help_loads_no_heavy_library(words):
    assert [] == loaded(HEAVY, words)


@pytest.mark.parametrize(
    "words",
    [["list"], ["show", "a/b"], ["lineage", "a/b"], ["tokenizer", "list"], ["run", "list"]],
)
def test_looking_at_the_catalog_loads_no_engine(muster, corpus, words):
    muster.run("register", corpus, "--name", "a/b")

    assert [] == loaded(ENGINES, words, cwd=muster.folder, env=muster.environment)


def test_tables_alone_load_what_draws_them(muster):
    drawn = loaded(["rich"], ["list", "--json"], cwd=muster.folder, env=muster.environment)

    assert [] == drawn


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(muster, name):
    assert muster.run(name, "--help").stdout.startswith(f"Usage: muster {name}")


def test_an_unknown_command_is_wrong_usage(muster):
    assert "No such command" in muster.run("regsiter", code=2).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "a/b"], "no dataset 'a/b'"),
        (["show", "../b"], "'../b' is not a dataset name"),
        (["register", "nowhere", "--name", "a/b"], "nowhere"),
        (["register", ".", "--name", "a\x1b[31m/b"], "\\x1b"),
        (["normalize", "a/b", "--recipe", "txt-default"], "did you mean text-default"),
        (["report", "--params", "1.3X"], "'1.3X' is not a model size"),
        (["report", "--params", "1B"], "no version with a token count"),
        (["law", "show", "epoch"], "did you mean epoch-2024"),
        (["recipe", "check", "missing.toml"], "missing.toml"),
    ],
)
def test_bad_input_is_an_error_with_the_users_value_and_exit_2(muster, words, said):
    done = muster.run(*words, code=2)

    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stdout == ""


def test_without_a_registry_the_hint_makes_one(tmp_path, muster):
    muster.folder = tmp_path / "elsewhere"
    muster.folder.mkdir()
    (tmp_path / ".muster").rename(tmp_path / "hidden")
    done = muster.run("list", code=2)

    assert "hint: muster init" in done.stderr


def test_debug_shows_the_traceback(muster):
    process = muster.start("--debug", "show", "a/b")
    _, stderr = process.communicate(timeout=60)

    assert "Traceback" in stderr
    assert process.returncode == 1


def test_a_report_that_is_checked_exits_with_3_when_data_is_missing(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny")
    muster.run("tokenize", "a/b", "--tokenizer", "tiny", "--count-only")

    assert "INSUFFICIENT" in muster.run("report", "--params", "1B", "--check", code=3).stdout
    muster.run("report", "--params", "10", "--check")


def test_verify_exits_with_3_when_a_byte_changed(muster, corpus):
    muster.run("register", corpus, "--name", "a/b", "--ingest")
    assert "intact" in muster.run("verify", "a/b").stdout
    (file,) = [
        path
        for path in (muster.folder / ".muster" / "objects").rglob("*")
        if path.is_file() and b"of 1" in path.read_bytes()
    ]
    file.write_bytes(file.read_bytes().replace(b"Document", b"document", 1))

    assert "holds other bytes" in muster.run("verify", "a/b", code=3).stdout


def test_a_lineage_that_is_cut_says_so_and_exits_with_3(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("normalize", "a/b", "--recipe", "text-default")

    assert muster.json("lineage", "a/b.text-default", "--limit", 1, code=3)["truncated"] is True


def test_standard_input_is_registered(muster):
    process = muster.start("register", "-", "--name", "a/b", "-q", stdin=subprocess.PIPE)
    stdout, stderr = process.communicate('{"text": "one"}\n', timeout=60)

    assert (stdout, process.returncode) == ("a/b@1\n", 0), stderr


def test_a_reader_that_closes_the_pipe_early_is_no_error(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    with muster.start("sample", "a/b", "-n", 60) as process:
        process.stdout.close()
        process.wait(timeout=60)
        said = process.stderr.read()

    assert "Traceback" not in said


@pytest.mark.parametrize("how", ["table", "json", "jsonl", "csv", "markdown"])
def test_a_list_prints_in_every_format(muster, corpus, how):
    muster.run("register", corpus, "--name", "a/b", "--tag", "release")

    assert "a/b@1" in muster.run("list", "--format", how).stdout


def test_database_commands_tell_the_revision(muster):
    status = muster.json("db", "current")

    assert status["revision"] == status["expected"]
    assert muster.json("db", "check")["findings"] == []
    assert muster.json("db", "upgrade")["revision"] == status["expected"]


def test_a_card_file_is_read_and_an_option_wins(muster, corpus, tmp_path):
    card = tmp_path / "card.yaml"
    card.write_text("license: mit\nlanguage: [en]\ndescription: Two lines\ntags: [release]\n")
    muster.run("register", corpus, "--name", "a/b", "--card", card, "--license", "apache-2.0")
    shown = muster.json("show", "a/b@release")

    assert shown["version"]["licence"] == "Apache-2.0"
    assert shown["version"]["languages"] == ["en"]
    assert shown["dataset"]["description"] == "Two lines"


def test_an_unknown_field_of_a_card_is_refused(muster, corpus, tmp_path):
    card = tmp_path / "card.toml"
    card.write_text('licens = "MIT"\n')
    done = muster.run("register", corpus, "--name", "a/b", "--card", card, code=2)

    assert "licens" in done.stderr


def test_exported_tokens_lie_as_files_beside_their_manifest(muster, corpus, tmp_path):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny")
    answer = muster.json("tokenize", "a/b", "--tokenizer", "tiny")
    muster.run("export", answer["reference"], tmp_path / "out")

    assert ["manifest.json", "tokens-00000.bin", "tokens-00000.idx"] == sorted(
        path.name for path in (tmp_path / "out").iterdir()
    )
    assert (tmp_path / "out" / "tokens-00000.bin").stat().st_size == 2 * answer[
        "num_tokens_with_special"
    ]


def test_tokens_are_exported_for_a_trainer_and_told_as_facts(muster, corpus, tmp_path):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny")
    muster.run("tokenize", "a/b", "--tokenizer", "tiny")
    options = ("--output-format", "parquet", "--sequence-length", 16, "--val-fraction", "10%")
    answer = muster.json("export", "a/b.tiny", "out", *options)
    told = muster.run("export", "a/b.tiny", "out", *options).stdout

    assert {"train-00000.parquet", "val-00000.parquet"} == {
        file["path"] for file in answer["manifest"]["files"]
    }
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == answer["manifest"]
    assert ["unchanged  out", "from       a/b.tiny@1"] == told.splitlines()[:2]
    assert "54 documents" in told
    assert "sequences" in told
    assert "EOS 0 behind each document" in told


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--sequence-length", 8), "--output-format arrow|"),
        (("--shuffle-seed", 0), "--output-format arrow|"),
        (("--output-format", "nanogpt", "--sequence-length", 8), "leave out --sequence-length"),
    ],
)
def test_an_option_that_means_nothing_to_an_export_is_refused(muster, corpus, options, hint):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny")
    muster.run("tokenize", "a/b", "--tokenizer", "tiny")

    assert hint in muster.run("export", "a/b.tiny", "out", *options, code=2).stderr


def test_the_version_is_told_without_a_command(muster):
    assert muster.run("--version").stdout.startswith("muster ")


def test_rejected_rows_are_shown_with_file_row_and_reason(muster, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "good"}\nbad \x1b[31m\xff\n')
    done = muster.run("register", "a.jsonl", "--name", "a/b")
    (row,) = muster.json("quarantine", "a/b")["rows"]

    assert "hint" not in done.stdout
    assert "muster quarantine a/b@1" in done.stderr
    assert (row["file"], row["row"], row["offset"]) == ("a.jsonl", 2, 17)
    assert row["raw"] == "bad \x1b[31m\\xff"
    assert "\x1b" not in muster.run("quarantine", "a/b").stdout


def test_a_version_that_is_read_otherwise_says_how(muster, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"question": "q", "answer": "a"}\n')
    muster.run("register", "a.jsonl", "--name", "a/b", "--text-column", "question")
    columns = ("--text-column", "question", "--text-column", "answer")
    lines = muster.run("register", "a.jsonl", "--name", "a/b", *columns).stdout.splitlines()

    assert [
        "changed    since a/b@1: 0 files added, 0 removed, 0 changed, 1 read otherwise, "
        "+0 documents",
        "reading    text columns question -> question + answer (1 file)",
    ] == lines[-2:]


def test_a_withdrawn_version_blocks_reports(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny")
    muster.run("tokenize", "a/b", "--tokenizer", "tiny", "--count-only")
    muster.run("dataset", "withdraw", "a/b", "--reason", "takedown")

    (gate,) = muster.json("report", "a/b", "--params", "10")["gates"]
    assert ("withdrawn", "block") == (gate["name"], gate["status"])


def test_recipes_and_laws_are_shown_in_words(muster):
    assert "fallback = []" in muster.run("recipe", "show", "text-default").stdout
    assert "{" not in muster.run("law", "show", "epoch-2024").stdout
    assert "drop_exact_duplicates" in muster.run("recipe", "steps").stdout


def test_documents_are_embedded_searched_and_measured(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    embedded = muster.json("embed", "a/b", "--min-count", 1, "--dimensions", 4)
    similar = muster.json("similar", "a/b", "--document", "0-3", "-k", 2)
    terms = muster.run("similar", "a/b.static", "--term", "café", "-q", "-k", 1)
    measured = muster.json("diversity", "a/b", "-n", 10)
    told = muster.run("embed", "a/b", "--min-count", 1, "--dimensions", 4).stdout.splitlines()

    assert ("a/b.static@1", "created", 60) == (
        embedded["reference"],
        embedded["status"],
        embedded["num_documents"],
    )
    assert [1, 2] == [neighbour["rank"] for neighbour in similar["neighbours"]]
    assert "0-3" not in [neighbour["id"] for neighbour in similar["neighbours"]]
    assert 1 == len(terms.stdout.splitlines())
    assert (10, "a/b.static@1") == (measured["num_documents"], measured["embeddings"])
    assert "unchanged  a/b.static@1" == told[0]
    assert "diversity: vendi score" in muster.run("show", "a/b.static").stdout
    assert "Vendi score" in muster.run("diversity", "a/b", "-n", 10).stdout
    assert "begins" in muster.run("similar", "a/b", "--text", "naïve document").stdout


def test_near_duplicates_are_measured_once_and_leave_the_report(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    how = ("--words", 1, "--bands", 4, "--rows", 2)
    (measured,) = muster.json("measure", "near-duplicates", "a/b", *how)
    told = muster.run("measure", "near-duplicates", "a/b@1", *how)
    muster.run("tokenizer", "train", "--from", "a/b", "--name", "t", "--vocab-size", 300)
    muster.run("tokenize", "a/b", "--tokenizer", "t", "--count-only")
    report = muster.json("report", "a/b", "--params", "10")

    assert ("a/b@1", "measured", 60) == (
        measured["reference"],
        measured["status"],
        measured["num_documents"],
    )
    assert "unchanged" in told.stdout
    assert "4 bands of 2" in told.stdout
    assert 4 == report["near_duplicates"]["method"]["bands"]
    assert measured["num_near_duplicates"] == report["near_duplicates"]["num_documents"] > 0
    assert report["total_tokens"] > report["unique_tokens"] > 0


def test_a_search_for_nothing_is_wrong_usage(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("embed", "a/b", "--min-count", 1, "--dimensions", 4)

    assert (
        "hint: one of --text, --document and --term" in muster.run("similar", "a/b", code=2).stderr
    )
