import pytest

from registry.domain.card import Card
from registry.errors import InputError, UnknownError
from registry.scaling import optimal_tokens
from tests.operations.factories import records, write_jsonl
from tests.tokenization.factories import make_wordlevel


@pytest.fixture
def prepared(muster, tmp_path):
    """Two normalized and counted datasets that share ten of their thirty documents each."""
    for name, first in (("a", 0), ("b", 20)):
        path = write_jsonl(tmp_path / name / "x.jsonl", records(30, first=first))
        muster.register([str(path)], name=f"web/{name}", card=Card(licence="MIT"))
        muster.normalize(f"web/{name}", recipe="text-default")
    muster.tokenizers.train(["web/a"], name="tiny", vocab_size=280)
    for name in ("a", "b"):
        muster.tokenize(f"web/{name}.text-default", tokenizer="tiny")
    return ["web/a.text-default@1", "web/b.text-default@1"]


def codes(report):
    return {warning.code.value for warning in report.warnings}


def test_documents_in_two_versions_count_once_and_the_first_has_them(muster, prepared):
    report = muster.report(prepared, num_parameters=[1000])
    tokens = {line.reference: line.num_tokens for line in report.supply}
    unique = {line.reference: line.num_unique_tokens for line in report.supply}
    shared = tokens[prepared[1]] - unique[prepared[1]]

    assert report.duplicate_documents == 10
    assert tokens[prepared[0]] == unique[prepared[0]]
    assert 0 < shared < tokens[prepared[1]]
    assert report.total_tokens - shared == report.unique_tokens
    assert {report.unique_tokens} == {target.unique_tokens for target in report.targets}


def test_without_references_all_that_was_counted_is_reported_once(muster, prepared):
    muster.tokenize("web/a", tokenizer="tiny", count_only=True)

    assert prepared == [line.reference for line in muster.report(num_parameters=[1000]).supply]


def test_token_shards_mean_the_version_that_was_counted(muster, prepared):
    named = muster.report(["web/a.text-default.tiny"], num_parameters=[1000])

    assert ["web/a.text-default@1"] == [line.reference for line in named.supply]


def test_a_target_has_every_laws_requirement_and_reasons(muster, prepared):
    (target,) = muster.report(prepared, num_parameters=[1_300_000_000]).targets

    assert {"rule-10", "chinchilla-1", "chinchilla-2", "chinchilla-3", "epoch-2024"} <= (
        target.required_tokens.keys()
    )
    assert optimal_tokens(1_300_000_000).mid == target.required_tokens["epoch-2024"].mid
    assert target.verdict == "INSUFFICIENT"
    assert target.epochs_needed is None
    assert (
        target.shortfall_tokens == target.required_tokens["epoch-2024"].mid - target.unique_tokens
    )
    assert target.reasons


def test_warnings_name_what_is_unknown(muster, prepared, tmp_path):
    path = write_jsonl(tmp_path / "c" / "x.jsonl", records(20, first=100))
    muster.register([str(path)], name="web/c")
    muster.tokenize_sample("web/c", tokenizer="tiny", fraction=0.5)
    report = muster.report([*prepared, "web/c"], num_parameters=[10])

    assert {
        "unknown-licence",
        "sampled-count",
        "not-normalized",
        "unmeasured-exact-duplicates",
        "unmeasured-near-duplicates",
    } <= codes(report)
    assert report.duplicate_documents is None
    assert report.unique_is_upper_bound


def test_a_named_version_that_another_tokenizer_counted_is_an_error(muster, prepared):
    muster.tokenizers.train(["web/b"], name="other", vocab_size=290)
    muster.tokenize("web/b", tokenizer="other", count_only=True)
    ask = {"num_parameters": [10]}
    with pytest.raises(InputError) as raised:
        muster.report(["web/a.text-default", "web/b"], tokenizer="tiny", **ask)
    # As many votes for one as for the other: never a silent choice.
    with pytest.raises(InputError, match="tokens of different tokenizers are never added"):
        muster.report(["web/a.text-default", "web/b"], **ask)
    with pytest.raises(InputError, match=r"web/a\.text-default@1 is not counted by other"):
        muster.plan(["web/a.text-default", "web/b"], flops=1e12, tokenizer="other")

    assert (
        "web/b@1 is not counted by tiny, and tokens of different tokenizers are never added: "
        "web/a.text-default@1 by tiny; web/b@1 by other"
    ) == raised.value.message
    assert (
        "muster tokenize web/b@1 --tokenizer tiny --count-only, "
        "or name web/b.text-default@1, which was made from it and is counted"
    ) == raised.value.hint
    assert {"left-out"} <= codes(muster.report(**ask))
    muster.tokenize("web/a.text-default", tokenizer="other", count_only=True)
    with pytest.raises(InputError) as raised:
        muster.report(["web/a.text-default", "web/b"], tokenizer="tiny", **ask)
    assert raised.value.hint.endswith("or --tokenizer other, which counted all of them")


