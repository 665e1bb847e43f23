"""Documents that overlap with evaluation data are found, kept, and leave the supply."""

import random
from itertools import pairwise

import pytest

from registry.domain.card import Card
from registry.errors import InputError
from registry.reporting.figures import contamination
from tests.operations.factories import records, write_jsonl

WORDS = [f"w{number}" for number in range(40)]


@pytest.fixture
def engine():
    """What the catalog keeps of measurements is tested there, on both."""
    return "sqlite"


def make_text(seed, number):
    return " ".join(random.Random(seed).choices(WORDS, k=number))


def register(muster, tmp_path, name, texts, **card):
    items = [{"id": f"i{place}", "text": text} for place, text in enumerate(texts)]
    path = write_jsonl(tmp_path / name / "x.jsonl", items)
    muster.register([str(path)], name=name, card=Card(**card))
    return f"{name}@1"


def read(muster, found):
    return [one.model_dump() for one in muster.list_overlapping(found)]


def ngrams_of(text, size):
    words = text.lower().replace(",", " ").split()
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def test_what_is_found_is_what_words_alone_say(muster, tmp_path):
    items = [make_text(seed, 20) for seed in range(30)] + ["too short", "w1 w2 w3"]
    texts = [make_text(100 + seed, 60) for seed in range(60)]
    # Parts of items, in other case and with other marks; items as a whole, short ones too.
    for place, item in enumerate(items[:8]):
        part = item.split()[place : place + 13]
        texts[place] += " " + ", ".join(part).upper() + " " + make_text(place, 9)
    texts += [items[9], items[-1], items[9]]
    register(muster, tmp_path, "eval/e", items, kind="evaluation")
    register(muster, tmp_path, "web/a", texts)
    (answer,) = muster.measure_contamination(["web/a"])
    (found,) = answer.against
    rows = read(muster, found)

    expected = {
        place
        for place, text in enumerate(texts)
        if text in items or any(ngrams_of(text, 13) & ngrams_of(item, 13) for item in items)
    }
    hit_items = {
        place
        for place, item in enumerate(items)
        if item in texts or any(ngrams_of(text, 13) & ngrams_of(item, 13) for text in texts)
    }
    assert {f"i{place}" for place in expected} == {row["id"] for row in rows}
    assert {f"i{place}" for place in hit_items} == {row["item_id"] for row in rows}
    assert expected >= set(range(8))
    assert (len(items), 2, len(hit_items)) == (
        found.num_items,
        found.num_short_items,
        found.num_found_items,
    )
    # Copies are listed, and counted as such; one of them is distinct.
    assert (len(expected), 3) == (found.num_documents, found.num_equal_documents)
    assert len(expected) - 1 == found.num_distinct_documents


def test_a_second_call_reads_nothing_and_another_set_is_measured_alone(muster, tmp_path):
    item = make_text(1, 20)
    register(muster, tmp_path, "eval/e", [item], kind="evaluation")
    register(muster, tmp_path, "web/a", [item + " end", make_text(2, 30)])
    (first,) = muster.measure_contamination(["web/a"])
    (again,) = muster.measure_contamination(["web/a"], against=["eval/e"])
    register(muster, tmp_path, "eval/f", [make_text(2, 15)], kind="evaluation")
    (more,) = muster.measure_contamination(["web/a"])
    runs = [one.run for one in more.against]

    assert ("measured", "unchanged", "measured") == (first.status, again.status, more.status)
    assert first.against == again.against == more.against[:1]
    assert first.against[0].run == runs[0] != runs[1]
    assert [1, 1] == [one.num_documents for one in more.against]
    inputs = muster.runs.get(runs[1]).inputs
    assert {"web/a@1", "eval/f@1"} == set(inputs)


def test_what_many_documents_say_can_be_passed_over(muster, tmp_path):
    phrase, rare = make_text(1, 13), make_text(2, 13)
    register(muster, tmp_path, "eval/e", [f"{phrase} one", f"{rare} two"], kind="evaluation")
    texts = [f"{phrase} and {make_text(9 + place, 5)}" for place in range(4)]
    # Copies of one text are one document.
    register(muster, tmp_path, "web/a", [*texts, *[f"{rare} again"] * 4])
    (all_,) = muster.measure_contamination(["web/a"])
    (few,) = muster.measure_contamination(["web/a"], common=3)

    assert (8, 5) == (all_.against[0].num_documents, all_.against[0].num_distinct_documents)
    assert ["i4"] == sorted({row["id"] for row in read(muster, few.against[0])})[:1]
    assert (4, 1) == (few.against[0].num_documents, few.against[0].num_distinct_documents)


