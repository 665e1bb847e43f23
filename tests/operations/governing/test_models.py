"""The whole story on files: people's text, a model trained on it, its output mixed in at 20 %."""

import pytest

from cli.generations import read_sampling
from registry.domain.card import Card
from registry.domain.digest import digest_of_bytes
from registry.domain.genealogy import Depth
from registry.domain.report import WarningCode
from registry.domain.target import Verdict
from registry.domain.terms import Answer, Term
from registry.errors import InputError, InvalidNameError, UnknownError
from tests.operations.factories import records, write_jsonl

REAL = "People wrote line {row} of this."
MADE = "A model made line {row} of this."
"""Equally long, so that shares of documents and of tokens can be compared by hand."""


@pytest.fixture
def mixed(muster, tmp_path):
    """Eight documents of people, and two of a model that was trained on them."""
    real = records(8, text=REAL)
    made = records(2, first=8, text=MADE)
    paths = {
        name: str(write_jsonl(tmp_path / "in" / f"{name}.jsonl", items))
        for name, items in (("real", real), ("made", made), ("mix", real + made))
    }
    stated = Card(generated_by="people", license="CC-BY-NC-4.0")
    muster.register([paths["real"]], name="web/real", card=stated)
    terms = {Term.TRAIN: Answer.YES, Term.COMMERCIAL: Answer.YES}
    muster.models.add("org/small@v1", trained_on=["web/real"], output_terms=terms)
    wrote = Card(generated_by="org/small@v1", sampling={"temperature": 0.7})
    muster.register([paths["made"]], name="made/some", card=wrote)
    taken = Card(take=("web/real=8", "made/some=2"))
    muster.register([paths["mix"]], name="mix/all", card=taken)
    muster.tokenizers.train(["mix/all"], name="tiny", vocab_size=300)
    for name in ("web/real", "made/some", "mix/all"):
        muster.tokenize(name, tokenizer="tiny", count_only=True)
    return muster


def count(muster, name):
    (found,) = muster.show(name).counts
    return found.num_tokens


def test_shares_are_as_computed_by_hand(mixed):
    found = mixed.generations.show("mix/all")
    made = count(mixed, "made/some")

    assert (10, 2, 2) == (found.documents.total, found.documents.low, found.documents.high)
    assert (made, made) == (found.tokens.low, found.tokens.high)
    assert count(mixed, "web/real") + made == found.tokens.total
    assert (Depth(low=1, high=1), "tiny", ()) == (found.depth, found.tokenizer, found.unstated)


def test_what_is_normalized_without_a_change_keeps_exact_tokens(mixed):
    mixed.normalize("mix/all", recipe="text-default")
    mixed.tokenize("mix/all.text-default", tokenizer="tiny", count_only=True)
    found = mixed.generations.show("mix/all.text-default")

    assert count(mixed, "made/some") == found.tokens.low == found.tokens.high


def test_the_kind_follows_from_who_wrote_it(mixed):
    assert "synthetic" == mixed.show("made/some").version.kind
    assert "mixture" == mixed.show("mix/all").version.kind


def test_models_are_not_counted_among_the_versions_that_come_under_a_licence(mixed):
    mixed.models.add("org/free@v1", output_licence="MIT")
    mixed.generations.add("mix/all", role="rewriter", model="org/free@v1")
    mixed.licences.add("made/some", "MIT", by="counsel")
    parts = {one.licence: one for one in mixed.licences.effective("mix/all").parts}

    assert ({"MIT": 1, "CC-BY-NC-4.0": 1}) == {
        name: parts[name].num_versions for name in ("MIT", "CC-BY-NC-4.0")
    }


def test_the_licence_that_was_trained_on_reaches_the_mixture(mixed):
    found = mixed.licences.effective("made/some", policy="commercial")
    proofs = {proof.term: proof.path for proof in found.restrictions}

    assert ("made/some@1", "model:org/small@v1", "web/real@1") == proofs[Term.COMMERCIAL]
    assert ("made/some@1", "model:org/small@v1") == proofs[Term.DERIVATIVES]
    assert "block" == found.ruling.status


def test_a_report_says_how_synthetic_its_tokens_are(mixed):
    found = mixed.report(["mix/all"], num_parameters=[1_000], tokenizer="tiny", policy="research")
    (warning,) = [one for one in found.warnings if one.code is WarningCode.SYNTHETIC]
    gates = {gate.name: gate for gate in found.gates}

    assert count(mixed, "made/some") == found.synthetic.tokens.low
    assert "generation depth 1" in warning.message
    assert ("mix/all@1",) == warning.references
    assert "pass" == gates["synthetic"].status


def test_a_report_on_what_a_model_wrote_alone_is_blocked(mixed, tmp_path):
    policy = tmp_path / "mine.toml"
    policy.write_text('name = "mine"\n[synthetic]\nblock_share_above = 0.9\n')
    found = mixed.report(
        ["made/some"], num_parameters=[1_000], tokenizer="tiny", policy=str(policy)
    )
    gates = {gate.name: gate for gate in found.gates}

    assert (
        "100 % of the tokens synthetic; the policy allows at most 90 %"
        == gates["synthetic"].message
    )
    assert {Verdict.BLOCKED} == {target.verdict for target in found.targets}


