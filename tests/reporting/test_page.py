"""The report as one HTML file: parsed, not compared by eye."""

import io
import math
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from rich.console import Console

from registry.domain.contamination import ContaminatedLine, Contamination, EvaluationSet
from registry.domain.near_duplicates import NearDuplicates, SignatureMethod
from registry.domain.report_curves import EpochPoint, ReportCurves, SensitivityRow, SizePoint
from registry.reporting import charts
from registry.reporting.gates import list_gates
from registry.reporting.page import GLOSSARY, report_page
from registry.reporting.readiness import render_report, report_markdown
from tests.reporting.factories import (
    DIGEST,
    make_diamond,
    make_gate,
    make_report,
    make_supply_line,
    make_target,
    make_warning,
)

VOID = {"meta", "br", "path", "line", "rect", "use"}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Everything that a browser would see of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.unbalanced = [], [], [], []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.text += data


def make_curves(**changes):
    fields = {
        "requirement": tuple(
            SizePoint(num_parameters=n, low=15 * n, mid=20 * n, high=25 * n)
            for n in (1e8, 1e9, 1e10, 1e11)
        ),
        "epochs": tuple(EpochPoint(epochs=e, num_tokens=1e10 * e**0.5) for e in range(1, 41)),
        "sensitivity": (
            SensitivityRow(change="2 times the unique tokens", verdicts=("SUFFICIENT",)),
        ),
    }
    return ReportCurves(**(fields | changes))


def render(report, curves=None, lineages=()):
    return report_page(report, curves=curves or make_curves(), lineages=lineages)


def test_the_page_is_well_formed_and_begins_with_the_answer():
    page = Page(render(make_report(), lineages=[make_diamond()]))

    assert [] == page.unbalanced == page.open
    assert ["html", "head"] == page.tags[:2]
    assert page.text.index("are enough for 1.3B parameters") < page.text.index("SUFFICIENT-REPEAT")


def test_the_page_needs_no_script_and_nothing_from_outside():
    page = Page(render(make_report(), lineages=[make_diamond()]))
    names = {name for name, _ in page.attributes}

    assert not {"script", "link", "iframe", "object", "embed", "img", "image"} & set(page.tags)
    assert not {name for name in names if name.startswith("on")}
    assert not {"src", "href", "xlink:href", "srcset", "data"} & names
    assert "url(http" not in render(make_report())
    assert "@import" not in render(make_report())


def test_names_that_are_markup_are_shown_and_not_obeyed():
    target = make_target(reasons=(EVIL,))
    report = make_report(
        targets=(target,),
        supply=(make_supply_line(reference=EVIL, licence=EVIL),),
        warnings=(make_warning(message=EVIL, references=(EVIL,), hint=EVIL),),
        gates=(make_gate(name=EVIL, message=EVIL, evidence=(EVIL,), hint=EVIL),),
        tokenizer=make_report().tokenizer.model_copy(update={"name": EVIL}),
        laws=(make_report().laws[0].model_copy(update={"source": EVIL}),),
    )
    page = Page(render(report))

    assert "script" not in page.tags
    assert "img" not in page.tags
    assert page.text.count("<script>alert(1)</script>") >= 10


def test_a_name_inside_a_chart_is_escaped_by_the_chart():
    spec = charts.balance_chart(make_report(targets=(make_target(name=EVIL),)))
    svg = charts.to_svg(spec, title=EVIL)

    assert "<script" not in svg
    assert "<img" not in svg
    assert "&lt;script&gt;" in svg


def test_the_same_report_gives_the_same_bytes():
    assert render(make_report()) == render(make_report())


def test_no_two_elements_have_one_id():
    ids = [value for name, value in Page(render(make_report())).attributes if name == "id"]

    assert len(ids) == len(set(ids)) > 0


def test_everything_a_reader_must_know_is_on_the_page():
    report = make_report(id="0123456789ab", gates=(make_gate(),))
    text = Page(render(report, lineages=[make_diamond()])).text
    for needed in (
        "0123456789ab",
        "29.1B",
        "25.5B to 33.4B",
        "demo/docs.text-default@1",
        report.inputs[0].digest,
        "arXiv:2404.10102",
        "commercial refuses the licence",
        "muster licence list a/raw@1",
        "unknown-licence",
        "a/raw@1",
        "muster report rerun 0123456789ab",
        "2 times the unique tokens",
        *(word for word, _ in GLOSSARY),
    ):
        assert needed in text


def test_near_copies_have_a_step_of_their_own_once_they_were_measured():
    found = NearDuplicates(method=SignatureMethod(), num_documents=7, num_tokens=400_000_000)
    measured = make_report(near_duplicates=found, unique_is_upper_bound=False)
    steps = [
        [(row["name"], row["start"], row["end"]) for row in one["data"]["values"]][:4]
        for one in map(charts.waterfall_chart, (make_report(), measured))
    ]

    assert [
        ("as they stand", 0, 11 * 10**9),
        ("duplicates", 10**10, 11 * 10**9),
        ("unique", 0, 10**10),
    ] == steps[0][:3]
    assert [
        ("exact copies", 104 * 10**8, 11 * 10**9),
        ("near copies", 10**10, 104 * 10**8),
        ("unique", 0, 10**10),
    ] == steps[1][1:]
    assert "upper bound." in Page(render(make_report())).text
    assert (
        "near: 7 documents of 400M tokens, left out too, by MinHash" in Page(render(measured)).text
    )