def test_reports_leave_out_what_was_measured_and_say_what_was_not(muster, tmp_path):
    item = make_text(1, 20)
    register(muster, tmp_path, "eval/e", [item, "short"], kind="evaluation")
    for name, texts in (
        ("web/a", [f"{item} end", "short", make_text(2, 30)]),
        ("web/b", [f"{item} end", f"an {item}", make_text(3, 30)]),
    ):
        register(muster, tmp_path, name, texts)
    muster.tokenizers.train(["web/a", "web/b"], name="tiny", vocab_size=280)
    for name in ("web/a", "web/b"):
        muster.tokenize(name, tokenizer="tiny", count_only=True)
    asked = ["web/a@1", "web/b@1"]
    before = muster.report(asked, num_parameters=[1000])
    muster.measure_contamination(["web/a"])
    half = muster.report(asked, num_parameters=[1000])
    muster.measure_contamination(["web/b"])
    after = muster.report(asked, num_parameters=[1000])
    lost = [before.unique_tokens - one.unique_tokens for one in (half, after)]

    assert [0, 2, 3] == [one.contamination.num_documents for one in (before, half, after)]
    assert [(*asked,), ("web/b@1",), ()] == [
        one.contamination.unmeasured for one in (before, half, after)
    ]
    assert lost == [half.contamination.num_tokens, after.contamination.num_tokens]
    assert all(first < second for first, second in pairwise([0, *lost]))
    assert [("web/a@1", 1, 1), ("web/b@1", 0, 1)] == [
        (line.reference, line.num_equal_documents, line.num_overlapping_documents)
        for line in after.contamination.lines
    ]
    said = {one.code.value: one.message for one in before.warnings}
    assert "nobody indexed eval/e@1" in said["unmeasured-contamination"]
    assert "unmeasured-contamination" not in {one.code.value for one in after.warnings}
    assert "contamination" in {one.code.value for one in after.warnings}


def test_a_near_copy_of_what_overlaps_stays_in_any_order(muster, tmp_path):
    item, page = make_text(1, 20), make_text(2, 400)
    register(muster, tmp_path, "eval/e", [item], kind="evaluation")
    register(muster, tmp_path, "web/one", [f"{page} {item}", f"{page} {item} more"])
    register(muster, tmp_path, "web/b", [page, f"{page} end"])
    muster.tokenizers.train(["web/one"], name="tiny", vocab_size=280)
    names = ["web/one@1", "web/b@1"]
    for name in names:
        muster.tokenize(name, tokenizer="tiny", count_only=True)
    muster.measure_near_duplicates(names)
    muster.measure_contamination(names)
    alone, *both = (
        muster.report(asked, num_parameters=[1000]) for asked in (names[1:], names, names[::-1])
    )

    assert [alone.unique_tokens] * 2 == [one.unique_tokens for one in both]
    for report in both:
        near, found = report.near_duplicates, report.contamination
        assert (1, 2) == (near.num_documents, found.num_documents)
        held = {line.reference: line for line in report.supply}
        assert 0 == held["web/one@1"].known_tokens < held["web/b@1"].known_tokens
        assert report.total_tokens == report.unique_tokens + near.num_tokens + found.num_tokens
        assert 0 == report.duplicate_documents
        (explained,) = muster.reports.explain(report, "unique")
        (said,) = (one.meaning for one in explained.inputs if "web/one@1" in one.meaning)
        assert said.endswith("in overlap with evaluation data, 0 in near duplicates")


def counted(muster, tmp_path, texts_of):
    for name, texts in texts_of.items():
        register(muster, tmp_path, name, texts)
    muster.tokenizers.train(list(texts_of), name="tiny", vocab_size=280)
    for name in texts_of:
        muster.tokenize(name, tokenizer="tiny", count_only=True)
    return [f"{name}@1" for name in texts_of]


def test_a_report_goes_by_the_standard_method_where_it_was_measured(muster, tmp_path):
    item = make_text(1, 20)
    register(muster, tmp_path, "eval/e", [item], kind="evaluation")
    quote = " ".join(item.split()[:9])
    texts = [f"{quote} {make_text(2, 30)}", f"{item} {make_text(3, 30)}", make_text(4, 30)]
    names = counted(muster, tmp_path, {"web/a": texts})
    left, reports = [], []
    for asked in ({"words": 8, "common": 5}, {"words": 7}, {}, {"words": 6}):
        muster.measure_contamination(names, **asked)
        reports.append(muster.report(names, num_parameters=[1000]))
        left.append(reports[-1].contamination)

    # The newest, until the standard one was measured.
    assert [(8, 5), (7, None), (13, None), (13, None)] == [
        (one.comparisons[0].method.words, one.comparisons[0].method.common) for one in left
    ]
    assert [2, 2, 1, 1] == [one.num_documents for one in left]
    expected = (
        "overlap with evaluation data is found by equal text and 13 words in a row, in place of "
        "equal text and 7 words in a row"
    )
    for diff in (
        muster.reports.diff(reports[1].id, reports[2].id),
        muster.reports.rerun(reports[1].id),
    ):
        assert expected in [change.message for change in diff.changes if change.cause == "measure"]


