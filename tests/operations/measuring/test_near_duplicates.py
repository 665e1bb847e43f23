"""Near copies that were planted, counted by hand: the tokenizer makes a token of each word."""

import dataclasses
import random

import pytest

from registry.api import Registry
from registry.domain.execution import Execution
from registry.domain.measurement import MeasurementKind
from registry.domain.names import Reference
from registry.errors import InputError
from tests.operations.factories import write_jsonl
from tests.operations.keeping.test_gc import make_old
from tests.tokenization.factories import make_wordlevel

WORDS = 200
chance = random.Random(7)
ORIGINALS = [" ".join(f"w{chance.randrange(10**6)}" for _ in range(WORDS)) for _ in range(30)]


def edit(text):
    """A near copy: 2 % of the words are others, and one more stands behind."""
    words = text.split()
    for place in (20, 21, 22, 23):
        words[place] = f"x{chance.randrange(10**6)}"
    return " ".join([*words, "end"])


# Of `a`: 20 originals, 3 near copies of them, 1 exact copy. Of `b`: 10 more originals, near copies
# of 4 that `a` has and of 1 of its own, and exact copies of 2 that `a` has.
HELD = {
    "a": [*ORIGINALS[:20], *map(edit, ORIGINALS[:3]), ORIGINALS[5]],
    "b": [
        *ORIGINALS[20:],
        *map(edit, ORIGINALS[8:12]),
        edit(ORIGINALS[25]),
        *ORIGINALS[12:14],
    ],
}
UNIQUE = {"web/a@1": 20 * WORDS, "web/b@1": 10 * WORDS}
NEAR = {"web/a@1": 3 * (WORDS + 1), "web/b@1": 5 * (WORDS + 1)}


def write(folder, name, texts):
    rows = [{"id": f"{name}{row}", "text": text} for row, text in enumerate(texts)]
    return str(write_jsonl(folder / f"{name}.jsonl", rows))


@pytest.fixture
def held(muster, tmp_path):
    """Two versions, counted and not measured."""
    (tmp_path / "words.json").write_text(make_wordlevel().to_str())
    muster.tokenizers.add([tmp_path / "words.json"], name="words")
    for name, texts in HELD.items():
        muster.register([write(tmp_path, name, texts)], name=f"web/{name}")
        muster.tokenize(f"web/{name}", tokenizer="words", count_only=True)
    return list(UNIQUE)


def near_warning(report):
    return next((w for w in report.warnings if w.code == "unmeasured-near-duplicates"), None)


def test_near_copies_within_and_across_versions_are_counted_as_by_hand(muster, held):
    measured = muster.measure_near_duplicates(held)
    report = muster.report(held, num_parameters=[1000])
    turned = muster.report(held[::-1], num_parameters=[1000])

    assert [(24, 1, 3), (17, 0, 1)] == [
        (one.num_documents, one.num_exact_duplicates, one.num_near_duplicates) for one in measured
    ]
    assert UNIQUE == {line.reference: line.num_unique_tokens for line in report.supply}
    assert NEAR == {line.reference: line.num_near_duplicate_tokens for line in report.supply}
    assert (30 * WORDS, 3) == (report.unique_tokens, report.duplicate_documents)
    assert (8, 8 * (WORDS + 1)) == (
        report.near_duplicates.num_documents,
        report.near_duplicates.num_tokens,
    )
    assert (False, None) == (report.unique_is_upper_bound, near_warning(report))
    (explained,) = muster.reports.explain(report, "unique")
    assert "in documents seen before, 603 in near duplicates" in explained.inputs[0].meaning
    assert measured[0].signatures == report.inputs[0].signatures
    # The first version keeps what both hold: of the four pairs across, the copies this time.
    assert {"web/b@1": 16 * WORDS + 4, "web/a@1": 14 * WORDS} == {
        line.reference: line.num_unique_tokens for line in turned.supply
    }


def test_without_signatures_of_every_version_the_figure_is_an_upper_bound(muster, held, tmp_path):
    before = muster.report(held, num_parameters=[1000])
    muster.measure_near_duplicates(["web/a"])
    partly = muster.report(held, num_parameters=[1000])
    muster.measure_near_duplicates(["web/b"])
    full = muster.report(held, num_parameters=[1000])
    write(tmp_path, "b", [*HELD["b"], "one more"])
    muster.register([str(tmp_path / "b.jsonl")], name="web/b")
    muster.tokenize("web/b", tokenizer="words", count_only=True)
    anew = muster.report(["web/a", "web/b"], num_parameters=[1000])

    exact = sum(UNIQUE.values()) + sum(NEAR.values())
    assert [exact, exact - NEAR["web/a@1"], 6000, exact - NEAR["web/a@1"] + 2] == [
        report.unique_tokens for report in (before, partly, full, anew)
    ]
    assert [True, True, False, True] == [
        report.unique_is_upper_bound for report in (before, partly, full, anew)
    ]
    assert (3, ("web/b@1",)) == (
        partly.near_duplicates.num_documents,
        partly.near_duplicates.unmeasured,
    )
    assert [603, None] == [line.num_near_duplicate_tokens for line in partly.supply]
    assert "not measured" == before.near_duplicates
    assert ("web/b@1",) == near_warning(partly).references
    assert "muster measure near-duplicates web/b@1" == near_warning(partly).hint
    # Other documents are another version, and nobody measured that.
    assert ("web/b@2",) == near_warning(anew).references
    (change,) = [
        one for one in muster.reports.diff(before.id, full.id).changes if one.cause == "measure"
    ]
    assert "near duplicates take 1.61K tokens" in change.message