def test_a_report_warns_of_what_may_be_a_models_after_it_was_taken_back(mixed):
    mixed.generations.retract("made/some", reason="a slip", model="org/small@v1")
    found = mixed.report(["mix/all"], num_parameters=[1_000], tokenizer="tiny")
    (warning,) = [one for one in found.warnings if one.code is WarningCode.SYNTHETIC]
    (taken,) = mixed.generations.show("made/some").retracted

    assert ("generator org/small@v1", "a slip") == (taken.what, taken.reason)
    assert ("made/some@1",) == warning.references
    assert warning.message.endswith("of the tokens is synthetic: nobody says who wrote it")
    assert () == found.synthetic.synthetic


def test_nothing_by_a_model_is_proved_or_the_way_is_shown(mixed):
    assert mixed.generations.check("web/real", model="org/small").is_free
    assert (
        "mix/all@1",
        "made/some@1",
        "model:org/small@v1",
    ) == mixed.generations.check("mix/all", model="org/small").path
    with pytest.raises(UnknownError):
        mixed.generations.check("mix/all", model="org/smal")


def test_parts_have_to_be_all_that_is_read(mixed, tmp_path):
    path = str(write_jsonl(tmp_path / "in" / "new.jsonl", records(3)))

    with pytest.raises(InputError, match="2 documents were taken and 3 were read"):
        mixed.register([path], name="mix/new", card=Card(take=("web/real=2",)))


def test_details_of_a_model_need_a_model(muster, tmp_path):
    path = str(write_jsonl(tmp_path / "in" / "new.jsonl", records(3)))

    with pytest.raises(InputError, match="--role"):
        muster.register([path], name="web/new", card=Card(role="judge"))
    with pytest.raises(UnknownError, match="org/none@v1"):
        muster.register([path], name="web/new", card=Card(generated_by="org/none@v1"))
    with pytest.raises(InvalidNameError):
        muster.register([path], name="web/new", card=Card(generated_by="org/none"))
    assert [] == muster.datasets.list()


def test_two_ways_to_state_the_terms_of_output_are_one_too_many(muster):
    with pytest.raises(InputError, match="exclude each other"):
        muster.models.add(
            "org/small@v1", output_licence="MIT", output_terms={Term.TRAIN: Answer.YES}
        )
    with pytest.raises(InputError, match="not a digest"):
        muster.models.add("org/small@v1", weights_digest="sha256:abc")


def test_a_prompt_is_kept_by_its_digest_and_seeds_are_upstream(muster, tmp_path):
    seeds = write_jsonl(tmp_path / "seeds.jsonl", records(2, text=REAL))
    made = write_jsonl(tmp_path / "made.jsonl", records(2, text=MADE))
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Write of {topic}.\n")
    muster.register([str(seeds)], name="seeds/all", card=Card(generated_by="people"))
    muster.models.add("org/teacher@v1")
    how = {"generated_by": "org/teacher@v1", "derived_from": "seeds/all"}
    with pytest.raises(InputError, match="leave out --prompt-digest"):
        muster.register(
            [str(made)],
            name="made/all",
            card=Card(prompt_file=str(prompt), prompt_digest="0" * 64, **how),
        )
    muster.register([str(made)], name="made/all", card=Card(prompt_file=str(prompt), **how))
    prompt.unlink()
    (stated,) = muster.generations.show("made/all").generations

    assert ("Write of {topic}.\n",) == muster.generations.prompts("made/all").prompts
    assert digest_of_bytes(b"Write of {topic}.\n") == stated.prompt_digest
    assert ["seeds/all@1"] == [
        node.reference for node in muster.lineage("made/all").nodes if node.depth
    ]
    with pytest.raises(UnknownError, match="kept prompt"):
        muster.generations.prompts("seeds/all")


def test_a_prompt_is_stated_of_a_version_that_is_there(muster, tmp_path):
    made = write_jsonl(tmp_path / "made.jsonl", records(2, text=MADE))
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Go on.")
    muster.register([str(made)], name="made/all")
    muster.models.add("org/teacher@v1")
    for _ in range(2):
        muster.generations.add(
            "made/all", role="generator", model="org/teacher@v1", prompt_file=prompt
        )

    answer = muster.generations.prompts("made/all")
    assert (("Go on.",), (b"Go on.",)) == (answer.prompts, answer.contents)
    assert "contents" not in answer.model_dump(mode="json")


def test_sampling_is_read_with_commas_between_parameters_and_inside_of_values():
    read = read_sampling(["temperature=0.7,top_p=0.9", 'stop=["a","b"],n=2', "engine=x, y"])

    assert {
        "temperature": 0.7,
        "top_p": 0.9,
        "stop": ["a", "b"],
        "n": 2,
        "engine": "x, y",
    } == read


def test_a_mixture_is_as_synthetic_as_a_run_at_its_weights_and_as_a_report_says(mixed):
    mixed.mixtures.make("mix/run", {"made/some": 1, "mix/all": 3})
    shown = mixed.generations.show("mix/run").run
    part = mixed.generations.show("mix/all").tokens
    report = mixed.report(["mix/run"], num_parameters=[1_000_000]).synthetic.tokens

    # A quarter is all a model's, three quarters are as the part is.
    assert pytest.approx(0.25 + 0.75 * part.share_low, abs=1e-8) == shown.share_low
    # A report counts whole tokens, here of a hundred.
    assert pytest.approx((report.share_low, report.share_high), abs=0.01) == (
        shown.share_low,
        shown.share_high,
    )
    assert mixed.generations.show("mix/all").run is None
