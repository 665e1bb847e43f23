import pytest

from registry.domain.count import CountMethod
from registry.domain.tokenizer import CountingPolicy
from registry.errors import UnknownError
from tests.catalog.factories import (
    LATER,
    WHO,
    digest,
    make_count,
    make_recipe,
    make_run,
    make_tokenizer,
    ref,
    seal,
)

CC = ref("web/cc")


@pytest.fixture
def counted(catalog):
    """A catalog with a version and two tokenizers."""
    seal(catalog)
    catalog.tokenizers.add(make_tokenizer(), **WHO)
    catalog.tokenizers.add(make_tokenizer("llama", "llama"), **WHO)
    return catalog


def test_a_recorded_count_reads_back(counted):
    run = counted.runs.open(make_run())
    count = make_count(seed=7, sample_fraction=0.25, method="sampled", num_unknown_tokens=3)
    recorded = counted.counts.record(CC, count, run=run.id, actor="ada", at=LATER)

    assert [recorded] == counted.counts.list_for(CC)
    assert count.model_dump() == recorded.model_dump(include=set(type(count).model_fields))
    assert ("web/cc@1", "gpt2", LATER, run.id) == (
        recorded.reference,
        recorded.tokenizer_name,
        recorded.counted_at,
        recorded.run,
    )


def test_counting_a_version_twice_records_one_fact(counted):
    first = counted.counts.record(CC, make_count(), run=None, **WHO)
    audited = counted.audit.list()
    second = counted.counts.record(CC, make_count(), run=None, actor="bob", at=LATER)

    assert first == second
    assert [first] == counted.counts.list_for(CC)
    assert audited == counted.audit.list()


def test_another_number_supersedes_and_keeps_the_old_one(counted):
    counted.counts.record(CC, make_count(num_tokens=1), run=None, **WHO)
    newer = counted.counts.record(CC, make_count(num_tokens=2), run=None, **WHO)
    with counted._database.reading() as connection:
        kept = connection.exec_driver_sql(
            "SELECT num_tokens, superseded_by IS NULL FROM token_count ORDER BY id"
        ).fetchall()

    assert [newer] == counted.counts.list_for(CC)
    assert [(1, False), (2, True)] == [(number, bool(current)) for number, current in kept]


@pytest.mark.parametrize(
    "other",
    [
        {"tokenizer": "llama"},
        {"policy": CountingPolicy()},
        {"scope": "train"},
        {"method": "declared"},
        {"recipe": make_recipe().fingerprint},
    ],
)
def test_counts_that_differ_in_key_stand_beside_each_other(counted, other):
    seal(counted, "web/normalized", recipe=make_recipe())
    counted.counts.record(CC, make_count(), run=None, **WHO)
    counted.counts.record(CC, make_count(**other), run=None, **WHO)

    assert 2 == len(counted.counts.list_for(CC))


def test_exact_is_found_before_sampled_before_declared(counted):
    for method in ("declared", "exact", "sampled"):
        counted.counts.record(CC, make_count(method=method), run=None, **WHO)
    find = counted.counts.find

    assert CountMethod.EXACT == find(CC, tokenizer_fingerprint=digest("gpt2")).method
    sampled = find(CC, tokenizer_fingerprint=digest("gpt2"), method=CountMethod.SAMPLED)
    assert CountMethod.SAMPLED == sampled.method
    assert find(CC, tokenizer_fingerprint=digest("llama")) is None


def test_a_count_is_found_by_its_policy(counted):
    for eos_id in (1, 2):
        policy = CountingPolicy(eos_id=eos_id)
        counted.counts.record(CC, make_count(policy=policy), run=None, **WHO)
    found = counted.counts.find(
        CC, tokenizer_fingerprint=digest("gpt2"), policy=CountingPolicy(eos_id=1)
    )

    assert 1 == found.policy.eos_id


def test_counts_of_a_scope_or_recipe_are_not_taken_for_the_whole(counted):
    counted.counts.record(CC, make_count(scope="train"), run=None, **WHO)

    assert counted.counts.find(CC, tokenizer_fingerprint=digest("gpt2")) is None


@pytest.mark.parametrize("number", [1, 40])
def test_many_versions_are_read_in_a_constant_number_of_statements(counted, statements, number):
    references = [ref(f"web/d{index}@1") for index in range(number)]
    for reference in references:
        seal(counted, str(reference.dataset))
        counted.counts.record(reference, make_count(), run=None, **WHO)
    statements.clear()
    counts = counted.counts.list_many(references)

    assert [str(one) for one in references] == list(counts)
    assert 3 == len(statements)


def test_unknown_tokenizer_recipe_version_and_run_are_refused(counted):
    record = counted.counts.record
    with pytest.raises(UnknownError, match="no tokenizer"):
        record(CC, make_count(tokenizer="none"), run=None, **WHO)
    with pytest.raises(UnknownError, match="no recipe"):
        record(CC, make_count(recipe=digest("none")), run=None, **WHO)
    with pytest.raises(UnknownError, match="no version"):
        record(ref("web/cc@9"), make_count(), run=None, **WHO)
    with pytest.raises(UnknownError, match="no run"):
        record(CC, make_count(), run="none", **WHO)

    assert [] == counted.counts.list_for(CC)
