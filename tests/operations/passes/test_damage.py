"""A run with too many damaged rows fails whole, and the same however it went."""

import dataclasses
import json

import pytest

from registry.api import Registry
from registry.domain.execution import Execution, ExecutorKind
from registry.domain.reading import Reading
from registry.domain.run import RunState
from registry.errors import InputError, TooManyRejectedError, UnknownError
from registry.operations.passes import planning, units
from tests.operations.factories import records, write_jsonl

GOOD, BAD = 900, 40
"""Files that are UTF-8, and files that are not."""


@pytest.fixture(params=["sqlite"])
def engine(request):
    """What the catalog keeps of a failed run is tested with the catalog."""
    return request.param


@pytest.fixture
def damaged(tmp_path):
    """Texts of which one in 25 is no UTF-8, each a file."""
    folder = tmp_path / "damaged"
    folder.mkdir()
    for number in range(GOOD + BAD):
        data = b"caf\xe9" if number % 23 == 5 and number < 23 * BAD else b"caf\xc3\xa9"
        (folder / f"{number:04}.txt").write_bytes(data + b" %d" % number)
    return str(folder)


def fail(verb, *arguments, **options):
    with pytest.raises(TooManyRejectedError) as caught:
        verb(*arguments, **options)
    return caught.value


def newest(muster):
    (run, *_) = muster.runs.list()
    return muster.runs.get(run.id)


def test_registering_fails_with_books_and_quarantine_and_seals_nothing(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(900))
    path.write_bytes(path.read_bytes() + b"{broken\n" * 30 + b'{"text": 1}\n' * 7)
    error = fail(
        muster.register, [str(path)], name="web/cc", reading=Reading(text_columns=("text",))
    )
    found = newest(muster)

    assert "37 of 937 rows are damaged, 3.95 %, and at most 1 % may be: invalid-json 30, " in (
        error.message
    )
    assert "such as a.jsonl#901, invalid-json: {broken" in error.hint
    assert f"muster quarantine {found.run.id}" in error.hint
    assert "--max-rejected 4%" in error.hint
    assert (37, 937, 0.01) == (error.num_damaged, error.num_rows, error.limit)
    assert (RunState.FAILED, error.message) == (found.run.state, found.run.error)
    assert {"invalid-json": 30, "text-not-a-string": 7} == found.ledger.rejected
    with pytest.raises(UnknownError):
        muster.show("web/cc")
    answer = muster.register(
        [str(path)], name="web/cc", reading=Reading(text_columns=("text",)), max_rejected="4%"
    )
    assert found.run.quarantine == answer.quarantine
    assert 900 == muster.normalize("web/cc", recipe="text-default").ledger.documents_kept


def test_a_dry_run_fails_as_the_run_would_and_leaves_nothing(muster, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "x"}\n' + b"{broken\n" * 11)
    fail(muster.register, [str(path)], name="web/cc", dry_run=True)

    assert [] == muster.runs.list()


def test_what_is_left_out_on_purpose_is_no_damage(muster, tmp_path):
    items = [*records(20), *({"text": " "} for _ in range(60))]
    muster.register([str(write_jsonl(tmp_path / "a.jsonl", items))], name="web/cc", max_rejected=0)
    answer = muster.normalize("web/cc", recipe="text-default", max_rejected=0)

    assert {"empty": 60} == answer.ledger.rejected


@pytest.mark.parametrize("limit", ["5%", 0.05])
def test_a_project_states_its_own_limit(muster, tmp_path, damaged, limit):
    muster.register([damaged], name="web/cc")
    (tmp_path / "muster.toml").write_text(f"[limits]\nmax_rejected = {json.dumps(limit)}\n")
    muster.normalize("web/cc", recipe="text-default")
    error = fail(muster.normalize, "web/cc", recipe="code-default", max_rejected="1%")

    assert {0.01} == {error.limit}
    (tmp_path / "muster.toml").write_text("[limits]\nmax_rejects = 1\n")
    with pytest.raises(InputError, match=r"holds max_rejected, .* and no other"):
        muster.normalize("web/cc", recipe="code-default")


def test_tokenizing_and_its_estimate_fail_alike(muster, damaged, tmp_path):
    muster.register([str(write_jsonl(tmp_path / "a.jsonl", records(20)))], name="web/clean")
    muster.tokenizers.train(["web/clean"], name="tiny", vocab_size=280)
    muster.register([damaged], name="web/cc")
    whole = fail(muster.tokenize, "web/cc", tokenizer="tiny")
    sample = fail(muster.tokenize_sample, "web/cc", tokenizer="tiny", fraction=0.5)

    assert whole.message == sample.message
    assert newest(muster).run.quarantine


def test_a_run_fails_the_same_on_any_workers_and_after_a_crash(make_context, damaged, monkeypatch):
    """The whole ledger decides, so nothing else may show in run, books, quarantine and error."""
    monkeypatch.setattr(planning, "LEAST_UNIT_BYTES", 1 << 10)
    context = make_context()
    Registry(context).register([damaged], name="web/cc")
    outcomes = []
    for workers in (1, 2):
        execution = Execution(kind=ExecutorKind.PROCESSES, num_workers=workers)
        outcomes.append(_outcome(dataclasses.replace(context, execution=execution)))
        context.work(outcomes[-1][0].derivation).clear()
    monkeypatch.setattr(units._Run, "_keep", _crash_after(3, units._Run._keep))
    with pytest.raises(KeyboardInterrupt):
        Registry(context).normalize("web/cc", recipe="text-default")
    monkeypatch.undo()
    monkeypatch.setattr(planning, "LEAST_UNIT_BYTES", 1 << 10)
    outcomes.append(_outcome(context))

    assert 1 == len({(facts.error, facts.quarantine) for facts, _ in outcomes})
    assert outcomes[0][1] == outcomes[1][1] == outcomes[2][1]


def _outcome(context):
    muster = Registry(context)
    fail(muster.normalize, "web/cc", recipe="text-default")
    found = newest(muster)
    assert RunState.FAILED is found.run.state
    return found.run, found.ledger


def _crash_after(number, keep):
    kept = []

    def crash(self, *arguments):
        keep(self, *arguments)
        kept.append(arguments)
        if len(kept) == number:
            raise KeyboardInterrupt

    return crash
