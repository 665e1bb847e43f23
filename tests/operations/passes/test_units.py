"""The same bytes from any number of workers, whatever becomes of them on the way."""

import dataclasses
import os
import signal

import pyarrow.parquet as pq
import pytest

from registry.domain.engine import EngineChoice
from registry.domain.execution import Execution, ExecutorKind
from registry.domain.names import Reference
from registry.errors import ConflictError, InputError, TooManyRejectedError
from registry.normalization.recipe_files import load_recipe
from registry.operations.normalizing import normalize as normalizing
from registry.operations.normalizing.normalize import normalize
from registry.operations.passes import planning
from registry.operations.passes.planning import plan_units
from registry.operations.tokenizing.tokenize import tokenize
from registry.storage.objects import ObjectStore
from tests.operations.factories import counting_by, records, write_jsonl

UNIT_BYTES = 4 << 10
POISON = "d100"
"""The id of a document that a store takes badly."""


@pytest.fixture(params=["sqlite"])
def engine(request):
    """What is tested here lies before the catalog."""
    return request.param


on_any_executor = pytest.mark.parametrize(
    "executor",
    [{"threads": 2}, {"threads": 8}, {"workers": 1}, {"workers": 2}, {"workers": 8}],
    ids=lambda executor: "-".join(f"{name}-{number}" for name, number in executor.items()),
)


@pytest.fixture
def corpus(muster, tmp_path):
    """One file that is cut into many units, small ones that are grouped, and bad rows."""
    many = [*records(300), {"id": "x", "text": "a\r\nb \x00 e\u0301"}, {"id": "e", "text": " \n"}]
    path = write_jsonl(tmp_path / "data" / "large.jsonl", many)
    path.write_bytes(path.read_bytes() + b"{broken\n" + b'{"text": "last"}')
    for number in range(5):
        write_jsonl(tmp_path / "data" / f"small-{number}.jsonl", records(7, first=number * 5))
    muster.register([str(tmp_path / "data")], name="web/cc")
    return "web/cc"


@pytest.fixture
def small_units(make_context, monkeypatch):
    """Make contexts whose units are small."""
    monkeypatch.setattr(planning, "LEAST_UNIT_BYTES", UNIT_BYTES)

    def make(*, threads=1, workers=0, **settings):
        kind = ExecutorKind.PROCESSES if workers else ExecutorKind.IN_PROCESS
        execution = Execution(kind=kind, num_workers=workers or threads)
        return dataclasses.replace(make_context(**settings), execution=execution)

    return make


def normalized(context, corpus, *, recipe="text-default", name=None, **limits):
    return normalize(
        context,
        Reference.parse(corpus),
        recipe=load_recipe(recipe) if isinstance(recipe, str) else recipe,
        name=None if name is None else Reference.parse(name).dataset,
        **limits,
    )


def shards_of(context, reference):
    return [
        (shard.path, shard.digest)
        for shard in context.catalog.versions.list_shards(Reference.parse(reference))
    ]


def test_units_depend_on_the_shards_alone(small_units, corpus):
    context = small_units()
    shards = context.catalog.versions.list_shards(Reference.parse(corpus))
    units = plan_units(context.place, shards)
    files = [[part.shard.path for part in unit.slices] for unit in units]

    assert units == plan_units(small_units(workers=2).place, shards)
    assert list(range(len(units))) == [unit.number for unit in units]
    assert ["large.jsonl"] in files
    assert any(len(group) > 1 for group in files)
    assert sum(shard.num_text_bytes for shard in shards) == pytest.approx(
        sum(unit.num_bytes for unit in units), rel=0.05
    )


def test_a_unit_of_many_tiny_documents_is_a_small_one(make_context, muster, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "_MOST_UNIT_DOCUMENTS", 10)
    write_jsonl(tmp_path / "tiny.jsonl", [{"text": f"{number:03}"} for number in range(100)])
    muster.register([str(tmp_path / "tiny.jsonl")], name="web/tiny")
    context = make_context()

    units = plan_units(
        context.place, context.catalog.versions.list_shards(Reference.parse("web/tiny"))
    )

    assert 100 == sum(part.span.num_rows for unit in units for part in unit.slices)
    assert 10 == len(units)


@on_any_executor
def test_any_number_of_workers_normalizes_to_the_same_bytes(small_units, corpus, executor):
    here = normalized(small_units(), corpus, name="web/here")
    context = small_units(**executor)
    apart = normalized(context, corpus, name="web/apart")

    assert here.digest == apart.digest
    assert here.ledger == apart.ledger
    assert here.quarantine == apart.quarantine
    assert shards_of(context, "web/here") == shards_of(context, "web/apart")
    assert len(shards_of(context, "web/here")) > 3


