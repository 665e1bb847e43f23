"""Which engine encodes, what becomes of one that gives other ids, and what is kept of it."""

import dataclasses

import numpy as np
import pytest

from registry.domain.engine import EngineChoice
from registry.domain.names import Reference
from registry.errors import EngineMismatchError, EngineRefusedError, MissingExtraError
from registry.operations.tokenizing import engines
from registry.operations.tokenizing.estimate import tokenize_sample
from registry.operations.tokenizing.tokenize import tokenize
from registry.tokenization.encoder import Encoded
from registry.tokenization.fast_encoder import GigatokenEngine
from tests.operations.factories import counting_by, records, write_jsonl
from tests.tokenization.factories import make_wordlevel

REFERENCE = Reference.parse("web/cc")
OTHER = Reference.parse("web/other").dataset
"""Where a pass writes that must not find what another has counted."""


@pytest.fixture
def counting(muster, tmp_path):
    muster.register([str(write_jsonl(tmp_path / "a.jsonl", records(40)))], name="web/cc")
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    return counting_by(muster, "tiny")


@pytest.fixture
def notes(context):
    said = []

    class Progress(type(context.progress)):
        def note(self, message):
            said.append(message)

    return dataclasses.replace(context, progress=Progress()), said


def differ(monkeypatch, *, when):
    """Let the fast engine give other ids for some texts."""
    encode = GigatokenEngine.encode

    def off_by_one(engine, texts):
        encoded = encode(engine, texts)
        if not any(when(text) for text in texts.to_pylist()):
            return encoded
        return Encoded(ids=encoded.ids ^ np.uint32(1), lengths=encoded.lengths)

    monkeypatch.setattr(GigatokenEngine, "encode", off_by_one)


def engine_of(muster, answer):
    return muster.runs.get(answer.run).run.environment["engine"].split()[0]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("auto", "gigatoken"), ("fast", "gigatoken"), ("reference", "tokenizers")],
)
def test_the_run_names_the_engine_that_was_used(context, muster, counting, choice, expected):
    answer = tokenize(context, REFERENCE, counting, engine=EngineChoice(choice))
    sampled = tokenize_sample(
        context, REFERENCE, counting, fraction=0.5, seed=0, engine=EngineChoice(choice)
    )

    assert {expected} == {engine_of(muster, answer), engine_of(muster, sampled)}


def test_an_engine_is_checked_once(context, counting, monkeypatch):
    tokenize(context, REFERENCE, counting, engine=EngineChoice("auto"))
    (check,) = context.catalog.engine_checks.list(counting.tokenizer.fingerprint)
    monkeypatch.setattr(engines, "adversarial_texts", pytest.fail)
    tokenize(
        context,
        REFERENCE,
        counting,
        name=OTHER,
        engine=EngineChoice("auto"),
    )

    assert check.is_equal
    assert check.num_texts > 1_000


def test_an_engine_that_fails_the_check_is_not_used_and_remembered(
    notes, muster, counting, monkeypatch
):
    context, said = notes
    expected = tokenize(context, REFERENCE, counting, engine=EngineChoice("reference"))
    differ(monkeypatch, when=lambda text: "\u0378" in text)
    named = Reference.parse("web/again").dataset
    answer = tokenize(context, REFERENCE, counting, name=named, engine=EngineChoice("auto"))
    (check,) = context.catalog.engine_checks.list(counting.tokenizer.fingerprint)

    assert "tokenizers" == engine_of(muster, answer)
    assert expected.num_tokens == answer.num_tokens
    assert not check.is_equal
    assert any("gives other ids than the reference" in note for note in said)


def test_an_engine_that_differs_on_a_document_is_given_up_and_all_is_encoded_again(
    notes, muster, counting, monkeypatch, tmp_path
):
    context, said = notes
    expected = tokenize(context, REFERENCE, counting, engine=EngineChoice("reference"))
    tokenize(
        context,
        REFERENCE,
        counting,
        name=OTHER,
        engine=EngineChoice("fast"),
    )
    differ(monkeypatch, when=lambda text: text.startswith("Document 39"))
    named = Reference.parse("web/again").dataset
    answer = tokenize(context, REFERENCE, counting, name=named, engine=EngineChoice("auto"))
    checks = context.catalog.engine_checks.list(counting.tokenizer.fingerprint)
    states = [run.state for run in muster.runs.list() if run.operation == "tokenize"]

    assert "tokenizers" == engine_of(muster, answer)
    assert (expected.num_tokens, expected.vocabulary) == (answer.num_tokens, answer.vocabulary)
    assert [True, False] == [check.is_equal for check in checks]
    assert ["done", "failed", "done", "done"] == states
    assert any("all is encoded again by the reference" in note for note in said)
    assert not list((context.home / "work").glob("*/unit-*"))


@pytest.mark.parametrize("when", ["\u0378", "Document 39"])
def test_an_engine_that_was_asked_for_and_differs_is_an_error(context, counting, monkeypatch, when):
    differ(monkeypatch, when=lambda text: when in text)
    with pytest.raises(EngineMismatchError, match="gives other ids"):
        tokenize(context, REFERENCE, counting, engine=EngineChoice("fast"))
    # What was found holds for whoever comes next.
    with pytest.raises(EngineMismatchError, match="gives other ids"):
        tokenize(context, REFERENCE, counting, engine=EngineChoice("fast"))


def test_a_tokenizer_that_the_fast_engine_does_not_take_is_left_to_the_reference(
    context, muster, counting, tmp_path
):
    path = tmp_path / "tokenizer.json"
    path.write_text(make_wordlevel().to_str())
    muster.tokenizers.add([path], name="words")
    words = counting_by(muster, "words")
    answer = tokenize(context, REFERENCE, words, engine=EngineChoice("auto"))

    assert "tokenizers" == engine_of(muster, answer)
    with pytest.raises(EngineRefusedError, match="does not take this tokenizer"):
        tokenize(
            context,
            REFERENCE,
            words,
            name=OTHER,
            engine=EngineChoice("fast"),
        )


def test_without_the_library_the_reference_encodes(context, muster, counting, monkeypatch):
    def missing():
        raise MissingExtraError(task="the fast engine", extra="fast")

    monkeypatch.setattr(engines, "identify_fast", missing)
    answer = tokenize(context, REFERENCE, counting, engine=EngineChoice("auto"))

    assert "tokenizers" == engine_of(muster, answer)
    with pytest.raises(MissingExtraError, match="fast engine"):
        tokenize(
            context,
            REFERENCE,
            counting,
            name=OTHER,
            engine=EngineChoice("fast"),
        )
