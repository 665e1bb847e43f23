import pytest

from registry.domain.card import Card
from registry.domain.cost import CostDraft
from registry.domain.declared_changes import ChangeKind
from registry.domain.model_target import Target
from registry.domain.money import Money
from registry.domain.terms import Answer, Term
from registry.domain.version import Lifecycle
from registry.errors import ConflictError, InputError
from tests.operations.factories import records, write_jsonl


@pytest.fixture
def pages(muster, tmp_path):
    """Two versions of one dataset, and one of another."""
    for number in (1, 2):
        file = write_jsonl(tmp_path / f"{number}.jsonl", records(3, first=number))
        muster.register([str(file)], name="web/pages")
    file = write_jsonl(tmp_path / "stories.jsonl", records(4, text="Story {row}."))
    muster.register([str(file)], name="syn/stories")


@pytest.fixture
def stated(muster, pages):
    """Everything that can be stated, stated."""
    card = Card(
        kind="code",
        description="Pages: \u201cof\u201d the web\n",
        owner="web-team",
        language=["en", "no"],
        url="https://example.org/pages",
        publisher="Example",
        retrieved_at="2025-11-01",
        tags=["prod"],
        license="CC-BY-4.0",
    )
    muster.datasets.describe("web/pages@1", card, lifecycle=Lifecycle.DEPRECATED)
    muster.licences.add("web/pages@1", "CC-BY-NC-4.0", by="auditor", confidence="high")
    muster.licences.add("web/pages@1", "MIT", by="crowd", confidence="low")
    muster.models.add(
        "org/small@v1", output_terms={Term.TRAIN: Answer.NO}, trained_on=["web/pages@1"]
    )
    muster.generations.add(
        "syn/stories",
        role="generator",
        model="org/small@v1",
        sampling={"temperature": 0.5},
        grounded_in=["web/pages@2"],
    )
    muster.targets.set(Target(name="flagship", parameters="7B", hardware={"device": "h100"}))
    paid = CostDraft(kind="human", amount=Money.parse("12.50", "EUR"), note="first")
    for subject in ({"version": "web/pages@1"}, {"source": "https://example.org/pages"}):
        muster.costs.add(paid, **subject)
    wrong = muster.costs.add(paid, version="syn/stories")
    muster.costs.reverse(wrong.id, note="wrong")


def apply(muster, tmp_path, text, **options):
    path = tmp_path / "registry.yaml"
    path.write_text("muster: 1\n" + text, encoding="utf-8")
    return muster.exchange.apply(path, **options)


def say(answer):
    return [f"{one.action} {one.noun} {one.name}" for one in answer.changes]


def test_what_was_exported_changes_nothing_where_it_came_from(muster, stated, context, tmp_path):
    text = muster.exchange.write_all(tmp_path / "all.yaml").text
    before = len(context.catalog.audit.list(1_000))
    answer = muster.exchange.apply(tmp_path / "all.yaml")

    assert {ChangeKind.UNCHANGED} == {one.action for one in answer.changes}
    assert 14 == len(answer.changes)
    assert before == len(context.catalog.audit.list(1_000))
    assert text == muster.exchange.write_all().text


def test_the_same_versions_elsewhere_come_to_state_the_same(
    muster, stated, tmp_path, make_other_muster
):
    muster.exchange.write_all(tmp_path / "all.yaml")
    other = make_other_muster()
    first = other.exchange.apply(tmp_path / "all.yaml")
    for name, files in {"web/pages": ("1", "2"), "syn/stories": ("stories",)}.items():
        for file in files:
            other.register([str(tmp_path / f"{file}.jsonl")], name=name)
    other.exchange.apply(tmp_path / "all.yaml")

    assert ["create dataset syn/stories", "create dataset web/pages"] == say(first)[:2]
    assert 11 == first.count(ChangeKind.WAIT)
    assert muster.exchange.write_all().text == other.exchange.write_all().text


def test_what_was_taken_back_is_not_stated_again_without_a_word(muster, stated, tmp_path):
    muster.exchange.write_all(tmp_path / "all.yaml")
    muster.generations.retract("syn/stories", reason="it was v2", model="org/small@v1")
    planned = muster.exchange.apply(tmp_path / "all.yaml", dry_run=True)
    done = muster.exchange.apply(tmp_path / "all.yaml")
    again = muster.exchange.apply(tmp_path / "all.yaml")
    (told,) = [one.taken_back for one in planned.changes if one.action is ChangeKind.CREATE]

    assert ("generator org/small@v1", "it was v2") == (told.what, told.reason)
    assert planned.changes == done.changes
    assert not any(one.taken_back for one in again.changes)


