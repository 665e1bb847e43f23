"""A mixture is a version: it never changes, has parents, and is reported on at its weights."""

import json

import pytest
from sqlalchemy.exc import IntegrityError

from registry.domain.card import Card
from registry.domain.model_target import Distillation, Target
from registry.domain.names import Reference
from registry.errors import InputError, UnknownError
from registry.operations.assessing.explain import FIGURES
from registry.scaling.blend import Blend
from tests.operations.factories import records, write_jsonl

A, B = "web/a.text-default", "law/b.text-default"


@pytest.fixture
def mixed(muster, tmp_path):
    """Forty English and ten German documents, counted, and a mixture of one to three."""
    for name, number, language, licence in (
        ("web/a", 40, "en", "MIT"),
        ("law/b", 10, "de", "CC-BY-4.0"),
    ):
        path = write_jsonl(tmp_path / name / "x.jsonl", records(number, first=100 * number))
        card = Card(licence=licence, language=language, generated_by="people")
        muster.register([str(path)], name=name, card=card)
        muster.normalize(name, recipe="text-default")
    muster.tokenizers.train(["web/a"], name="tiny", vocab_size=280)
    for name in (A, B):
        muster.tokenize(name, tokenizer="tiny")
    muster.mixtures.make("mix/base", {A: 1, B: 3})
    return muster


def test_the_same_weights_are_the_same_version_in_any_order_and_scale(mixed):
    again = mixed.mixtures.make("mix/base", {B: "0.75", A: "0.25"})
    other = mixed.mixtures.make("mix/base", {A: 1, B: 2})
    version = mixed.show("mix/base@1").version

    assert ("unchanged", "mix/base@1") == (again.status, again.mixture.reference)
    assert ("created", "mix/base@2") == (other.status, other.mixture.reference)
    assert {A + "@1": 250_000_000, B + "@1": 750_000_000} == {
        part.reference: part.weight for part in mixed.mixtures.get("mix/base@1").parts
    }
    assert (50, 1, "mixture") == (version.num_documents, version.num_shards, version.content)
    assert version.num_text_bytes == sum(mixed.show(name).version.num_text_bytes for name in (A, B))


def test_the_file_of_a_mixture_names_its_parts_and_nothing_else_is_written(mixed, tmp_path):
    (file,) = mixed.export("mix/base", tmp_path / "out").files
    found = json.loads((tmp_path / "out" / "mixture.json").read_bytes())

    assert str(tmp_path / "out" / "mixture.json") == file.path
    assert [B + "@1", A + "@1"] == [part["reference"] for part in found["parts"]]
    assert found["of"] == sum(part["weight"] for part in found["parts"])


def test_licence_lineage_and_authors_come_down_through_the_weights(mixed):
    assert "CC-BY-4.0 AND MIT" == mixed.licences.effective("mix/base").expression
    assert {A + "@1", B + "@1", "web/a@1", "law/b@1"} < {
        node.reference for node in mixed.lineage("mix/base").nodes
    }
    assert 0 == mixed.generations.show("mix/base").depth.high


def test_verify_reads_the_parts_too(mixed, tmp_path):
    assert mixed.verify("mix/base").is_intact
    mixed.mixtures.make("mix/raw", {"web/a": 1})
    (tmp_path / "web" / "a" / "x.jsonl").write_text("changed")
    (problem,) = mixed.verify("mix/raw").problems

    assert "web/a@1 x.jsonl" == problem.path


def test_a_mixture_is_composed_by_its_weights_and_not_by_what_is_held(mixed):
    held, weighed = (
        mixed.report(asked, num_parameters=[1]).composition for asked in ([A, B], ["mix/base"])
    )

    assert ["en", "de"] == [one.value for one in held if one.by == "language"]
    assert [("de", 0.75), ("en", 0.25)] == [
        (one.value, one.weight) for one in weighed if one.by == "language"
    ]


def test_a_student_is_real_by_the_weights_of_its_mixture(mixed, tmp_path):
    path = write_jsonl(tmp_path / "made" / "x.jsonl", records(40, first=9000))
    mixed.models.add("org/writer@v1")
    card = Card(generated_by="org/writer@v1", kind="synthetic")
    mixed.register([str(path)], name="made/c", card=card)
    mixed.tokenize("made/c", tokenizer="tiny", count_only=True)
    mixed.mixtures.make("mix/half", {A: 1, "made/c": 3})
    asked = Distillation(teacher="org/writer@v1", teacher_parameters=70, generated_tokens=2000)
    (target,) = mixed.report(
        ["mix/half"], targets=[Target(parameters=1000, distillation=asked)]
    ).targets
    alone = target.unique_tokens

    assert 0.25 * alone / (alone + 2000) == pytest.approx(target.distillation.real_share, rel=1e-3)


