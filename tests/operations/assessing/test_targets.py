"""Targets: of files, of names, as values; and what makes no sense."""

import io

import pytest
from rich.console import Console

from registry.domain.architecture import Architecture
from registry.domain.model_target import Distillation, Hardware, Target
from registry.errors import InputError, UnknownError, UnreadableError
from registry.operations.assessing.explain import FIGURES
from registry.operations.assessing.targets import make_target
from registry.reporting.figures import largest_model
from registry.reporting.readiness import render_report, report_markdown
from registry.scaling import allocate, optimal_tokens


def test_a_target_of_a_file_of_a_name_and_as_a_value_is_the_same(muster, prepared, tmp_path):
    file = tmp_path / "t.toml"
    file.write_text('name = "t"\nparameters = "1K"\novertraining = 3\n')
    target = Target(name="t", parameters=1000, overtraining=3)
    muster.targets.set(target)
    found = {muster.report(prepared, targets=[item]).id for item in (str(file), "t", "t@1", target)}

    assert 1 == len(found)


def test_overtraining_asks_for_so_many_times_the_tokens(muster, prepared):
    target = Target(parameters=10**9, overtraining=5)
    (found,) = muster.report(prepared, targets=[target]).targets

    assert pytest.approx(5 * optimal_tokens(10**9).mid) == found.required_tokens["epoch-2024"].mid


def test_a_budget_is_for_the_model_that_the_law_allocates(muster, prepared):
    (found,) = muster.report(prepared, targets=[Target(compute_flops=1e22)]).targets
    best = allocate(1e22)

    assert pytest.approx(best.num_parameters, rel=1e-6) == found.num_parameters
    assert pytest.approx(1e22, rel=1e-6) == found.flops


def test_hardware_gives_hours_days_and_money(muster, prepared):
    hardware = Hardware(
        device="h100", devices=64, utilisation=0.5, price_per_hour=2, currency="USD"
    )
    (found,) = muster.report(
        prepared, targets=[Target(parameters=10**9, hardware=hardware)]
    ).targets
    # 989.4 TFLOPs a second in bfloat16, dense: NVIDIA's data sheet of the H100 SXM.
    hours = found.flops / (989.4e12 * 0.5 * 3600)

    assert pytest.approx(hours, rel=1e-3) == found.cost.device_hours.mid
    assert pytest.approx(hours / 24 / 64, rel=1e-3) == found.cost.days.mid
    assert pytest.approx(hours * 2, rel=1e-3) == found.cost.money.mid
    assert "USD" == found.cost.currency


def test_a_shape_is_costed_at_the_targets_own_sequence_length(muster, prepared):
    """6 x (2 x (4 x 64 + 3 x 8 x 16) + 100 x 8) + 12 x 2 x 8 x 256 = 61,632 FLOPs a token."""
    shape = Architecture(layers=2, width=8, heads=2, feed_forward=16, vocabulary=100)
    target = Target(
        name="t", architecture=shape, sequence_length=256, hardware=Hardware(device="h100")
    )
    report = muster.report(prepared, targets=[target])
    (found,) = report.targets
    (figure,) = muster.reports.explain(report, "flops")

    assert 61_632 == found.flops_per_token
    assert 61_632 * found.required_tokens["epoch-2024"].mid == found.flops == found.cost.flops
    assert "6 x 2,080 + 12 x 2 x 8 x 256 = 61,632 a token" == figure.steps[0]


def test_experts_and_serving_are_told_in_every_form(muster, prepared):
    """4 experts of 3 x 8 x 16 in 2 layers, of which a token meets 1: 2,304 parameters are idle."""
    shape = Architecture(
        layers=2, width=8, heads=2, feed_forward=16, vocabulary=100, experts=4, active_experts=1
    )
    target = Target(name="moe", architecture=shape, served_tokens=10**9)
    report = muster.report(prepared, targets=[target])
    console = Console(width=1_000, file=io.StringIO())
    console.print(render_report(report))
    text = console.file.getvalue()
    told = (text, report_markdown(report), muster.reports.html(report))

    assert "moe (5.288K parameters, 2.984K active)" in text
    for form in told:
        assert "2.984K" in form
        assert "With 1B tokens served" in form


