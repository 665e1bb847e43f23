"""How a version came from a source, against the books of real runs and a walk by hand."""

import pytest

from registry.domain.card import Card
from registry.domain.generation import GenerationDraft, Role
from registry.domain.model import ModelReference
from registry.errors import UnknownError
from registry.reporting.paths import paths_text
from tests.catalog.factories import WHO, make_draft, make_run
from tests.operations.factories import records, write_jsonl


def test_each_run_tells_what_it_kept_and_dropped_by_reason(muster, tmp_path):
    rows = [*records(4), {"id": "e", "text": "  "}, {"id": "f", "text": ""}]
    muster.register([str(write_jsonl(tmp_path / "a.jsonl", rows))], name="web/cc")
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=280)
    muster.tokenize("web/cc", tokenizer="tiny", count_only=True)
    muster.normalize("web/cc", recipe="text-default")
    tokens = muster.tokenize("web/cc.text-default", tokenizer="tiny")
    found = muster.why("web/cc.text-default.tiny", source="web/cc")
    normalized, tokenized = found.accounts
    raw = muster.show("web/cc").counts[0].num_tokens

    assert (("web/cc@1", "web/cc.text-default@1", "web/cc.text-default.tiny@1"),) == found.paths
    assert (1, False) == (found.num_paths, found.truncated)
    assert (6, 4) == (normalized.documents_in, normalized.documents_kept)
    assert [("drop_empty", "empty", 2)] == [
        (one.step, one.reason, one.num_documents) for one in normalized.dropped
    ]
    assert [(raw, tokens.num_tokens)] == [
        (one.num_tokens_in, one.num_tokens_kept) for one in normalized.tokens
    ]
    assert [(None, tokens.num_tokens, "tiny")] == [
        (one.num_tokens_in, one.num_tokens_kept, one.tokenizer_name) for one in tokenized.tokens
    ]


def test_a_rule_and_all_inputs_are_told(muster, tmp_path):
    for name in ("web/a", "web/b"):
        path = write_jsonl(tmp_path / f"{name[-1]}.jsonl", records(2, text=name + " {row}"))
        muster.register([str(path)], name=name)
    path = write_jsonl(tmp_path / "c.jsonl", records(3))
    card = Card(derived_from=("web/a", "web/b"), rule="both")
    muster.register([str(path)], name="mix/c", card=card)
    (account,) = muster.why("mix/c", source="web/a").accounts

    assert ("both", ("web/a@1", "web/b@1")) == (account.rule, account.inputs)


def test_a_source_behind_a_model_is_told_though_there_is_no_path(muster, context):
    build(context, [[]])
    muster.models.add("org/small@v1", trained_on=["g/d0"])
    wrote = GenerationDraft(role=Role.GENERATOR, model=ModelReference.parse("org/small@v1"))
    context.catalog.versions.seal(make_draft("made/x", generation=wrote), run=make_run(), **WHO)
    found = muster.why("made/x", source="g/d0")

    assert (0, ("g/d0@1", "model:org/small@v1", "made/x@1")) == (found.num_paths, found.through)
    assert "but is reached through models:" in paths_text(found).plain
    assert () == muster.why("g/d0", source="made/x").through


def build(context, graph):
    drafts = [
        (make_draft(f"g/d{number}", inputs=tuple(f"g/d{one}@1" for one in parents)), make_run())
        for number, parents in enumerate(graph)
    ]
    context.catalog.versions.seal_many(drafts, **WHO)


def test_all_paths_are_counted_and_few_are_listed(muster, context):
    graph = [[]]
    for _ in range(350):
        top = len(graph) - 1
        graph += [[top], [top], [top + 1, top + 2]]
    build(context, graph)
    found = muster.why(f"g/d{len(graph) - 1}", source="g/d0", limit=3)

    assert 1 << 350 == found.num_paths
    assert [701] * 3 == [len(path) for path in found.paths]
    assert 3 == len(set(found.paths))
    assert (True, "2.29e105 paths, the limit is 3") == (found.truncated, found.reason)
    assert {name for path in found.paths for name in path[1:]} == {
        account.output for account in found.accounts
    }


def test_what_was_not_made_from_a_source_has_no_path(muster, context):
    build(context, [[], [], [1]])
    found = muster.why("g/d2", source="g/d0")

    assert (0, (), ()) == (found.num_paths, found.paths, found.accounts)
    assert 0 == muster.why("g/d1", source="g/d2").num_paths


def test_a_version_is_its_own_source(muster, context):
    build(context, [[]])

    assert (1, (("g/d0@1",),)) == (
        muster.why("g/d0", source="g/d0").num_paths,
        muster.why("g/d0", source="g/d0").paths,
    )


def test_an_unknown_source_is_named(muster, context):
    build(context, [[]])
    with pytest.raises(UnknownError, match="g/none"):
        muster.why("g/d0", source="g/none")
