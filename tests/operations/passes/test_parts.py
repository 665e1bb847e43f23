"""Parts of a pass, each by a process that knows nothing of the others, and their merge."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from registry.domain.execution import Part
from registry.errors import ConflictError, InputError
from registry.operations.normalizing.normalize import normalize_part
from registry.operations.passes import planning
from registry.operations.tokenizing.merge import merge
from tests.operations.factories import records, write_jsonl
from tests.operations.passes.test_units import normalized, shards_of

UNIT_BYTES = 4 << 10


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request):
    return request.param


@pytest.fixture
def corpus(muster, tmp_path, monkeypatch):
    """A version of some ten units."""
    monkeypatch.setattr(planning, "LEAST_UNIT_BYTES", UNIT_BYTES)
    path = write_jsonl(tmp_path / "a.jsonl", [*records(800), {"id": "e", "text": " "}])
    muster.register([str(path)], name="web/cc")
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    return "web/cc"


def parts(count):
    return [Part(index=index, count=count) for index in range(count)]


def test_parts_in_any_order_merge_to_what_one_command_gives(muster, context, corpus):
    whole = muster.normalize(corpus, recipe="text-default", name="web/whole")
    answers = [
        muster.normalize_part(corpus, recipe="text-default", part=part)
        for part in reversed(parts(3))
    ]
    merged = muster.runs.merge(answers[0].run)

    assert 1 == len({answer.run for answer in answers})
    assert answers[-1].num_units == answers[-1].num_finished > 3
    assert answers[0].num_finished < answers[1].num_finished < answers[2].num_finished
    assert "web/cc.text-default@1" == merged.reference
    assert (whole.digest, whole.ledger) == (merged.digest, merged.ledger)
    assert "done" == muster.runs.get(merged.run).run.state


@pytest.mark.parametrize("options", [{}, {"recipe": "text-default"}, {"count_only": True}])
def test_tokenized_parts_merge_to_what_one_command_gives(muster, context, corpus, options):
    counted = options | {"tokenizer": "tiny", "eos_token": "a"}
    answers = [
        muster.tokenize_part(corpus, part=part, name="web/parts", **counted) for part in parts(2)
    ]
    merged = muster.runs.merge(answers[0].run)
    again = muster.tokenize(corpus, name="web/parts", **counted)

    assert ("unchanged", merged.num_tokens) == (again.status, again.num_tokens)
    assert merged.policy == again.policy
    if not options.get("count_only"):
        muster.tokenize(corpus, name="web/whole", **counted)

        # Only the manifest names its input alike, so all files are the same.
        assert shards_of(context, "web/whole") == shards_of(context, "web/parts")


def test_a_merge_before_all_is_finished_names_what_is_missing(muster, corpus):
    run = muster.normalize_part(corpus, recipe="text-default", part=Part(index=0, count=2)).run
    with pytest.raises(InputError, match=r"units of run .* are not finished: 1, 3, 5"):
        muster.runs.merge(run)

    assert "open" == muster.runs.get(run).run.state
    assert 1 == len(muster.datasets.list())


def test_the_whole_command_takes_up_what_parts_have_finished(muster, corpus, context):
    part = muster.normalize_part(corpus, recipe="text-default", part=Part(index=0, count=2))
    whole = muster.normalize(corpus, recipe="text-default")

    assert part.run == whole.run
    with pytest.raises(ConflictError, match="is closed: done"):
        muster.runs.merge(part.run)


def test_parts_that_begin_at_once_open_one_run(make_context, corpus):
    def work(part):
        from registry.domain.names import Reference  # noqa: PLC0415
        from registry.normalization.recipe_files import load_recipe  # noqa: PLC0415

        return normalize_part(
            make_context(), Reference.parse(corpus), recipe=load_recipe("text-default"), part=part
        ).run

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(work, parts(4)))

    assert 1 == len(set(runs))
    assert merge(make_context(), runs[0]).status == "created"


def test_a_merge_under_other_settings_is_refused(make_context, muster, corpus):
    run = muster.normalize_part(corpus, recipe="text-default", part=Part(index=0, count=1)).run
    with pytest.raises(ConflictError, match="other settings"):
        merge(make_context(shard_bytes=1 << 20), run)


def test_a_recipe_that_remembers_documents_has_no_parts(muster, corpus, tmp_path):
    recipe = tmp_path / "unique.toml"
    recipe.write_text(
        'name = "unique"\nversion = "1.0.0"\n[[step]]\nuse = "decode"\n'
        '[[step]]\nuse = "drop_exact_duplicates"\n'
    )
    with pytest.raises(InputError, match="remembers earlier documents"):
        muster.normalize_part(corpus, recipe=str(recipe), part=Part(index=0, count=2))


def test_a_run_without_units_has_nothing_to_merge(muster, corpus):
    register = next(run for run in muster.runs.list() if run.operation == "register")
    with pytest.raises(ConflictError, match="is closed"):
        muster.runs.merge(register.id)


@pytest.mark.parametrize("text", ["", "1", "2/2", "-1/2", "1/0", "a/b", "1/2/3", "½/2"])
def test_a_part_that_is_none_is_refused_with_its_text(text):
    with pytest.raises(InputError) as caught:
        Part.parse(text)

    assert text in str(caught.value)


def test_every_unit_is_in_one_part():
    divided = [[number for number in range(20) if part.has(number)] for part in parts(3)]

    assert list(range(20)) == sorted(number for part in divided for number in part)
    assert "2/3" == str(Part.parse("2/3"))


def test_normalizing_after_a_merge_is_a_no_op(muster, corpus, context):
    run = muster.normalize_part(corpus, recipe="text-default", part=Part(index=0, count=1)).run
    merged = muster.runs.merge(run)

    assert "unchanged" == normalized(context, corpus).status
    assert not list((context.home / "work").glob("*/unit-*"))
    assert merged.num_shards > 3
