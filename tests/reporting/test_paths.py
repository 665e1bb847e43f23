"""How a version came from a source, in words."""

from registry.domain.paths import Dropped, Paths, RunAccount, TokenFlow
from registry.domain.run import Operation
from registry.domain.tokenizer import CountingPolicy
from registry.reporting.paths import paths_text
from tests.reporting.factories import DIGEST


def make_account(output, **changes):
    values = {
        "output": output,
        "run": "01970000-11112222",
        "operation": Operation.NORMALIZE,
        "recipe": "plain 1.0.0",
        "rule": None,
        "inputs": ("a/raw@1",),
        "documents_in": 100,
        "documents_kept": 90,
        "bytes_in": 1_000,
        "bytes_kept": 900,
        "dropped": (),
        "tokens": (),
    }
    return RunAccount.model_validate(values | changes)


def make_paths(**changes):
    values = {
        "reference": "a/out@1",
        "source": "a/raw@1",
        "num_paths": 1,
        "paths": (("a/raw@1", "a/out@1"),),
        "accounts": (make_account("a/out@1"),),
        "truncated": False,
        "reason": None,
        "limit": 20,
    }
    return Paths.model_validate(values | changes)


def test_a_run_says_what_it_kept_and_dropped_by_reason():
    account = make_account(
        "a/out@1",
        rule="every\x1b[2J second",
        inputs=("a/raw@1", "a/more@1"),
        dropped=(Dropped(step="drop_empty", reason="empty", num_documents=10, num_bytes=100),),
        tokens=(
            TokenFlow(
                tokenizer_name="tiny",
                tokenizer_fingerprint=DIGEST,
                policy=CountingPolicy(),
                method="exact",
                num_tokens_in=2_000,
                num_tokens_kept=1_900,
            ),
        ),
    )
    expected = """\
1 path leads from a/raw@1 to a/out@1

  1. a/raw@1
       normalize plain 1.0.0 (run 11112222) with 1 other input, books of all together
         rule: every␛[2J second
         documents  100 in, 90 kept, 10 dropped
         text       1 kB in, 900 B kept
         tokens     2,000 in, 1,900 kept by tiny, exact
         dropped    10 documents, 100 B: empty (drop_empty)
     a/out@1"""

    assert expected == paths_text(make_paths(accounts=(account,))).plain


def test_the_books_of_a_run_on_several_paths_are_told_once():
    paths = (("a/raw@1", "a/x@1", "a/out@1"), ("a/raw@1", "a/y@1", "a/out@1"))
    accounts = tuple(make_account(name) for name in ("a/x@1", "a/out@1", "a/y@1"))
    text = paths_text(make_paths(num_paths=2, paths=paths, accounts=accounts)).plain

    assert text.startswith("2 paths lead from a/raw@1 to a/out@1\n")
    assert 3 == text.count("documents  100 in")
    assert 4 == text.count("normalize plain")


def test_a_cut_list_tells_how_many_there_are():
    text = paths_text(make_paths(num_paths=1 << 99, truncated=True, reason="too many")).plain

    assert text.startswith("633,825,300,114,114,700,748,351,602,688 paths lead from")
    assert text.endswith("cut: too many")


def test_no_path_is_an_answer():
    nothing = make_paths(num_paths=0, paths=(), accounts=())

    assert "a/out@1 was not made from a/raw@1" == paths_text(nothing).plain
