"""Models and who wrote what: stated once, without loops, followed upstream in few statements."""

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from registry.domain.genealogy import Depth, describe, find_model, trace
from registry.domain.generation import Role
from registry.domain.model import ModelReference
from registry.domain.shares import Bounds
from registry.errors import ConflictError, InputError, UnknownError
from registry.licensing.effective import effective_licence
from tests.catalog.factories import (
    LATER,
    WHO,
    digest,
    make_count,
    make_draft,
    make_entry,
    make_generation,
    make_model,
    make_run,
    make_shard,
    make_tokenizer,
    ref,
    seal,
)


def seal_documents(catalog, dataset, number, **fields):
    shard = make_shard(dataset, num_documents=number)
    return seal(catalog, dataset, shards=(shard,), **fields).version.reference


def describe_one(catalog, reference, *, tokenizer=None):
    fingerprint = tokenizer and digest(tokenizer)
    graph = catalog.generations.upstream([ref(reference)], tokenizer_fingerprint=fingerprint)
    (start,) = graph.starts
    return describe(graph, start, tokenizer=tokenizer)


@pytest.fixture
def mixed(catalog):
    """Eight documents of people, two of a model that was trained on them, and both together."""
    seal_documents(catalog, "web/real", 8, generation=make_generation(None))
    catalog.models.add(make_model(trained_on=("web/real@1",)), **WHO)
    seal_documents(catalog, "made/some", 2, generation=make_generation())
    parts = (("web/real@1", 8), ("made/some@1", 2))
    seal_documents(catalog, "mix/all", 10, inputs=("web/real@1", "made/some@1"), taken=parts)
    return catalog


def test_what_was_taken_back_is_followed_nowhere_and_can_be_stated_again(mixed):
    made = ref("made/some@1")
    left = mixed.generations.retract(made, role=None, model=None, reason="a slip", **WHO)
    graph = mixed.generations.upstream([ref("made/some")])

    assert ("retracted", ()) == (left.status, left.generations)
    assert Bounds(total=2, low=0, high=2) == describe_one(mixed, "made/some@1").documents
    assert {"made/some@1"} == {node.reference for node in graph.nodes.values()}
    assert 0 == mixed.models.list()[0].num_generated
    assert () == mixed.models.get(ModelReference.parse("org/small@v1")).generated
    said = mixed.audit.list(1)[0]
    assert ("generation.retract", "a slip") == (said.action, said.detail["reason"])
    with pytest.raises(UnknownError, match="no statement of who wrote"):
        mixed.generations.retract(made, role=None, model=None, reason="again", **WHO)
    again = mixed.generations.add(made, make_generation(), **WHO)
    assert ("created", 1) == (again.status, len(again.generations))


def test_only_the_statement_that_is_named_is_taken_back(mixed):
    made, people = ref("made/some@1"), make_generation(None)
    mixed.generations.add(made, people, **WHO)
    with pytest.raises(InputError, match="the reason is empty"):
        mixed.generations.retract(made, role=people.role, model=None, reason=" ", **WHO)
    with pytest.raises(UnknownError, match="judge"):
        mixed.generations.retract(made, role=Role.JUDGE, model=None, reason="x", **WHO)

    left = mixed.generations.retract(made, role=people.role, model=None, reason="x", **WHO)
    assert ["generator org/small@v1"] == [one.label for one in left.generations]


def test_of_several_statements_none_is_taken_back_unless_it_is_named(mixed):
    made, model = ref("made/some@1"), make_generation().model
    mixed.generations.add(made, make_generation(role="judge"), **WHO)
    mixed.generations.add(made, make_generation(prompt_digest=digest("prompt")), **WHO)
    with pytest.raises(InputError, match=r"3 statements .* fit: generator org/small@v1, judge"):
        mixed.generations.retract(made, role=None, model=model, reason="x", **WHO)

    found = mixed.generations.retract(made, role=Role.GENERATOR, model=model, reason="x", **WHO)
    assert [None, digest("prompt")] == [one.prompt_digest for one in found.retracted]
    assert ["judge org/small@v1"] == [one.label for one in found.generations]
    assert ("text", False) == (found.kind, found.is_kind_left)


def test_a_mixture_is_as_synthetic_as_its_parts(mixed):
    found = describe_one(mixed, "mix/all")

    assert Bounds(total=10, low=2, high=2) == found.documents
    assert Depth(low=1, high=1) == found.depth
    assert [("org/small@v1", "made/some@1", 1)] == [
        (use.model, use.reference, use.distance) for use in found.models
    ]
    assert () == found.unstated


def test_what_normalizing_drops_widens_the_bounds(mixed):
    run = make_run("normalized", operation="normalize")
    entry = make_entry(documents_in=10, documents_kept=7, documents_changed=3, rejected=())
    entry = entry.model_copy(update={"bytes_in": 70, "documents_in": 7})
    draft = make_draft(
        "mix/clean", shards=(make_shard("clean", num_documents=7),), inputs=("mix/all@1",)
    ).model_copy(update={"derivation": digest("clean"), "ledger": (entry,)})
    mixed.versions.seal(draft, run=run, **WHO)

    assert Bounds(total=7, low=0, high=2) == describe_one(mixed, "mix/clean").documents


