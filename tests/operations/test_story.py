"""One story from a hidden licence to a takedown; every number in it was computed by hand.

    raw/forum (CC-BY-NC)   raw/wiki (CC-BY)     5 and 3 documents that people wrote
        |                      |
    raw/forum.text-default     |                the same 5, normalized
        |______________________|
        pool/text                               8 = 5 + 3, put together outside of muster
        |        |
        |        org/small@v1                   a model trained on them
        |        |
        |        syn/stories                    2 documents that it wrote
        |________|
        mix/corpus                              10 = 8 + 2
        |
    mix/corpus.text-default                     the same 10, normalized
        |
    mix/corpus.text-default.bytes               their token shards

Each document has 20 bytes, and the tokenizer makes a token of each byte: 10 documents are 200
tokens. Rule 20 asks 20 tokens a parameter: 200 are enough for a model of 10 parameters. One of the
documents goes: the 180 tokens that are left are enough if they are repeated.
"""

import pytest

from registry.domain.card import Card
from tests.operations.factories import write_jsonl

FORUM = [f"Forum post number {n}." for n in range(1, 6)]
WIKI = [f"Wiki page, about {n}.." for n in range(1, 4)]
STORIES = [f"Model story, line {n}." for n in range(1, 3)]
GONE = "https://forum.example/3"
CORPUS, TOKENS = "mix/corpus.text-default", "mix/corpus.text-default.bytes"


def documents(texts, site=None):
    """Return documents of 20 bytes, with the URL of each where there is a site."""
    assert {20} == {len(text) for text in texts}
    numbered = enumerate(texts, 1)
    return [{"text": t} | ({"url": f"{site}/{n}"} if site else {}) for n, t in numbered]


@pytest.fixture
def told(muster, tmp_path):
    """The story up to the corpus that a model is about to be trained on."""

    def register(name, items, **stated):
        file = write_jsonl(tmp_path / "in" / f"{name.replace('/', '-')}.jsonl", items)
        muster.register([str(file)], name=name, card=Card(**stated))

    forum = documents(FORUM, "https://forum.example")
    register("raw/forum", forum, license="CC-BY-NC-4.0", generated_by="people")
    register("raw/wiki", documents(WIKI), license="CC-BY-4.0", generated_by="people")
    muster.normalize("raw/forum", recipe="text-default")
    pool = documents(FORUM + WIKI)
    register("pool/text", pool, take=("raw/forum.text-default=5", "raw/wiki=3"))
    muster.models.add("org/small@v1", output_licence="MIT", trained_on=["pool/text"])
    register("syn/stories", documents(STORIES), generated_by="org/small@v1")
    register("mix/corpus", pool + documents(STORIES), take=("pool/text=8", "syn/stories=2"))
    muster.normalize("mix/corpus", recipe="text-default")
    # 256 bytes and the end of a document: nothing is left to merge.
    muster.tokenizers.train(["mix/corpus"], name="bytes", vocab_size=257)
    muster.tokenize(CORPUS, tokenizer="bytes")
    for name in ("pool/text", "syn/stories", "mix/corpus"):
        muster.tokenize(name, tokenizer="bytes", count_only=True)
    return muster


def ask(muster, policy):
    """Report on the corpus: verdict, tokens, and what each gate says."""
    report = muster.report([CORPUS], num_parameters=[10], law="rule-20", policy=policy)
    gates = {gate.name: gate.status.value for gate in report.gates}
    (target,) = report.targets
    return report, (target.verdict.value, report.unique_tokens, gates["licence"])


def share(muster):
    """Return depth and share: documents and tokens that the model wrote, of how many."""
    found = muster.generations.show(CORPUS)
    bounds = [(one.low, one.high, one.total) for one in (found.documents, found.tokens)]
    return (found.depth.low, found.depth.high), *bounds


def forbids_sale(muster, name):
    """Return the path to what forbids commercial use."""
    found = muster.licences.effective(name).restrictions
    (proof,) = [one for one in found if one.term.value == "commercial"]
    assert ("no", "CC-BY-NC-4.0") == (proof.answer.value, proof.licence)
    return " <- ".join(proof.path)