@on_any_executor
@pytest.mark.parametrize("choice", ["reference", "fast"])
def test_any_number_of_workers_and_any_engine_gives_the_same_tokens(
    small_units, muster, corpus, executor, choice
):
    muster.tokenizers.train([corpus], name="tiny", vocab_size=300)
    counting = counting_by(muster, "tiny")
    reference = Reference.parse(corpus)
    names = [Reference.parse(name).dataset for name in ("web/here", "web/apart")]
    here = tokenize(
        small_units(), reference, counting, name=names[0], engine=EngineChoice("reference")
    )
    apart = tokenize(
        small_units(**executor),
        reference,
        counting,
        name=names[1],
        engine=EngineChoice(choice),
    )
    unlike = {"reference", "run"}

    assert here.model_dump(exclude=unlike) == apart.model_dump(exclude=unlike)
    assert shards_of(small_units(), "web/here") == shards_of(small_units(), "web/apart")


def test_steps_that_remember_earlier_documents_give_the_same_on_any_number_of_workers(
    small_units, corpus, tmp_path
):
    recipe = tmp_path / "unique.toml"
    recipe.write_text(
        'name = "unique"\nversion = "1.0.0"\n[[step]]\nuse = "decode"\n'
        '[[step]]\nuse = "drop_exact_duplicates"\n'
    )
    here = normalized(small_units(), corpus, recipe=str(recipe), name="web/here")
    apart = normalized(small_units(workers=2), corpus, recipe=str(recipe), name="web/apart")
    whole = normalized(
        small_units(shard_bytes=1 << 30), corpus, recipe=str(recipe), name="web/whole"
    )

    assert here.digest == apart.digest
    assert 35 == here.ledger.rejected["exact-duplicate"]
    assert here.ledger == whole.ledger


def test_a_unit_that_kills_its_workers_is_quarantined_row_by_row(
    small_units, corpus, monkeypatch, muster, tmp_path
):
    context = small_units(workers=2)
    poisoned = dataclasses.replace(context, store=PoisonedStore(context.store.url))
    notes = []
    monkeypatch.setattr(context.progress, "note", notes.append)
    with pytest.raises(TooManyRejectedError, match="took its worker's life"):
        normalized(poisoned, corpus)
    answer = normalized(poisoned, corpus, max_rejected=1)
    lost = {why: n for why, n in answer.ledger.rejected.items() if "worker" in why}
    rows = muster.quarantine.show(answer.reference, limit=10_000).rows

    assert [("took its worker's life (exit code -9), 3 times")] == list(lost)
    assert sum(lost.values()) == len([row for row in rows if "worker" in row.reason])
    assert {"large.jsonl"} == {row.file for row in rows if "worker" in row.reason}
    assert answer.ledger.documents_in == (
        answer.ledger.documents_kept + sum(answer.ledger.rejected.values())
    )
    assert "large.jsonl" in notes[0]


class PoisonedStore(ObjectStore):
    """A store that takes the life of whoever stores one document in it."""

    def commit(self, path):
        table = pq.read_table(path)
        if "text" in table.column_names and POISON in table.column("id").to_pylist():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().commit(path)


def test_a_file_that_changes_between_two_of_its_parts_is_refused(
    small_units, corpus, monkeypatch, tmp_path, muster
):
    carry_out, seen = normalizing._Normalizing.carry_out, []

    def touch_at_second(work, unit, outcomes, report):
        seen.append(unit.number)
        if len(seen) == 2:
            with (tmp_path / "data" / "large.jsonl").open("ab") as file:
                file.write(b'{"text": "more"}\n')
        return carry_out(work, unit, outcomes, report)

    monkeypatch.setattr(normalizing._Normalizing, "carry_out", touch_at_second)
    with pytest.raises(ConflictError, match="changed since it was registered"):
        normalized(small_units(), corpus)

    assert 1 == len(muster.datasets.list())


def test_input_that_changed_since_the_checkpoint_is_refused(
    small_units, corpus, monkeypatch, tmp_path
):
    carry_out = normalizing._Normalizing.carry_out

    def stop_at_second(work, unit, outcomes, report):
        if unit.number == 1:
            raise KeyboardInterrupt
        return carry_out(work, unit, outcomes, report)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(normalizing._Normalizing, "carry_out", stop_at_second)
        normalized(small_units(), corpus)
    path = tmp_path / "data" / "large.jsonl"
    path.write_bytes(path.read_bytes().replace(b"quick", b"quack"))

    with pytest.raises(ConflictError, match="changed since it was registered"):
        normalized(small_units(), corpus)


def test_a_store_in_memory_has_no_worker_processes(small_units, corpus):
    context = dataclasses.replace(small_units(workers=2), store=ObjectStore("memory://units"))
    with pytest.raises(InputError, match="memory"):
        normalized(context, corpus)