def test_tokens_of_whole_parts_add_up(mixed):
    mixed.tokenizers.add(make_tokenizer(), **WHO)
    for name, number in (("web/real", 900), ("made/some", 100), ("mix/all", 1_000)):
        mixed.counts.record(ref(name), make_count(num_tokens=number), run=None, **WHO)

    assert (
        Bounds(total=1_000, low=100, high=100)
        == describe_one(mixed, "mix/all", tokenizer="gpt2").tokens
    )


def test_tokens_that_were_not_counted_upstream_are_unknown(mixed):
    mixed.tokenizers.add(make_tokenizer(), **WHO)
    mixed.counts.record(ref("mix/all"), make_count(num_tokens=1_000), run=None, **WHO)
    found = describe_one(mixed, "mix/all", tokenizer="gpt2")

    # Of what people wrote nothing is synthetic, of what the model wrote everything is.
    assert Bounds.unknown(1_000) == found.tokens


def test_a_sampled_count_gives_no_exact_share(mixed):
    mixed.tokenizers.add(make_tokenizer(), **WHO)
    sampled = make_count(num_tokens=1_000, method="sampled", sample_fraction=0.1, seed=1)
    mixed.counts.record(ref("mix/all"), sampled, run=None, **WHO)

    assert describe_one(mixed, "mix/all", tokenizer="gpt2").tokens is None


def test_what_nobody_states_is_anything(catalog):
    seal_documents(catalog, "web/cc", 10)
    found = describe_one(catalog, "web/cc")

    assert (Bounds.unknown(10), ("web/cc@1",)) == (found.documents, found.unstated)
    assert Depth(low=0, high=None) == found.depth


def test_the_kind_of_a_dataset_does_not_say_who_wrote_its_versions(catalog):
    seal_documents(catalog, "made/some", 10, kind="synthetic")
    found = describe_one(catalog, "made/some")

    assert (Bounds.unknown(10), ("made/some@1",)) == (found.documents, found.unstated)
    assert Depth(low=0, high=None) == found.depth


def test_what_was_made_outside_is_unknown_until_somebody_says_who_made_it(mixed):
    made = {"inputs": ("web/real@1", "made/some@1"), "generation": make_generation()}
    seal_documents(mixed, "out/side", 4, kind="synthetic", **made)
    mixed.generations.retract(
        ref("out/side"), role=None, model=make_generation().model, reason="not that one", **WHO
    )
    unknown = describe_one(mixed, "out/side")
    mixed.generations.add(ref("out/side"), make_generation(None), **WHO)
    by_people = describe_one(mixed, "out/side")

    assert (Bounds.unknown(4), Depth(low=1, high=None)) == (unknown.documents, unknown.depth)
    assert ("out/side@1",) == unknown.unstated
    # Then it follows from what people made it from.
    assert (Bounds(total=4, low=0, high=4), ()) == (by_people.documents, by_people.unstated)
    assert Depth(low=1, high=1) == by_people.depth


def test_a_model_trained_on_what_a_model_wrote_is_two_deep(mixed):
    mixed.models.add(make_model("org/next@v1", trained_on=("mix/all@1",)), **WHO)
    seal_documents(mixed, "made/next", 5, generation=make_generation("org/next@v1"))
    found = describe_one(mixed, "made/next")

    assert Depth(low=2, high=2) == found.depth
    assert ["org/next@v1", "org/small@v1"] == [use.model for use in found.models]


def test_a_rewrite_is_one_deeper_than_what_it_was_given(mixed):
    mixed.models.add(make_model("org/writer@v1", trained_on=("web/real@1",)), **WHO)
    seal_documents(mixed, "made/anew", 2)
    given = make_generation("org/writer@v1", role="rewriter", grounded_in=("made/some@1",))
    mixed.generations.add(ref("made/anew"), given, **WHO)

    assert Depth(low=2, high=2) == describe_one(mixed, "made/anew").depth


def test_a_judge_writes_nothing(mixed):
    mixed.models.add(make_model("org/judge@v1"), **WHO)
    seal_documents(mixed, "web/chosen", 4, inputs=("web/real@1",))
    mixed.generations.add(ref("web/chosen"), make_generation("org/judge@v1", role="judge"), **WHO)
    graph = mixed.generations.upstream([ref("web/chosen")])

    assert Bounds.none(4) == describe_one(mixed, "web/chosen").documents
    assert find_model(graph, "web/chosen@1", "org/judge").is_free


