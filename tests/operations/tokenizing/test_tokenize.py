import json

import numpy as np
import pytest

from registry.domain.digest import digest_of_bytes
from registry.domain.names import Reference
from registry.domain.tokenizer import CountingPolicy
from registry.errors import InputError, InvalidNameError, UnknownError
from registry.operations.passes.quarantine import read_quarantine
from registry.operations.tokenizing import tokenize as operation
from registry.operations.tokenizing.counting import Counting
from registry.tokenization import encoder as encoder_module
from registry.tokenization.formats.megatron_reader import MegatronReader
from tests.operations.factories import alone, records, write_jsonl

TEXTS = [
    "Some text with a literal <|endoftext|> inside.",
    "naïve café ☃ 日本語",
    "",
    "def f(x):\n    return x\n",
] * 30


@pytest.fixture
def corpus(muster, tmp_path):
    items = [{"id": f"d{row}", "text": text} for row, text in enumerate(TEXTS)]
    for part in range(2):
        write_jsonl(tmp_path / "data" / f"{part}.jsonl", items[part * 60 : part * 60 + 60])
    muster.register([str(tmp_path / "data")], name="web/cc")
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    return "web/cc"


def read_shards(context, reference):
    shards = {
        shard.path: context.store.local_path_of(shard.digest)
        for shard in context.catalog.versions.list_shards(Reference.parse(reference))
    }
    stems = sorted(path.removesuffix(".bin") for path in shards if path.endswith(".bin"))
    readers = [MegatronReader.open(shards[f"{stem}.bin"], shards[f"{stem}.idx"]) for stem in stems]
    return readers, json.loads(shards["manifest.json"].read_bytes())


def test_shards_hold_each_document_and_its_eos(muster, context, corpus):
    answer = muster.tokenize(corpus, tokenizer="tiny")
    tokenizer = muster.tokenizers.get("tiny")
    (reader,), manifest = read_shards(context, answer.reference)

    assert (answer.num_documents, answer.num_empty_documents, len(reader)) == (120, 30, 90)
    assert answer.num_tokens_with_special == int(np.sum(reader.lengths))
    assert answer.num_tokens + 90 == answer.num_tokens_with_special
    assert {tokenizer.eos_id} == {int(document[-1]) for document in reader}
    assert manifest["tokenizer"]["fingerprint"] == tokenizer.fingerprint
    assert (manifest["dtype"], manifest["num_tokens"]) == ("uint16", answer.num_tokens)


def test_a_special_tokens_text_stays_text_unless_asked(muster, context, corpus):
    plain = muster.tokenize(corpus, tokenizer="tiny", eos=False)
    parsed = muster.tokenize(
        corpus, tokenizer="tiny", eos=False, parse_special=True, name="web/parsed"
    )
    eos = muster.tokenizers.get("tiny").eos_id
    counts = [
        sum(int(np.count_nonzero(document == eos)) for document in reader)
        for answer in (plain, parsed)
        for reader in read_shards(context, answer.reference)[0]
    ]

    assert [0, 30] == counts
    assert plain.num_tokens > parsed.num_tokens


def test_tokenizing_again_is_unchanged_and_answers_the_same(muster, corpus):
    first = muster.tokenize(corpus, tokenizer="tiny")
    again = muster.tokenize(corpus, tokenizer="tiny")

    assert again.status == "unchanged"
    assert first.model_copy(update={"status": "unchanged"}) == again


def test_counting_alone_writes_no_version_and_gives_the_same_count(muster, corpus):
    counted = muster.tokenize(corpus, tokenizer="tiny", count_only=True)
    written = muster.tokenize(corpus, tokenizer="tiny")

    assert (counted.reference, counted.dtype) == ("web/cc@1", None)
    assert counted.num_empty_documents == written.num_empty_documents == 30
    assert counted.num_tokens == written.num_tokens
    assert len(muster.show(corpus).counts) == 1


def test_what_makes_no_version_is_counted_and_not_created(muster, corpus):
    statuses = [
        muster.tokenize(corpus, tokenizer="tiny", count_only=True).status,
        muster.tokenize(corpus, tokenizer="tiny", count_only=True).status,
        muster.tokenize_sample(corpus, tokenizer="tiny", fraction=0.5).status,
        muster.tokenize(corpus, tokenizer="tiny").status,
    ]

    assert ["counted", "unchanged", "counted", "created"] == statuses