def test_lineage_is_drawn_in_full_once():
    text = Page(render(make_report(), lineages=[make_diamond()])).text
    tree = text[text.index("Lineage") : text.index("Inputs")]

    assert 2 == tree.count("a/raw@1")
    assert 1 == tree.count("see above")


def test_every_chart_is_drawn_in_colours_that_follow_the_reader():
    page = render(make_report())
    svgs = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)

    assert 5 == len(svgs)
    for svg in svgs:
        colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
        assert all(
            colour in {"none", "transparent"} or colour.startswith("var(--") for colour in colours
        ), colours
        assert 'role="img"' in svg
        assert "NaN" not in svg


@pytest.mark.parametrize(
    "changes",
    [
        {"unique_tokens": 0, "total_tokens": 0},
        {"unique_tokens": 10**17, "total_tokens": 10**17},
    ],
)
def test_nothing_and_everything_can_be_drawn(changes):
    unique = changes["unique_tokens"]
    target = make_target(
        num_parameters=10**15,
        unique_tokens=unique,
        effective_tokens={"1": unique, "4": unique * 3, "16": unique * 10},
        epochs_needed=None,
        verdict="INSUFFICIENT",
    )
    curves = make_curves(
        epochs=tuple(EpochPoint(epochs=e, num_tokens=unique * e) for e in (1.0, 20.0, 40.0))
    )
    page = render(make_report(targets=(target,), **changes), curves)

    assert "NaN" not in page
    assert "Infinity" not in page


@pytest.mark.parametrize(("low", "high"), [(1, 10), (3, 8e18), (0.5, 1e30), (2e5, 9e5)])
def test_axes_have_few_powers_of_ten_inside_their_ends(low, high):
    found = charts._decades(low, high)

    assert len(found) <= 5
    assert all(low <= value <= high for value in found)
    assert all(math.log10(value).is_integer() for value in found)


def test_two_themes_and_paper_are_styled():
    page = render(make_report())

    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert 'name="viewport"' in page


def test_text_markdown_and_page_list_the_same_gates_and_warnings():
    caution = {"name": "steps", "status": "warn", "policy": "at least 10,000 steps", "hint": None}
    targets = tuple(
        make_target(
            num_parameters=size,
            warnings=(make_gate(**caution, message=f"{steps} steps", evidence=()),),
        )
        for size, steps in ((10**9, 7), (2 * 10**9, 9))
    )
    report = make_report(
        targets=targets,
        gates=(make_gate(),),
        warnings=(
            make_warning(),
            make_warning(code="epochs-above-4", message="said by a gate", references=()),
        ),
    )
    gates = list_gates(report)
    console = Console(width=300, file=io.StringIO(), color_system=None)
    console.print(render_report(report))
    markdown = unescape(report_markdown(report)).replace("\\", "")
    shown = (console.file.getvalue(), markdown, Page(render(report)).text)

    assert ["licence", "steps"] == [gate.name for gate in gates]
    assert ("1B: 7 steps", "2B: 9 steps") == gates[1].evidence
    assert "steps of 1B" == list_gates(make_report(targets=targets[:1]))[0].name
    for text in shown:
        for gate in gates:
            for line in (gate.name, gate.message, *gate.evidence, gate.policy):
                assert line in text
        assert "nobody has stated a licence" in text
        assert "said by a gate" not in text


@pytest.mark.parametrize("found", [None, (), ("eval/e@1",)])
def test_evaluation_data_is_a_step_of_the_waterfall_where_it_was_compared(found):
    compared = Contamination(
        evaluation=tuple(
            EvaluationSet(reference=name, digest=DIGEST, num_documents=2) for name in found or ()
        ),
        lines=(ContaminatedLine(reference="a/b@1", num_equal_documents=1, equal_tokens=250),)
        * bool(found),
    )
    report = make_report(
        total_tokens=2000, unique_tokens=1000, contamination=None if found is None else compared
    )
    steps = charts.waterfall_chart(report)["data"]["values"]
    lost = {step["name"]: (step["start"], step["end"]) for step in steps if step["kind"] == "loss"}

    if found:
        assert {"duplicates": (1250, 2000), "evaluation": (1000, 1250)} == lost
    else:
        assert {"duplicates": (1000, 2000)} == lost


def test_what_overlaps_leaves_before_near_copies_in_the_waterfall():
    line = ContaminatedLine(reference="a/b@1", num_equal_documents=1, equal_tokens=250)
    report = make_report(
        total_tokens=2000,
        unique_tokens=1000,
        contamination=Contamination(
            evaluation=(EvaluationSet(reference="eval/e@1", digest=DIGEST, num_documents=2),),
            lines=(line,),
        ),
        near_duplicates=NearDuplicates(method=SignatureMethod(), num_documents=1, num_tokens=100),
    )
    steps = charts.waterfall_chart(report)["data"]["values"]
    lost = [(step["name"], step["start"], step["end"]) for step in steps if step["kind"] == "loss"]

    assert [
        ("exact copies", 1350, 2000),
        ("evaluation", 1100, 1350),
        ("near copies", 1000, 1100),
    ] == lost[:3]
