import pytest

from registry.domain.card import Card
from registry.errors import InputError
from tests.operations.factories import records, write_jsonl


@pytest.fixture
def trained(muster, tmp_path):
    """Two counted datasets of thirty documents that share ten, d20 to d29."""
    for name, first in (("a", 0), ("b", 20)):
        path = write_jsonl(tmp_path / name / "x.jsonl", records(30, first=first))
        muster.register([str(path)], name=f"web/{name}", card=Card(licence="MIT"))
    muster.tokenizers.train(["web/a"], name="tiny", vocab_size=280)
    for name in ("a", "b"):
        muster.tokenize(f"web/{name}", tokenizer="tiny", count_only=True)
    return ["web/a@1", "web/b@1"]


def add_evaluation(muster, tmp_path, name="e", *, first, number=4):
    path = write_jsonl(tmp_path / "eval" / name / "x.jsonl", records(number, first=first))
    muster.register([str(path)], name=f"eval/{name}", card=Card(kind="evaluation"))
    return f"eval/{name}"


def codes(report):
    return {warning.code.value for warning in report.warnings}


def test_documents_of_evaluation_data_leave_the_supply_once(muster, trained, tmp_path):
    before = muster.report(trained, num_parameters=[1000])
    # d18 and d19 stand in the first version, d20 and d21 in both.
    muster.tokenize(add_evaluation(muster, tmp_path, first=18), tokenizer="tiny", count_only=True)
    after = muster.report(trained, num_parameters=[1000])
    found = after.contamination

    assert [("web/a@1", 4)] == [(line.reference, line.num_documents) for line in found.lines]
    assert before.unique_tokens - found.num_tokens == after.unique_tokens
    assert found.num_tokens == sum(line.num_contaminated_tokens for line in after.supply) > 0
    assert before.duplicate_documents == after.duplicate_documents == 10
    assert {target.unique_tokens for target in after.targets} == {after.unique_tokens}
    assert "contamination" in codes(after) - codes(before)


def test_another_tokenizer_finds_the_same_documents(muster, trained, tmp_path):
    name = add_evaluation(muster, tmp_path, first=0)
    muster.tokenizers.train(["web/b"], name="other", vocab_size=290)
    muster.tokenize(name, tokenizer="other", count_only=True)
    report = muster.report(trained, num_parameters=[1000])

    assert 4 == report.contamination.num_documents


def test_without_evaluation_data_nobody_knows(muster, trained):
    report = muster.report(trained, num_parameters=[1000])

    assert () == report.contamination.evaluation
    assert 0 == report.contamination.num_documents


def test_named_evaluation_data_is_compared_with_alone(muster, trained, tmp_path):
    for name, first in (("e", 0), ("f", 45)):
        reference = add_evaluation(muster, tmp_path, name, first=first)
        muster.tokenize(reference, tokenizer="tiny", count_only=True)
    report = muster.report(trained, num_parameters=[1000], evaluation=["eval/f"])

    assert ["eval/f@1"] == [item.reference for item in report.contamination.evaluation]
    assert [("web/b@1", 4)] == [
        (line.reference, line.num_documents) for line in report.contamination.lines
    ]


def test_a_rerun_compares_with_what_was_there(muster, trained, tmp_path):
    muster.tokenize(add_evaluation(muster, tmp_path, first=0), tokenizer="tiny", count_only=True)
    first = muster.report(trained, num_parameters=[1000])
    muster.tokenize(
        add_evaluation(muster, tmp_path, "f", first=40), tokenizer="tiny", count_only=True
    )
    second = muster.report(trained, num_parameters=[1000])
    changes = [change.message for change in muster.reports.diff(first.id, second.id).changes]

    assert muster.reports.rerun(first.id).is_same
    assert "compared with the evaluation data eval/f@1 as well" in changes


def test_evaluation_data_that_is_supply_is_not_compared_with_itself(muster, trained, tmp_path):
    name = add_evaluation(muster, tmp_path, first=100)
    muster.tokenize(name, tokenizer="tiny", count_only=True)
    report = muster.report([*trained, name], num_parameters=[1000])

    assert "evaluation" in codes(report)
    assert report.supply[-1].num_tokens == report.supply[-1].num_unique_tokens


def test_what_holds_no_documents_is_no_evaluation_data(muster, trained):
    muster.tokenize("web/a", tokenizer="tiny")

    with pytest.raises(InputError, match="holds tokens"):
        muster.report(["web/b"], num_parameters=[10], evaluation=["web/a.tiny"])


def test_a_quality_bucket_is_kept_through_normalization(muster, trained):
    for name, quality in (("a", "high"), ("b", "low")):
        muster.datasets.tag(f"web/{name}", f"quality-{quality}")
        muster.normalize(f"web/{name}", recipe="text-default")
        muster.tokenize(f"web/{name}.text-default", tokenizer="tiny", count_only=True)
    muster.datasets.tag("web/b.text-default", "quality-best")
    report = muster.report(num_parameters=[1000])
    buckets = [
        (group.value, group.num_versions) for group in report.composition if group.by == "quality"
    ]

    assert [("high", 1), ("best", 1)] == buckets
    found = muster.mixtures.solve(num_tokens=100, floors=["quality:best=0.9"])
    assert 0.9 <= found.shares[0].share