def test_token_shards_of_two_tokenizers_are_never_added(muster, prepared):
    muster.tokenizers.train(["web/b"], name="other", vocab_size=290)
    for name in ("a", "b"):
        muster.tokenize(f"web/{name}.text-default", tokenizer="other")
    for other in ("a", "b"):
        with pytest.raises(InputError, match="token shards of tiny and other were named"):
            muster.report(
                ["web/a.text-default.tiny", f"web/{other}.text-default.other"], num_parameters=[10]
            )


def test_a_version_and_what_was_made_from_it_overlap(muster, prepared):
    muster.tokenize("web/a", tokenizer="tiny", count_only=True)
    report = muster.report(["web/a", "web/a.text-default"], num_parameters=[10])

    assert "overlap" in codes(report)


def test_what_was_not_counted_leads_to_what_was(muster, prepared):
    with pytest.raises(InputError) as raised:
        muster.report(["web/a"], num_parameters=[10])

    assert "web/a.text-default@1" in str(raised.value.hint)


def test_an_empty_registry_has_nothing_to_report(muster):
    with pytest.raises(InputError, match="token count"):
        muster.report(num_parameters=[10])


def test_an_unknown_law_offers_the_nearest(muster, prepared):
    with pytest.raises(UnknownError) as raised:
        muster.report(prepared, num_parameters=[10], law="epoch")

    assert "epoch-2024" in raised.value.nearest


def test_the_report_pins_its_inputs_by_digest(muster, prepared):
    report = muster.report(prepared, num_parameters=[10])

    assert {muster.show(name).version.digest for name in prepared} == {
        item.digest for item in report.inputs
    }


def test_data_derived_from_a_version_does_not_hide_it(muster, prepared, tmp_path):
    path = write_jsonl(tmp_path / "q" / "x.jsonl", records(5, text="What is {row}?\n"))
    card = Card(kind="synthetic", derived_from=("web/a.text-default",), rule="questions")
    muster.register([str(path)], name="synthetic/q", card=card)
    muster.tokenize("synthetic/q", tokenizer="tiny", count_only=True)
    report = muster.report(num_parameters=[10])

    assert {*prepared, "synthetic/q@1"} == {line.reference for line in report.supply}


def test_what_a_report_of_everything_leaves_out_is_said(muster, prepared, tmp_path):
    path = write_jsonl(tmp_path / "e" / "x.jsonl", records(5, first=500))
    muster.register([str(path)], name="eval/e", card=Card(kind="evaluation"))
    muster.tokenize("eval/e", tokenizer="tiny", count_only=True)
    muster.tokenize("web/a", tokenizer="tiny", count_only=True)
    report = muster.report(num_parameters=[10])
    left_out = [warning for warning in report.warnings if warning.code == "left-out"]

    assert prepared == [line.reference for line in report.supply]
    assert {("eval/e@1",), ("web/a@1",)} == {warning.references for warning in left_out}


def test_a_child_that_another_tokenizer_counted_does_not_hide_its_parent(muster, prepared):
    muster.tokenizers.train(["web/b"], name="other", vocab_size=290)
    muster.tokenize("web/a", tokenizer="other", count_only=True)
    report = muster.report(num_parameters=[10], tokenizer="other")

    assert ["web/a@1"] == [line.reference for line in report.supply]


def test_counts_that_take_special_tokens_differently_are_never_added(muster, prepared):
    muster.tokenize("web/a", tokenizer="tiny", count_only=True, parse_special=True)
    with pytest.raises(InputError, match=r"web/a@1 by tiny --parse-special; web/b.* by tiny$"):
        muster.report(["web/a", "web/b.text-default"], num_parameters=[10])


def test_token_shards_are_reported_by_their_own_tokenizer_and_recipe(muster, prepared):
    muster.tokenizers.train(["web/b"], name="other", vocab_size=290)
    shards = muster.tokenize("web/a", tokenizer="other", recipe="text-default")
    muster.tokenize("web/a", tokenizer="tiny", count_only=True)
    muster.tokenize("web/a", tokenizer="other", count_only=True)
    report = muster.report([shards.reference], num_parameters=[10])

    assert report.tokenizer.name == "other"
    assert [shards.num_tokens] == [line.num_tokens for line in report.supply]
    assert [shards.recipe.fingerprint] == [line.recipe for line in report.supply]


def test_a_version_made_from_a_withdrawn_one_is_warned_of(muster, prepared):
    before = codes(muster.report(prepared, num_parameters=[1000]))
    muster.datasets.withdraw("web/a@1", reason="a takedown")
    report = muster.report(prepared, num_parameters=[1000])
    (warning,) = [one for one in report.warnings if one.code == "withdrawn-upstream"]

    assert "withdrawn-upstream" not in before
    assert (prepared[0],) == warning.references


def test_tokens_that_are_mostly_unknown_are_warned_of(muster, prepared, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(make_wordlevel().to_str())
    muster.tokenizers.add([path], name="words")
    muster.tokenize(prepared[0], tokenizer="words", count_only=True)
    report = muster.report(prepared[:1], num_parameters=[1000], tokenizer="words")

    assert "unknown-tokens" in codes(report)
    assert "unknown-tokens" not in codes(muster.report(prepared, num_parameters=[1000]))
