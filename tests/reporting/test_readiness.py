"""The readiness report in terminal and Markdown."""

import io
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from registry.domain.count import CountMethod
from registry.domain.grouping import GroupBy
from registry.domain.report import Report, ReportWarning, WarningCode
from registry.domain.supply import SupplyGroup
from registry.domain.target import Verdict
from registry.domain.tokenizer import CountingPolicy
from registry.reporting.figures import composition_rows
from registry.reporting.readiness import render_report, report_markdown
from tests.reporting.factories import (
    make_diversity,
    make_gate,
    make_report,
    make_requirement,
    make_supply_line,
    make_target,
    make_warning,
)

GOLDEN = Path(__file__).parent / "golden"


def make_full_report(**changes) -> Report:
    """Two versions, one of them sampled, one without embeddings; three targets, two warnings."""
    targets = (
        make_target(num_parameters=125_000_000, verdict=Verdict.AMPLE, shortfall_tokens=0),
        make_target(),
        make_target(
            num_parameters=70_000_000_000,
            verdict=Verdict.INSUFFICIENT,
            epochs_needed=None,
            confidence="split",
            extrapolated=True,
        ),
    )
    supply = (
        make_supply_line(),
        make_supply_line(
            reference="demo/standard-library.code-default@12",
            licence="unknown",
            method=CountMethod.SAMPLED,
            num_unique_tokens=None,
        ),
    )
    warnings = (
        make_warning(),
        make_warning(
            code=WarningCode.UNMEASURED_NEAR_DUPLICATES,
            message="near duplicates were not measured: unique tokens are an upper bound",
            references=(),
            hint=None,
        ),
    )
    fields = {"targets": targets, "supply": supply, "warnings": warnings, "id": "0197f3a2"}
    fields["total_tokens"] = 22_000_000_000
    fields["diversity"] = (
        make_diversity(),
        make_diversity(
            reference="demo/standard-library.code-default@12",
            embeddings=None,
            num_vectors=0,
            vendi_score=None,
        ),
    )
    return make_report(**(fields | changes))


def test_groups_are_listed_where_there_are_several_of_a_sort():
    def group(by: GroupBy, value: str, tokens: int) -> SupplyGroup:
        return SupplyGroup(
            by=by, value=value, num_versions=1, num_tokens=tokens, unique_tokens=tokens
        )

    report = make_report(
        unique_tokens=1_000,
        composition=(
            group(GroupBy.LANGUAGE, "en", 750),
            group(GroupBy.LANGUAGE, "und", 250),
            group(GroupBy.KIND, "text", 1_000),
        ),
    )
    rows = [
        ["language", "en", "1", "750", "750", "75 %"],
        ["", "not stated", "1", "250", "250", "25 %"],
    ]

    assert rows == composition_rows(report)
    assert "| language | en | 1 | 750 | 750 | 75 % |" in report_markdown(report)
    assert "not stated" in render(report)
    assert [] == composition_rows(make_report(composition=()))


def render(report: Report, *, width: int = 80, colour: str | None = None) -> str:
    console = Console(
        width=width, file=io.StringIO(), color_system=colour, force_terminal=colour is not None
    )
    console.print(render_report(report))
    lines = console.file.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_report_is_the_golden_file(width):
    expected = (GOLDEN / f"report-{width}.txt").read_text(encoding="utf-8")

    assert expected == render(make_full_report(), width=width)


def test_the_markdown_report_is_the_golden_file():
    expected = (GOLDEN / "report.md").read_text(encoding="utf-8")

    assert expected == report_markdown(make_full_report())


def test_diversity_that_was_not_measured_is_said_to_be_missing():
    lines = render(make_report()).splitlines()

    assert "diversity   not measured" in lines