def test_a_version_of_tokens_shows_how_many_it_holds(muster, corpus):
    with_eos = muster.tokenize(corpus, tokenizer="tiny")
    without = muster.tokenize(corpus, tokenizer="tiny", eos=False, name="web/bare")
    shown = [muster.show(one.reference).tokens for one in (with_eos, without)]

    assert [90, 0] == [one.num_special_tokens for one in shown]
    assert {with_eos.num_tokens} == {one.num_tokens for one in shown}
    assert muster.show(corpus).tokens is None


def test_counts_name_tokenizer_policy_and_method(muster, corpus):
    muster.tokenize(corpus, tokenizer="tiny")
    (count,) = muster.show(corpus).counts

    assert (count.tokenizer_name, count.method, count.reference) == ("tiny", "exact", "web/cc@1")
    assert count.policy.eos_id == muster.tokenizers.get("tiny").eos_id
    assert (count.num_tokens_low, count.num_tokens_high) == (count.num_tokens, count.num_tokens)


def test_a_recipe_on_the_fly_counts_what_the_normalized_version_holds(muster, corpus):
    muster.normalize(corpus, recipe="text-default")
    direct = muster.tokenize("web/cc.text-default", tokenizer="tiny", count_only=True)
    fly = muster.tokenize(corpus, tokenizer="tiny", recipe="text-default", count_only=True)

    assert (direct.num_tokens, direct.num_documents) == (fly.num_tokens, fly.num_documents)
    assert fly.recipe is not None
    assert fly.rejected == {"empty": 30}
    assert [fly.recipe.fingerprint] == [count.recipe for count in muster.show(corpus).counts]


def test_symbols_without_a_token_of_their_own_are_named(muster, corpus):
    use = muster.tokenize(corpus, tokenizer="tiny", count_only=True).vocabulary
    snowman = next(symbol for symbol in use.unanticipated if symbol.character == "☃")

    assert (snowman.code_point, snowman.name, snowman.count) == ("U+2603", "SNOWMAN", 30)
    assert snowman.tokens_each > 1
    assert snowman.example.startswith("0.jsonl#")
    assert 0 < use.fraction_used <= 1


def test_a_sample_estimates_with_an_interval_and_is_the_same_by_its_seed(muster, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(2000, text="words and {row} numbers\n" * 3))
    muster.register([str(path)], name="web/big")
    muster.tokenizers.train(["web/big"], name="tiny", vocab_size=300)
    exact = muster.tokenize("web/big", tokenizer="tiny", count_only=True)
    samples = [
        muster.tokenize_sample("web/big", tokenizer="tiny", fraction=0.1, seed=seed)
        for seed in (1, 1, 2)
    ]

    assert samples[0].num_tokens == samples[1].num_tokens
    assert samples[0].num_tokens != samples[2].num_tokens
    assert samples[0].method == "sampled"
    assert samples[0].num_tokens_low < exact.num_tokens < samples[0].num_tokens_high
    assert (samples[0].num_documents, samples[0].num_bytes) == (2000, exact.num_bytes)


def test_a_sample_of_too_few_documents_is_refused(muster, corpus):
    with pytest.raises(InputError):
        muster.tokenize_sample(corpus, tokenizer="tiny", fraction=0.0001)


def test_tokens_are_not_tokenized_again(muster, corpus):
    answer = muster.tokenize(corpus, tokenizer="tiny")
    with pytest.raises(InputError, match="holds tokens"):
        muster.tokenize(answer.reference, tokenizer="tiny")


def test_an_unknown_tokenizer_offers_the_nearest(muster, corpus):
    with pytest.raises(UnknownError) as raised:
        muster.tokenize(corpus, tokenizer="tinny")

    assert raised.value.nearest == ("tiny",)


def test_a_token_that_is_asked_for_must_be_there(muster, corpus):
    with pytest.raises(InputError, match="BOS"):
        muster.tokenize(corpus, tokenizer="tiny", bos=True)


def test_training_twice_gives_one_tokenizer(muster, corpus):
    again = muster.tokenizers.train(["web/cc"], name="other", vocab_size=300)

    assert (again.status, again.tokenizer.name) == ("unchanged", "tiny")
    assert len(muster.tokenizers.list()) == 1