def test_targets_of_two_tokenizers_are_never_compared(muster, prepared):
    targets = [Target(parameters=10, tokenizer=name) for name in ("tiny", "other")]
    with pytest.raises(InputError, match="tiny and other"):
        muster.report(prepared, targets=targets)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('parameters = "lots"', "'lots' is not a model size"),
        ("parameters = 7\ncolour = 1", "colour: there is no such key"),
        ("overtraining = 3", "exactly one of"),
        ("[architecture]\nlayers = 0", "architecture.layers"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(muster, prepared, tmp_path, text, words):
    file = tmp_path / "t.toml"
    file.write_text(text)
    with pytest.raises(InputError) as raised:
        muster.report(prepared, targets=[str(file)])

    assert str(file) in raised.value.message
    assert words in raised.value.message


@pytest.mark.parametrize(
    ("content", "words"), [(b"\xff", "TOML"), (b"no toml", "TOML"), (None, "no such file")]
)
def test_a_file_that_cannot_be_read_is_named(muster, prepared, tmp_path, content, words):
    file = tmp_path / "t.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnreadableError, match=words):
        muster.report(prepared, targets=[str(file)])


def test_a_target_on_an_unknown_device_is_not_kept(muster):
    hardware = Hardware(device="abacus")
    with pytest.raises(UnknownError):
        muster.targets.set(Target(name="t", parameters=1, hardware=hardware))

    assert [] == muster.targets.list()


def test_a_teacher_of_the_catalog_brings_its_terms_and_its_depth(muster, prepared):
    muster.generations.add("web/a", role="people")
    muster.models.add("org/big@v1", output_licence="CC-BY-NC-4.0", trained_on=["web/a"])
    teacher = Distillation(teacher="org/big@v1", teacher_parameters=70, generated_tokens=2000)
    target = Target(name="student", parameters=1000, distillation=teacher)
    report = muster.report(prepared[:1], targets=[target], tokenizer="tiny", policy="commercial")
    (found,) = report.targets

    assert "distilled" == target.objective
    assert (1, 1) == (found.distillation.depth_low, found.distillation.depth_high)
    assert 2 * 70 * 2000 == pytest.approx(found.distillation.generation_flops)
    assert found.unique_tokens == report.unique_tokens
    assert "BLOCKED" == found.verdict
    assert "teacher-output" in {gate.name for gate in found.gates}
    # What a gate blocks counts for nothing; real data alone passes the same policy.
    assert ("BLOCKED", 0) == (
        found.distillation.with_teacher.verdict,
        found.distillation.credited_tokens,
    )
    assert "BLOCKED" != found.distillation.alone.verdict
    assert found.effective_tokens["1"] == found.unique_tokens
    assert "a gate blocks the 2K generated ones" in largest_model(report)
    for figure in FIGURES:
        assert muster.reports.explain(report, figure)
    with pytest.raises(UnknownError, match="org/none@v1"):
        muster.report(
            prepared,
            targets=[
                Target(
                    parameters=1,
                    distillation=teacher.model_copy(update={"teacher": "org/none@v1"}),
                )
            ],
        )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"parameters": 0}, "parameters: 0 is out of bounds: it must be above 0"),
        ({"parameters": 10**16}, "must be at most 1e15"),
        ({"parameters": "1e18"}, "'1e18' is not a model size: it must lie between 1 and 1e15"),
        ({"parameters": 1, "overtraining": 0.5}, "overtraining: 0.5 is out of bounds"),
        ({"parameters": 1, "overtraining": float("nan")}, "overtraining: nan is out of bounds"),
        ({"parameters": 1, "compute_flops": 1e22}, "a size of your own takes overtraining"),
        ({"paramters": 1}, "paramters: there is no such key"),
        ({"parameters": 1, "objective": "distilled"}, "needs distillation"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_with_its_own_value(fields, words):
    with pytest.raises(InputError, match=words):
        make_target(fields, origin="")
