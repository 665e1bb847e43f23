import multiprocessing

import pytest

from registry.domain.execution import Part
from registry.domain.names import Reference
from registry.errors import ConflictError
from registry.normalization.recipe_files import load_recipe
from registry.operations.normalizing import normalize as operation
from registry.storage.work import WorkArea
from tests.operations.factories import records, write_jsonl

DERIVATION = "sha256:" + "0" * 64


@pytest.fixture
def corpus(muster, tmp_path):
    muster.register([str(write_jsonl(tmp_path / "a.jsonl", records(5)))], name="web/cc")
    return "web/cc"


def hold(home, ready, done):
    with WorkArea(home, DERIVATION).lock() as is_mine:
        ready.put(is_mine)
        done.get()


def test_two_processes_never_work_on_one_derivation(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Queue(), spawn.Queue()
    other = spawn.Process(target=hold, args=(tmp_path, ready, done))
    other.start()
    got_it = ready.get(timeout=60)
    with WorkArea(tmp_path, DERIVATION).lock() as while_held:
        pass
    other.kill()
    other.join()
    with WorkArea(tmp_path, DERIVATION).lock() as after_its_death:
        pass

    assert (True, False, True) == (got_it, while_held, after_its_death)


def test_a_second_process_is_told_and_does_not_close_the_firsts_run(
    context, muster, corpus, monkeypatch
):
    recipe, seen = load_recipe("text-default"), []
    work = operation._Normalizing.carry_out

    def work_while_another_tries(*args):
        if not seen:
            seen.append(args)
            with pytest.raises(ConflictError, match="another process"):
                operation.normalize(context, Reference.parse(corpus), recipe=recipe)
        return work(*args)

    monkeypatch.setattr(operation._Normalizing, "carry_out", work_while_another_tries)
    answer = operation.normalize(context, Reference.parse(corpus), recipe=recipe)

    assert answer.status == "created"
    assert [run.state for run in muster.runs.list() if run.operation == "normalize"] == ["done"]


def test_other_settings_that_give_other_documents_are_refused(make_context, muster, corpus):
    small = make_context(max_document_bytes=10)
    with pytest.raises(ConflictError, match="holds 5 documents"):
        operation.normalize(small, Reference.parse(corpus), recipe=load_recipe("text-default"))

    assert len(muster.datasets.list()) == 1


def test_a_cancelled_run_is_closed_and_the_same_command_begins_anew(muster, corpus):
    part = muster.normalize_part(corpus, recipe="text-default", part=Part(index=0, count=2))
    cancelled = muster.runs.cancel(part.run)
    answer = muster.normalize(corpus, recipe="text-default")

    assert ("failed", "cancelled by tester") == (cancelled.state, cancelled.error)
    assert part.run != answer.run
    with pytest.raises(ConflictError, match="is closed: failed"):
        muster.runs.cancel(part.run)


def test_a_run_that_a_process_is_at_is_not_cancelled(muster, corpus, context):
    run = muster.normalize_part(corpus, recipe="text-default", part=Part(index=0, count=2)).run
    area = context.work(muster.runs.get(run).run.derivation)
    with area.lock(), pytest.raises(ConflictError, match="a process is at work"):
        muster.runs.cancel(run)

    assert "open" == muster.runs.get(run).run.state