def test_before_the_takedown_the_hidden_licence_blocks_and_a_fifth_is_synthetic(told):
    way = "pool/text@1 <- raw/forum.text-default@1 <- raw/forum@1"
    report, sold = ask(told, "commercial")
    _, studied = ask(told, "research")

    # Three generations above the mixture, and once more behind the model.
    assert f"mix/corpus@1 <- {way}" == forbids_sale(told, "mix/corpus")
    assert f"syn/stories@1 <- model:org/small@v1 <- {way}" == forbids_sale(told, "syn/stories")
    assert ((1, 1), (2, 2, 10), (40, 40, 200)) == share(told)
    assert ("BLOCKED", 200, "block") == sold
    assert ("SUFFICIENT", 200, "pass") == studied
    assert (40, 40, 200) == (
        report.synthetic.tokens.low,
        report.synthetic.tokens.high,
        report.synthetic.tokens.total,
    )


def test_a_takedown_of_one_url_reaches_models_and_reports_and_moves_the_verdict(told):
    before, _ = ask(told, "research")
    opened = told.takedowns.open("url-pattern", GONE, reason="request of 2026-11-20")
    done = told.takedowns.apply(opened.id)
    after, studied = ask(told, "research")
    _, sold = ask(told, "commercial")

    assert [
        ("documents", "raw/forum@1", 1),
        ("documents", "raw/forum.text-default@1", 1),
        ("mixture", "pool/text@1", 1),
        ("model", "org/small@v1", 1),
        ("tainted", "syn/stories@1", 0),
        ("mixture", "mix/corpus@1", 1),
        ("tokenizer", "bytes", 1),
        ("documents", f"{CORPUS}@1", 1),
        ("derived", f"{TOKENS}@1", 1),
        ("report", before.id, 1),
    ] == [(one.kind, one.reference, one.num_documents) for one in opened.items]
    # 5, 8 and 10 documents less the one; what the model wrote is what it was.
    sizes = {"raw/forum": 4, "raw/forum.text-default": 4, "pool/text": 7, "mix/corpus": 9}
    sizes |= {CORPUS: 9, "raw/wiki": 3, "syn/stories": 2}
    assert sizes == {name: told.show(name).version.num_documents for name in sizes}
    assert ["org/small@v1", "syn/stories@1", "bytes", before.id] == [
        one.reference for one in done.open_items
    ]
    assert ((1, 1), (2, 2, 9), (40, 40, 180)) == share(told)
    way = "mix/corpus@2 <- pool/text@2 <- raw/forum.text-default@2 <- raw/forum@2"
    assert way == forbids_sale(told, "mix/corpus")
    assert ("BLOCKED", 180, "block") == sold
    assert ("SUFFICIENT-REPEAT", 180, "pass") == studied
    # 200 tokens of 180 are 20 too few without repetition.
    assert (0, 20) == (before.targets[0].shortfall_tokens, after.targets[0].shortfall_tokens)


def test_the_takedown_closes_and_what_was_taken_does_not_come_back(told, tmp_path):
    ask(told, "research")
    opened = told.takedowns.open("url-pattern", GONE, reason="request of 2026-11-20")
    told.takedowns.apply(opened.id)
    after, _ = ask(told, "research")
    told.takedowns.exempt(opened.id, 4, 5, 7, reason="was never released")
    told.takedowns.exempt(opened.id, 10, reason=f"made anew as {after.id}")
    closed = told.takedowns.close(opened.id, evidence="mail of 2026-11-26")
    anew = documents(["Forum post, new one 1"[:20], FORUM[2]], "https://forum.example")
    anew.append({"text": "Another text, same 3", "url": GONE})
    file = write_jsonl(tmp_path / "in" / "anew.jsonl", anew)
    again = told.register([str(file)], name="raw/anew")
    counted = told.licences.list("raw/forum@2").assertions

    assert "mail of 2026-11-26" == closed.closed.note
    # By the digest of its text, and by its URL with another text.
    assert (1, {"taken-down": 2}) == (again.num_documents, again.rejected)
    assert [("CC-BY-NC-4.0", True)] == [
        (one.expression, one.holds) for one in counted if one.basis == "stated"
    ]