def test_colour_adds_nothing_but_colour():
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", render(make_full_report(), colour="standard"))

    assert [line.rstrip() for line in coloured.splitlines()] == (
        render(make_full_report()).splitlines()
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {},
            "Yes: 10B unique tokens, seen 3.04 times, are enough for 1.3B parameters; "
            "epoch-2024 asks for 29.1B.",
        ),
        (
            {"verdict": "AMPLE"},
            "Yes: 10B unique tokens are enough for 1.3B parameters; epoch-2024 asks for 29.1B.",
        ),
        (
            {"verdict": "CONSTRAINED", "epochs_needed": 8.6},
            "Not as it stands: 10B unique tokens are enough for 1.3B parameters only after "
            "8.6 epochs; epoch-2024 asks for 29.1B.",
        ),
        (
            {"verdict": "CONSTRAINED", "epochs_needed": None},
            "Not as it stands: 10B unique tokens, seen 16 times, reach only the low end of the "
            "interval for 1.3B parameters, 25.5B; epoch-2024 asks for 29.1B.",
        ),
        (
            {"verdict": "CONSTRAINED", "epochs_needed": 42.7},
            "Not as it stands: 10B unique tokens, seen 16 times, reach only the low end of the "
            "interval for 1.3B parameters, 25.5B; epoch-2024 asks for 29.1B.",
        ),
        (
            {"verdict": "INSUFFICIENT"},
            "No: 10B unique tokens are not enough for 1.3B parameters; epoch-2024 asks for 29.1B.",
        ),
        ({"verdict": "BLOCKED"}, "No: a gate blocks 1.3B parameters on 10B unique tokens."),
    ],
)
def test_the_first_line_answers_in_a_sentence(changes, sentence):
    report = make_report(targets=(make_target(**changes),), unique_is_upper_bound=False)

    assert sentence == render(report, width=200).splitlines()[0]


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        (
            ["AMPLE", "INSUFFICIENT"],
            "10B unique tokens (an upper bound) are enough for 1B, not for 2B parameters.",
        ),
        (
            ["AMPLE", "SUFFICIENT", "AMPLE"],
            "Yes: 10B unique tokens (an upper bound) are enough for each of 1B, 2B and 3B "
            "parameters (epoch-2024).",
        ),
        (
            ["CONSTRAINED", "INSUFFICIENT"],
            "No: 10B unique tokens (an upper bound) are not enough for 2B parameters; for 1B only "
            "by more epochs than the policy has (epoch-2024).",
        ),
        (
            ["AMPLE", "CONSTRAINED", "INSUFFICIENT"],
            "10B unique tokens (an upper bound) are enough for 1B, not for 3B parameters; for 2B "
            "only by more epochs than the policy has.",
        ),
        (
            ["CONSTRAINED", "CONSTRAINED"],
            "Not as it stands: 10B unique tokens (an upper bound) are enough for 1B and 2B only by "
            "more epochs than the policy has (epoch-2024).",
        ),
        (
            ["INSUFFICIENT", "INSUFFICIENT"],
            "No: 10B unique tokens (an upper bound) are not enough for any of 1B and 2B parameters "
            "(epoch-2024).",
        ),
        (
            ["BLOCKED", "BLOCKED"],
            "No: a gate blocks 1B and 2B parameters on 10B unique tokens (an upper bound).",
        ),
        ([], "10B unique tokens (an upper bound) are held; no model size was asked about."),
    ],
)
def test_several_sizes_are_answered_in_one_sentence(verdicts, sentence):
    targets = tuple(
        make_target(num_parameters=number * 10**9, verdict=verdict)
        for number, verdict in enumerate(verdicts, start=1)
    )

    assert sentence == render(make_report(targets=targets), width=200).splitlines()[0]


@pytest.mark.parametrize("width", [80, 120])
def test_twenty_sizes_with_long_numbers_stay_inside_the_width(width):
    targets = tuple(
        make_target(
            num_parameters=10**15 - number,
            required_tokens={"epoch-2024": make_requirement(123 * 10**15)},
            shortfall_tokens=123 * 10**15,
        )
        for number in range(20)
    )

    text = render(make_report(targets=targets), width=width)

    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert text.count("tokens required by") == 3


def test_everything_a_reader_must_know_is_in_both_forms():
    report = make_full_report()
    for text in (render(report, width=200), report_markdown(report)):
        for needed in (
            "unknown-licence",
            "demo/code@1",
            "py8k",
            "EOS 0",
            "near: not measured",
            "arXiv:2404.10102",
            "0197f3a2",
            "INSUFFICIENT",
            "split",
            "muster 0.1.0",
        ):
            assert needed in text


def test_a_sampled_count_is_marked_and_an_unmeasured_one_says_so():
    text = render(make_full_report())

    assert "~11B  unmeasured" in text


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (CountingPolicy(), "py8k (8,192 entries, sha256:0123456789ab), special"),
        (CountingPolicy(bos_id=1, eos_id=2), "BOS 1 and EOS 2 around each document not counted"),
        (CountingPolicy(parse_special=True), "special tokens inside text become control ids"),
    ],
)
def test_the_counting_policy_is_told(policy, words):
    assert words in render(make_report(policy=policy), width=200)


def test_many_inputs_are_counted_in_the_terminal_and_listed_in_markdown():
    inputs = make_report().inputs * 30
    report = make_report(inputs=inputs)

    assert "and 22 more, which --json lists" in render(report, width=200)
    assert report_markdown(report).count("demo/docs.text-default@1 (") == 30


def test_markup_and_escapes_in_a_warning_are_shown_and_not_obeyed():
    warning = make_warning(message="[red]x[/red] \x1b[2J <b>|", references=(), hint=None)
    report = make_report(warnings=(warning,))

    assert "[red]x[/red] ␛[2J <b>|" in render(report)
    assert "\\[red\\]x\\[/red\\] ␛\\[2J &lt;b&gt;\\|" in report_markdown(report)


def test_a_gate_is_told_with_evidence_policy_and_hint_in_both_forms():
    report = make_report(gates=(make_gate(),))
    terminal, markdown = render(report, width=200), report_markdown(report)

    for needed in ("licence", "block", "a/mix@1", "CC-BY-NC-4.0", "unknown: block", "a/raw@1"):
        assert needed in terminal.partition("Gates")[2].partition("Warnings")[0]
        assert needed in markdown.partition("## Gates")[2].partition("## Warnings")[0]


def test_much_evidence_is_counted_in_the_terminal_and_listed_in_markdown():
    report = make_report(gates=(make_gate(evidence=tuple(f"line {n}" for n in range(9))),))

    assert "and 3 more, which --json lists" in render(report)
    assert "line 8" in report_markdown(report)


def test_a_report_survives_json():
    report = make_full_report()

    assert report == Report.model_validate_json(report.model_dump_json())


def test_a_warning_names_its_versions_once():
    names = tuple(f"web/v{number}@1" for number in range(10))
    command = "muster measure near-duplicates " + " ".join(names)
    plain = ReportWarning(code="not-normalized", message="as it is", references=names, hint="do it")

    assert "as it is" == plain.model_copy(update={"hint": command}).said(most=8)
    assert plain.said(most=8).endswith("web/v7@1 and 2 more, which --json lists)")
    assert f"as it is ({', '.join(names)}): do it" == str(plain)