def test_a_report_goes_by_the_weights(mixed):
    unique = {
        line.reference: line.known_tokens
        for line in mixed.report([A, B], num_parameters=[1]).supply
    }
    blend = Blend((unique[B + "@1"], unique[A + "@1"]), (0.75, 0.25))
    (target,) = (report := mixed.report(["mix/base"], num_parameters=[40], law="rule-20")).targets
    need = target.required_tokens["rule-20"].mid

    assert blend.once == target.unique_tokens
    assert blend.epochs_needed(need) == target.epochs_needed
    assert round(blend.worth(4)) == target.effective_tokens["4"]
    assert {B + "@1": 0.75 * need / unique[B + "@1"], A + "@1": 0.25 * need / unique[A + "@1"]} == (
        pytest.approx({part.reference: part.epochs for part in target.mixture})
    )
    assert "mix/base@1" == report.inputs[0].reference
    assert mixed.reports.rerun(report.id).is_same
    for figure in FIGURES:
        assert mixed.reports.explain(report, figure)


def test_without_a_part_the_others_weigh_more_and_that_is_said(mixed):
    report = mixed.report(["mix/base"], num_parameters=[40], without=["law/b"])

    assert [(A + "@1", 1.0)] == [
        (part.reference, part.weight) for part in report.targets[0].mixture
    ]
    assert "weights" in {warning.code for warning in report.warnings}


def test_floors_are_met_with_the_weights_that_lose_least(mixed):
    found = mixed.mixtures.solve(
        [A, B], num_tokens=1000, floors=["language:de=0.6"], name="mix/solved"
    )
    used = mixed.mixtures.use("mix/solved", num_tokens=1000)

    assert 0.6 == pytest.approx(found.shares[0].share)
    assert found.lost_tokens == 1000 - found.effective_tokens
    assert found.parts == tuple(sorted(used.parts, key=lambda part: part.reference != A + "@1"))
    with pytest.raises(InputError, match="no version belongs to language:fr"):
        mixed.mixtures.solve([A, B], num_tokens=1000, floors=["language:fr=0.1"])
    with pytest.raises(InputError, match=r"floor language:de=0.9: 9,000 of"):
        mixed.mixtures.solve([A, B], num_tokens=10_000, floors=["language:de=0.9"])


def test_a_takedown_makes_a_mixture_again_with_its_weights(mixed):
    found = mixed.takedowns.open("id", "d4000", reason="asked")
    mixed.takedowns.apply(found.id)

    assert ("mixture", "mix/base@1") in [(item.kind, item.reference) for item in found.items]
    assert {A + "@2": 0.25, B + "@1": 0.75} == {
        part.reference: part.share for part in mixed.mixtures.get("mix/base").parts
    }
    with pytest.raises(InputError, match="was withdrawn"):
        mixed.mixtures.make("mix/base", {A + "@1": 1})


def test_what_cannot_be_mixed_or_read_is_refused_by_name(mixed):
    with pytest.raises(InputError, match="is a mixture itself"):
        mixed.mixtures.make("mix/of", {"mix/base": 1})
    with pytest.raises(InputError, match="named twice"):
        mixed.mixtures.make("mix/of", {A: 1, A + "@1": 1})
    with pytest.raises(UnknownError):
        mixed.mixtures.make("mix/of", {"web/nothing": 1})
    with pytest.raises(InputError, match="is no mixture"):
        mixed.mixtures.get(A)
    with pytest.raises(InputError, match="is a mixture and holds no document"):
        mixed.normalize("mix/base", recipe="text-default")
    with pytest.raises(InputError, match="its weights say nothing of other versions"):
        mixed.report(["mix/base", A], num_parameters=[10])
    mixed.tokenizers.train(["law/b"], name="other", vocab_size=270)
    mixed.tokenize(A, tokenizer="other", count_only=True)
    with pytest.raises(InputError, match="not counted by other, and tokens of different"):
        mixed.report(["mix/base"], num_parameters=[10], tokenizer="other")


def test_the_catalog_holds_a_weight_to_billionths(mixed, context):
    shown = context.catalog.versions.get(Reference.parse("mix/base"))
    assert "mix/base@1" == shown.reference
    statement = (
        "INSERT INTO mixture_part (version_id, parent_id, num_documents, weight) "
        "SELECT max(id), min(id), 0, 1000000001 FROM version"
    )
    with (
        pytest.raises(IntegrityError, match="ck_mixture_part_weight"),
        context.catalog._database._engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)


def test_a_mixture_is_no_version_of_a_dataset_of_text(mixed):
    with pytest.raises(InputError, match="web/a holds text"):
        mixed.mixtures.make("web/a", {"web/b": 1})