def test_warnings_name_each_method_and_the_commands_that_find_the_same(muster, tmp_path):
    item = make_text(1, 20)
    register(muster, tmp_path, "eval/e", [item], kind="evaluation")
    quote = " ".join(item.split()[:9])
    names = counted(
        muster,
        tmp_path,
        {
            name: [f"{quote} {make_text(seed, 30)}", f"{item} {make_text(seed + 1, 30)}"]
            for name, seed in (("web/a", 10), ("web/b", 20), ("web/c", 30))
        },
    )
    muster.measure_contamination(names[:2])
    muster.measure_contamination(names[2:], words=8, common=5)
    report = muster.report(names, num_parameters=[1000])
    said = {one.code.value: one for one in report.warnings}
    mixed = said["mixed-contamination"]

    assert [1, 1, 2] == [line.num_documents for line in report.contamination.lines]
    assert said["contamination"].hint == (
        "muster measure contamination web/a@1 web/b@1 --against eval/e@1 --list overlap-1.csv && "
        "muster measure contamination web/c@1 --against eval/e@1 --words 8 --common 5 "
        "--list overlap-2.csv"
    )
    assert "web/a@1, web/b@1 with eval/e@1 by 13 words in a row; web/c@1 with" in mixed.message
    assert "muster measure contamination web/c@1 --against eval/e@1" == mixed.hint
    assert "by 13 words in a row and by 8 words in a row, but for those" in contamination(report)
    muster.measure_contamination(names[2:], against=["eval/e@1"])
    alike = muster.report(names, num_parameters=[1000])
    assert "mixed-contamination" not in {one.code.value for one in alike.warnings}
    assert [1, 1, 1] == [line.num_documents for line in alike.contamination.lines]


def test_a_recipe_on_the_fly_is_measured_as_it_was_counted(muster, tmp_path):
    item = make_text(1, 20)
    register(muster, tmp_path, "eval/e", [item], kind="evaluation")
    register(muster, tmp_path, "web/a", [f"  {item}   end\r\n", make_text(2, 30)])
    muster.tokenizers.train(["web/a"], name="tiny", vocab_size=280)
    muster.tokenize("web/a", tokenizer="tiny", recipe="text-default", count_only=True)
    muster.measure_contamination(["web/a"])
    as_it_is = muster.report(["web/a"], num_parameters=[1000])
    muster.measure_contamination(["web/a"], recipe="text-default")
    as_counted = muster.report(["web/a"], num_parameters=[1000])

    assert [("web/a@1",), ()] == [one.contamination.unmeasured for one in (as_it_is, as_counted)]
    (hint,) = [one.hint for one in as_it_is.warnings if one.code == "unmeasured-contamination"]
    assert "muster measure contamination web/a@1 --against eval/e@1 --recipe NAME" == hint
    assert [0, 1] == [one.contamination.num_documents for one in (as_it_is, as_counted)]


def test_units_make_no_difference(muster, tmp_path, monkeypatch):
    monkeypatch.setattr("registry.operations.passes.planning.LEAST_UNIT_BYTES", 1 << 9)
    items = [make_text(seed, 20) for seed in range(5)]
    texts = [make_text(50 + place, 40) + " " + items[place % 5] for place in range(40)]
    register(muster, tmp_path, "eval/e", items, kind="evaluation")
    paths = [
        write_jsonl(tmp_path / "many" / f"{start}.jsonl", rows)
        for start in range(0, 40, 10)
        for rows in [[{"id": str(start), "text": text} for text in texts[start : start + 10]]]
    ]
    muster.register([str(path.parent) for path in paths[:1]], name="web/many")
    (cut,) = muster.measure_contamination(["web/many"])
    monkeypatch.undo()
    (whole,) = muster.measure_contamination(["web/many"], common=1000)

    assert read(muster, cut.against[0]) == read(muster, whole.against[0])
    assert 40 == cut.against[0].num_documents


def test_without_evaluation_data_the_way_to_some_is_shown(muster, tmp_path):
    register(muster, tmp_path, "web/a", [records(1)[0]["text"]])

    with pytest.raises(InputError, match="no evaluation data") as raised:
        muster.measure_contamination(["web/a"])
    assert "--kind evaluation" in str(raised.value.hint)