def test_an_interrupted_run_resumes_to_the_same_bytes(make_context, muster, corpus, monkeypatch):
    context = alone(make_context(shard_bytes=1024))
    counting = Counting(
        tokenizer=muster.tokenizers.get("tiny"),
        policy=CountingPolicy(eos_id=muster.tokenizers.get("tiny").eos_id),
    )
    whole = operation.tokenize(context, Reference.parse(corpus), counting)
    carry_out, seen = operation.Tokenizing.carry_out, []

    def fail_at_second(work, unit, outcomes, report):
        seen.append(unit.number)
        if seen == [0, 1]:
            raise KeyboardInterrupt
        return carry_out(work, unit, outcomes, report)

    monkeypatch.setattr(operation.Tokenizing, "carry_out", fail_at_second)
    name = Reference.parse("web/second").dataset
    with pytest.raises(KeyboardInterrupt):
        operation.tokenize(context, Reference.parse(corpus), counting, name=name)
    resumed = operation.tokenize(context, Reference.parse(corpus), counting, name=name)
    first, second = (
        {
            shard.path: shard.digest
            for shard in context.catalog.versions.list_shards(Reference.parse(reference))
        }
        for reference in (whole.reference, resumed.reference)
    )

    assert [0, 1, 1] == seen
    assert first == second
    assert whole.vocabulary == resumed.vocabulary
    assert whole.num_tokens == resumed.num_tokens


def test_exported_files_have_the_sealed_digests(muster, corpus, tmp_path):
    answer = muster.export(muster.tokenize(corpus, tokenizer="tiny").reference, tmp_path / "out")

    assert ["manifest.json", "tokens-00000.bin", "tokens-00000.idx"] == sorted(
        path.name for path in (tmp_path / "out").iterdir()
    )
    for file in answer.files:
        assert file.digest == digest_of_bytes((tmp_path / "out" / file.path).read_bytes())


def test_counting_alone_knows_the_empty_documents(muster, corpus):
    assert 30 == muster.tokenize(corpus, tokenizer="tiny", count_only=True).num_empty_documents


def test_a_sample_adds_no_eos_to_documents_without_tokens(muster, corpus):
    exact = muster.tokenize(corpus, tokenizer="tiny", count_only=True)
    sampled = muster.tokenize_sample(corpus, tokenizer="tiny", fraction=1.0)

    assert (30, exact.num_tokens) == (sampled.num_empty_documents, sampled.num_tokens)
    assert exact.num_tokens_with_special == sampled.num_tokens_with_special


def test_a_sample_scales_the_documents_without_tokens(muster, corpus):
    sampled = muster.tokenize_sample(corpus, tokenizer="tiny", fraction=0.5)

    assert sampled.num_tokens + 120 - sampled.num_empty_documents == (
        sampled.num_tokens_with_special
    )
    assert 10 < sampled.num_empty_documents < 50


@pytest.fixture
def with_a_long_document(muster, corpus, tmp_path, monkeypatch):
    texts = ["short and fine", "x" * 2001, "another"]
    items = [{"id": f"d{row}", "text": text} for row, text in enumerate(texts)]
    path = write_jsonl(tmp_path / "long.jsonl", items)
    muster.register([str(path)], name="web/long")
    monkeypatch.setattr(encoder_module, "MAX_UNBROKEN_CHARACTERS", 2000)
    return "web/long"


@pytest.mark.parametrize("count_only", [False, True])
@pytest.mark.parametrize("recipe", [None, "text-default"])
def test_a_document_no_engine_can_encode_is_one_rejected_row(
    muster, context, with_a_long_document, count_only, recipe
):
    answer = muster.tokenize(
        with_a_long_document, tokenizer="tiny", count_only=count_only, recipe=recipe
    )
    found = muster.runs.get(answer.run)
    last = found.ledger.entries[-1]
    rows = [
        row
        for batch in read_quarantine(context.store, found.run.quarantine)
        for row in batch.to_pylist()
    ]

    assert ({"document-too-long": 1}, 2) == (answer.rejected, answer.num_documents)
    assert ("tokenize", 3, 2) == (last.step, last.documents_in, last.documents_kept)
    assert [("long.jsonl", 2, "tokenize", "document-too-long", b"x" * 2001)] == [
        (row["file"], row["row"], row["step"], row["reason"], row["raw"]) for row in rows
    ]