def test_a_model_is_found_through_another_model(mixed):
    mixed.models.add(make_model("org/next@v1", trained_on=("mix/all@1",)), **WHO)
    seal_documents(mixed, "made/next", 5, generation=make_generation("org/next@v1"))
    graph = mixed.generations.upstream([ref("made/next")])

    assert (
        "made/next@1",
        "model:org/next@v1",
        "mix/all@1",
        "made/some@1",
        "model:org/small@v1",
    ) == find_model(graph, "made/next@1", "org/small").path
    assert find_model(graph, "made/next@1", "org/small@v2").is_free


def test_output_terms_and_training_data_reach_the_licence(mixed):
    mixed.models.add(
        make_model("org/bound@v1", trained_on=("web/real@1",), output_licence="CC-BY-SA-4.0"), **WHO
    )
    seal_documents(mixed, "made/bound", 2, generation=make_generation("org/bound@v1"))
    graph = mixed.licences.upstream([ref("made/bound")])
    found = effective_licence(graph, "made/bound@1")
    proofs = {proof.term: proof.path for proof in found.restrictions}

    assert "CC-BY-SA-4.0 AND unknown" == found.expression
    assert ("made/bound@1", "model:org/bound@v1") == proofs["share_alike"]
    assert 1 == found.num_ancestors


def test_the_same_model_again_changes_nothing(mixed):
    again = mixed.models.add(make_model(trained_on=("web/real@1",)), actor="bob", at=LATER)

    assert ("unchanged", "ada") == (again.status, again.model.actor)
    with pytest.raises(ConflictError, match="output licence"):
        mixed.models.add(make_model(trained_on=("web/real@1",), output_licence="MIT"), **WHO)


def test_the_same_statement_again_changes_nothing(mixed):
    again = mixed.generations.add(ref("made/some"), make_generation(), actor="bob", at=LATER)
    other = make_generation(sampling={"temperature": 0.5})

    assert ("unchanged", 1) == (again.status, len(again.generations))
    assert 2 == len(mixed.generations.add(ref("made/some"), other, **WHO).generations)


def test_a_version_is_not_made_by_a_model_that_was_trained_on_it_or_later(mixed):
    for older in ("web/real", "mix/all"):
        mixed.models.add(make_model(f"org/{older[:3]}@v1", trained_on=("mix/all@1",)), **WHO)
        with pytest.raises(InputError, match="was registered before mix/all@1"):
            mixed.generations.add(ref("web/real"), make_generation(f"org/{older[:3]}@v1"), **WHO)


def test_the_database_refuses_a_loop_too(mixed):
    statement = (
        "INSERT INTO generation (id, version_id, model_id, trained_until, role, sampling, actor, "
        "stated_at) SELECT 99, 1, id, trained_until, 'generator', '{}', 'x', added_at FROM model"
    )
    with pytest.raises(IntegrityError), mixed._database._engine.begin() as connection:
        connection.execute(text(statement))


def test_who_wrote_a_derived_version_follows_from_its_parents(mixed):
    with pytest.raises(InputError, match="made from other versions"):
        mixed.generations.add(ref("mix/all"), make_generation(None), **WHO)


def test_a_misspelt_model_is_not_taken_for_none(mixed):
    with pytest.raises(UnknownError, match="org/smal"):
        mixed.models.check_name("org/smal")
    with pytest.raises(UnknownError):
        mixed.models.get(ModelReference.parse("org/small@v9"))
    mixed.models.check_name("org/small")
    mixed.models.check_name("org/small@v1")


def test_a_model_shows_what_it_wrote(mixed):
    found = mixed.models.get(ModelReference.parse("org/small@v1"))

    assert (("made/some@1",), ("web/real@1",), 1) == (
        found.generated,
        found.model.trained_on,
        found.model.num_generated,
    )
    assert [found.model] == mixed.models.list()


def chain(catalog, number):
    """Seal versions by turns derived and generated, each model trained on the version before."""
    drafts = [(make_draft("g/d0", "0", generation=make_generation(None)), make_run("0"))]
    drafts += [
        (
            make_draft("g/d0", str(one), inputs=(f"g/d0@{one}",), shards=(make_shard(str(one)),)),
            make_run(str(one)),
        )
        for one in range(1, number)
    ]
    catalog.versions.seal_many(drafts, **WHO)
    catalog.models.add(make_model(trained_on=(f"g/d0@{number}",)), **WHO)
    seal_documents(catalog, "made/last", 10, generation=make_generation())


@pytest.mark.parametrize("size", [2, 60])
def test_the_number_of_statements_does_not_grow_with_the_graph(catalog, statements, size):
    chain(catalog, size)
    statements.clear()
    graph = catalog.generations.upstream([ref("made/last")])

    assert (5, size + 1) == (len(statements), len(graph.nodes))


@pytest.mark.slow
def test_ten_thousand_ancestors_take_a_second(catalog):
    chain(catalog, 10_000)
    start = time.perf_counter()
    graph = catalog.generations.upstream([ref("made/last")])
    found = trace(graph)[graph.starts["made/last@1"]]
    elapsed_seconds = time.perf_counter() - start
    assert (10_001, Depth(low=1, high=None)) == (len(graph.nodes), found.depth)
    assert elapsed_seconds < 3