def test_a_dry_run_says_what_apply_does_and_writes_nothing(muster, pages, context, tmp_path):
    text = """
datasets:
  web/pages:
    owner: data-team
    tags: {prod: 1, next: 9}
    versions:
      1:
        licenses: [{license: CC-BY-4.0, by: publisher}]
  web/new: {kind: code}
costs:
- {version: web/pages@1, kind: human, amount: 1, currency: EUR}
- {version: web/pages@1, kind: human, amount: 1.00, currency: eur}
"""
    before = len(context.catalog.audit.list(1_000))
    planned = apply(muster, tmp_path, text, dry_run=True)
    unwritten = len(context.catalog.audit.list(1_000))
    done = apply(muster, tmp_path, text)
    again = apply(muster, tmp_path, text)

    expected = [
        "change dataset web/pages",
        "create dataset web/new",
        "create licence web/pages@1",
        "create tag web/pages@prod",
        "wait tag web/pages@next",
        "create cost web/pages@1",
        "create cost web/pages@1",
    ]
    assert expected == say(planned) == say(done)
    assert before == unwritten
    # One entry for each change.
    assert before + 6 == len(context.catalog.audit.list(1_000))
    assert 6 == again.count(ChangeKind.UNCHANGED)
    (owner,) = planned.changes[0].fields
    assert ("owner", None, "data-team") == (owner.name, owner.before, owner.after)
    assert planned.changes[3].where.endswith("registry.yaml:6")
    assert "web/pages@9" == planned.changes[4].reason
    assert ["web/new"] == [one.reference for one in muster.datasets.list() if not one.num_versions]


def test_a_changed_licence_is_appended(muster, stated, tmp_path):
    text = """
datasets:
  web/pages:
    versions:
      1: {licenses: [{license: CC0-1.0, by: auditor, confidence: high}]}
"""
    answer = apply(muster, tmp_path, text)
    (change,) = answer.changes[1].fields

    assert ("license", "CC-BY-NC-4.0", "CC0-1.0") == (change.name, change.before, change.after)
    said = [one.expression for one in muster.licences.list("web/pages@1").assertions]
    assert ["CC0-1.0", "MIT", "CC-BY-NC-4.0", "CC-BY-4.0"] == said[:4]
    assert "CC0-1.0" == muster.show("web/pages@1").version.licence


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("models:\n  org/small@v1: {output_license: MIT}\n", ConflictError, "yaml:3: org/small@v1"),
        (
            "datasets:\n  a/b: {owner: x}\nmodels:\n  org/m@1: {trained_on: [web/page@1]}\n",
            InputError,
            "yaml:5: no dataset 'web/page'",
        ),
        (
            "datasets:\n  a/b: {owner: x}\n  web/pages:\n    versions:\n      1:\n"
            "        generations:\n        - {role: generator, model: org/late@1}\n"
            "models:\n  org/late@1: {trained_on: [web/pages@2]}\n",
            InputError,
            "yaml:8: web/pages@1 was registered before web/pages@2",
        ),
        (
            "targets:\n  t:\n    parameters: 1B\n    hardware: {device: h1}\n",
            InputError,
            "yaml:5: ",
        ),
    ],
)
def test_nothing_is_written_of_a_file_with_one_wrong_entry(
    muster, stated, context, tmp_path, text, error, message
):
    before = muster.exchange.write_all().text, len(context.catalog.audit.list(1_000))

    with pytest.raises(error, match="registry." + message):
        apply(muster, tmp_path, text)

    assert before == (muster.exchange.write_all().text, len(context.catalog.audit.list(1_000)))


def test_a_declared_dataset_is_registered_into(muster, tmp_path):
    apply(muster, tmp_path, "datasets:\n  web/new: {kind: code, owner: team}\n")
    file = write_jsonl(tmp_path / "a.jsonl", records(2))
    muster.register([str(file)], name="web/new")
    found = muster.show("web/new@1").dataset

    assert ("code", "team", 1) == (found.kind, found.owner, found.head)


def test_the_number_of_statements_does_not_grow_with_the_file(muster, context, tmp_path, sent):
    text = "datasets:\n" + "".join(f"  web/d{n}: {{owner: o{n}}}\n" for n in range(400))
    apply(muster, tmp_path, text)

    assert len(sent) < 25


def test_a_retrieval_that_lies_ahead_is_refused_with_its_line(muster, stated, tmp_path):
    text = muster.exchange.write_all(None).text
    (tmp_path / "a.yaml").write_text(text.replace("2025-11-01", "2126-11-01"))
    card = Card(retrieved_at="2126-11-01")

    with pytest.raises(InputError, match=r"a.yaml:[0-9]+: 2126-11-01 00:00 UTC lies ahead"):
        muster.exchange.apply(tmp_path / "a.yaml")
    with pytest.raises(InputError, match="lies ahead"):
        muster.datasets.describe("web/pages@1", card)
    with pytest.raises(InputError, match="lies ahead"):
        muster.register([str(tmp_path / "1.jsonl")], name="web/other", card=card)