def test_what_is_known_of_the_others_holds_when_an_unmeasured_version_comes(muster, held, tmp_path):
    muster.measure_near_duplicates(held)
    # Of `c`, two documents are new, one stands in `a` and one is a near copy that `b` holds.
    texts = [*(f"new {row} " + ORIGINALS[row][:400] for row in (0, 1)), HELD["a"][0], HELD["b"][10]]
    muster.register([write(tmp_path, "c", texts)], name="web/c")
    muster.tokenize("web/c", tokenizer="words", count_only=True)
    new = sum(len(text.split()) for text in texts[:2])
    for order in (["web/a", "web/b", "web/c"], ["web/c", "web/a", "web/b"]):
        report = muster.report(order, num_parameters=[1000])

        assert 30 * WORDS + new == report.unique_tokens
        assert report.unique_is_upper_bound
        assert (8, ("web/c@1",)) == (
            report.near_duplicates.num_documents,
            report.near_duplicates.unmeasured,
        )
        assert ("web/c@1",) == near_warning(report).references
        signed = {item.reference: item.signatures is not None for item in report.inputs}
        assert {"web/a@1": True, "web/b@1": True, "web/c@1": False} == signed


def test_other_parameters_are_never_compared_and_the_common_ones_are_taken(muster, held):
    muster.measure_near_duplicates(["web/a"], words=3)
    lacking = near_warning(muster.report(held, num_parameters=[1000]))
    muster.measure_near_duplicates(["web/b"])

    assert "muster measure near-duplicates web/b@1 --words 3" == lacking.hint
    assert muster.report(held, num_parameters=[1000]).unique_is_upper_bound
    muster.measure_near_duplicates(["web/b"], words=3)
    by_three = muster.report(held, num_parameters=[1000])
    near = by_three.near_duplicates
    assert (3, 8) == (near.method.words, near.num_documents)
    muster.measure_near_duplicates(["web/a"])
    messages = [change.message for change in muster.reports.rerun(by_three.id).changes]
    assert any("shingles of 5, 14 bands of 8, in place of shingles of 3" in one for one in messages)


def test_measuring_again_finds_what_was_measured(muster, context, held):
    (first,) = muster.measure_near_duplicates(["web/a"])
    (again,) = muster.measure_near_duplicates(["web/a@1"])
    runs = muster.runs.list()

    assert first.model_copy(update={"status": "unchanged"}) == again
    assert 1 == sum(run.operation == "measure-near-duplicates" for run in runs)
    assert ["web/a@1"] == context.catalog.runs.inputs(first.run)
    (shown,) = muster.show("web/a").measurements
    assert (first.signatures, first.run) == (shown.found, shown.run)
    make_old(context)
    muster.gc()
    assert context.store.exists(first.signatures)
    assert muster.verify_all().is_intact
    # What is lost can be made again, and is the same.
    context.store.local_path_of(first.signatures).unlink()
    (made,) = muster.measure_near_duplicates(["web/a"])
    assert ("measured", first.signatures) == (made.status, made.signatures)
    assert 1 == len(
        context.catalog.measurements.list_many(
            [Reference.parse("web/a")], MeasurementKind.NEAR_DUPLICATES
        )
    )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_workers_and_batches_do_not_show(context, make_context, tmp_path):
    texts = [f"{text} {row}" for row in range(100) for text in HELD["a"]]
    several = [write(tmp_path / "many", f"{part}", texts) for part in range(3)]
    contexts = [
        dataclasses.replace(make_context(shard_bytes=1 << 20, **settings), execution=execution)
        for settings, execution in (
            ({}, Execution(num_workers=1)),
            ({"batch_bytes": 1 << 12}, Execution(num_workers=2)),
        )
    ]
    digests = []
    for number, one in enumerate(contexts):
        muster = Registry(one)
        muster.register(several, name=f"web/many{number}")
        (answer,) = muster.measure_near_duplicates([f"web/many{number}"])
        digests.append((answer.signatures, answer.num_documents, answer.num_exact_duplicates))

    assert digests[0] == digests[1]
    assert (7200, 4900) == digests[0][1:]


def test_a_recipe_on_the_fly_is_measured_as_it_was_counted(muster, held, tmp_path):
    muster.register([write(tmp_path, "c", HELD["a"])], name="web/c")
    muster.tokenize("web/c", tokenizer="words", count_only=True, recipe="text-default")
    muster.measure_near_duplicates(["web/c"])
    as_it_stands = muster.report(["web/c"], num_parameters=[1000])
    muster.measure_near_duplicates(["web/c"], recipe="text-default")
    report = muster.report(["web/c"], num_parameters=[1000])

    assert "muster measure near-duplicates web/c@1 --recipe NAME" == near_warning(as_it_stands).hint
    assert (20 * WORDS, 3) == (report.unique_tokens, report.near_duplicates.num_documents)


def test_what_holds_no_documents_is_refused(muster, held):
    muster.tokenize("web/a", tokenizer="words")

    with pytest.raises(InputError, match="holds tokens, not documents"):
        muster.measure_near_duplicates(["web/a.words"])
    with pytest.raises(InputError, match=r"bands=0"):
        muster.measure_near_duplicates(["web/a"], bands=0)