def test_a_sample_counts_no_document_that_no_engine_can_encode(muster, with_a_long_document):
    answer = muster.tokenize_sample(with_a_long_document, tokenizer="tiny", fraction=1.0)

    assert ({"document-too-long": 1}, 2) == (answer.rejected, answer.num_documents)
    assert len("short and fineanother") == answer.num_bytes


def test_a_run_may_name_the_tokens_around_documents(muster, context, corpus):
    named = muster.tokenize(corpus, tokenizer="tiny", eos_token="a", bos_token="b")
    plain = muster.tokenize(corpus, tokenizer="tiny", name="web/plain")
    (reader,), manifest = read_shards(context, named.reference)

    assert [65, 66] == [named.policy.eos_id, named.policy.bos_id]
    assert {66} == {int(document[0]) for document in reader}
    assert {65} == {int(document[-1]) for document in reader}
    assert manifest["policy"] == named.policy.model_dump(mode="json")
    assert (named.num_tokens, 90 * 2) == (
        plain.num_tokens,
        named.num_tokens_with_special - plain.num_tokens,
    )
    assert manifest["tokenizer"]["eos_id"] == plain.policy.eos_id


def test_a_sample_may_name_the_tokens_around_documents(muster, corpus):
    answer = muster.tokenize_sample(corpus, tokenizer="tiny", fraction=0.5, bos_token="b")

    assert (0, 66) == (answer.policy.eos_id, answer.policy.bos_id)


def test_a_named_token_must_be_in_the_vocabulary(muster, corpus):
    with pytest.raises(UnknownError) as raised:
        muster.tokenize(corpus, tokenizer="tiny", eos_token="<|endoftxt|>")

    assert ("<|endoftext|>",) == raised.value.nearest


def test_a_token_is_not_named_and_refused_at_once(muster, corpus):
    with pytest.raises(InputError, match="exclude each other"):
        muster.tokenize(corpus, tokenizer="tiny", eos=False, eos_token="a")


def test_the_hint_for_a_token_that_is_not_named_is_one_that_helps(muster, corpus):
    with pytest.raises(InputError) as raised:
        muster.tokenize(corpus, tokenizer="tiny", bos=True)

    assert "name one of its vocabulary: --bos-token TOKEN" == raised.value.hint
    assert 66 == muster.tokenize(corpus, tokenizer="tiny", bos=True, bos_token="b").policy.bos_id


def test_training_keeps_the_books_and_the_rows_it_left_out(muster, context, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_bytes(
        b'{"text": "fine"}\n{"text": "lone \\ud800"}\n{"text": "fine too"}\nnot json\n'
    )
    muster.register([str(path)], name="web/odd")
    trained = muster.tokenizers.train(["web/odd"], name="odd", vocab_size=260)
    found = muster.runs.get(trained.run)
    rows = [
        row["row"]
        for batch in read_quarantine(context.store, found.run.quarantine)
        for row in batch.to_pylist()
    ]

    assert (4, 2) == (found.ledger.documents_in, found.ledger.documents_kept)
    assert [2, 4] == sorted(rows)


@pytest.mark.parametrize("name", ["日本", "", "-a", "a b", "é"])
def test_a_tokenizer_whose_shards_could_not_be_named_is_refused_before_the_work(
    muster, corpus, name
):
    with pytest.raises(InvalidNameError, match="tokenizer name"):
        muster.tokenizers.train([corpus], name=name, vocab_size=300)


@pytest.mark.parametrize("name", ["日本-32k", "Web_32.k", "1"])
def test_a_tokenizers_name_names_its_shards(muster, corpus, name):
    muster.tokenizers.train([corpus], name=name, vocab_size=299)

    assert muster.tokenize(corpus, tokenizer=name).reference.startswith("web/cc.")


def test_an_option_that_there_is_not_is_refused(muster, corpus):
    with pytest.raises(TypeError, match="unexpected eos_tokn"):
        muster.tokenize(corpus, tokenizer="tiny", eos_tokn="a")
