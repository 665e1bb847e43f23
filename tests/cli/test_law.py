"""`muster law`, as people see it."""

import csv
import io

import pytest

from tests.operations.assessing.test_laws import OURS, write_runs

CHINCHILLA = {
    # Hoffmann et al. 2022, Table 3 and Table A3, in billions of tokens; see the tests of the laws
    "400M": (8.0, 7.7, 9.2),
    "10B": (205.1, 219.5, 410.1),
    "1T": (21_200, 26_500, 94_100),
    "10T": (216_200, 292_000, 1_425_500),
}


def test_laws_are_compared_without_a_registry(muster):
    done = muster.run("law", "compare", "--params", "400M,10B,1T,10T", "--format", "csv")
    rows = {(row["law"], row["end"]): row for row in csv.DictReader(io.StringIO(done.stdout))}

    for size, (first, second, third) in CHINCHILLA.items():
        number = {"M": 6, "B": 9, "T": 12}[size[-1]]
        column = str(int(size[:-1]) * 10**number)
        tokens = [int(rows[f"chinchilla-{n}", "mid"][column]) for n in (1, 2, 3)]

        assert pytest.approx([first * 1e9, second * 1e9, third * 1e9], rel=0.0128) == tokens


def test_the_table_has_a_column_a_size(muster):
    lines = muster.run("law", "compare", "rule-20", "epoch-2024", "--params", "1B").stdout

    assert lines.splitlines() == [
        "law          counts     1B",
        "rule-20      total     20B",
        "epoch-2024   total   22.6B",
        "  80 % low           20.3B",
        "  80 % high          25.4B",
    ]


def test_json_of_a_comparison_holds_low_mid_and_high(muster):
    (law,) = muster.json("law", "compare", "epoch-2024", "--params", "1B")

    need = law["required_tokens"]["1000000000"]
    assert need["low"] < need["mid"] < need["high"]


def test_a_projects_own_law_is_listed_shown_and_reported(muster):
    (muster.folder / "muster.toml").write_text(OURS)

    assert muster.json("law", "list")[-1]["id"] == "ours"
    assert "Our runs of spring" in muster.run("law", "show", "ours").stdout
    assert muster.run("law", "show", "ours", "--toml").stdout.startswith("[[law]]\n")


def test_a_wrong_projects_law_names_file_and_key(muster):
    (muster.folder / "muster.toml").write_text(OURS.replace("24.0", '"many"'))

    error = muster.run("law", "list", code=2).stderr

    assert "muster.toml: law 1: formula.ratio.tokens_per_parameter" in error


def test_a_fit_can_be_kept_and_used(muster):
    write_runs(muster.folder / "runs.csv")
    options = ("law", "fit", "runs.csv", "--name", "ours", "--starts", 10, "--bootstrap", 0)

    facts = muster.run(*options).stdout
    row = muster.run(*options, "--toml").stdout
    (muster.folder / "muster.toml").write_text(row)
    (law,) = muster.json("law", "compare", "ours", "--params", "1B")

    assert "alpha" in facts
    assert pytest.approx(22.647e9, rel=1e-3) == law["required_tokens"]["1000000000"]["mid"]


def test_the_same_seed_prints_the_same_fit(muster):
    write_runs(muster.folder / "runs.csv")
    options = ("law", "fit", "runs.csv", "--starts", 2, "--bootstrap", 0)

    assert muster.run(*options, "--json").stdout == muster.run(*options, "--json").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["law", "compare", "--params", "0"], "'0' is not a model size"),
        (["law", "compare", "--params", "-1B"], "'-1B' is not a model size"),
        (["law", "compare", "--params", "2P"], "not a model size"),
        (["law", "compare", "folklore", "--params", "1B"], "no law 'folklore'"),
        (["law", "compare", "gadre-c4", "--params", "1B"], "not how many a model needs"),
        (["law", "fit", "nowhere.csv"], "nowhere.csv"),
        (["report", "--params", "1B", "--law", "folklore"], "no law 'folklore'"),
    ],
)
def test_bad_input_is_named(muster, words, said):
    if words[0] == "report":
        muster.run("init")
    error = muster.run(*words, code=2).stderr

    assert said in error
    assert "Traceback" not in error


def test_a_report_has_chinchillas_three_columns_and_every_key(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny")
    muster.run("tokenize", "a/b", "--tokenizer", "tiny", "--count-only")

    targets = muster.json("report", "--params", "400M,1B,10B,67B,175B,280B,520B,1T,10T")["targets"]

    assert len(targets) == 9
    assert {
        "num_parameters",
        "verdict",
        "confidence",
        "required_tokens",
        "unique_tokens",
        "effective_tokens",
        "epochs_needed",
        "shortfall_tokens",
        "probability_sufficient",
        "largest_model",
        "batch",
        "flops",
        "gates",
        "warnings",
    } <= targets[0].keys()
    assert {"1", "4", "16"} == targets[0]["effective_tokens"].keys()
    assert {"low", "high", "ceiling"} <= targets[0]["batch"].keys()
    by_size = {target["num_parameters"]: target["required_tokens"] for target in targets}
    for size, columns in CHINCHILLA.items():
        number = int(size[:-1]) * 10 ** {"M": 6, "B": 9, "T": 12}[size[-1]]
        tokens = [by_size[number][f"chinchilla-{n}"]["mid"] for n in (1, 2, 3)]

        assert pytest.approx([billions * 1e9 for billions in columns], rel=0.0128) == tokens


def test_a_report_can_go_by_a_projects_own_law(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    muster.run("tokenizer", "train", "--from", "a/b", "--vocab-size", 300, "--name", "tiny")
    muster.run("tokenize", "a/b", "--tokenizer", "tiny", "--count-only")
    (muster.folder / "muster.toml").write_text(OURS)

    report = muster.json("report", "--params", "1B", "--law", "ours")

    assert report["law"] == "ours"
    assert report["targets"][0]["required_tokens"]["ours"]["mid"] == 24 * 10**9
    assert "ours" in [law["id"] for law in report["laws"]]
