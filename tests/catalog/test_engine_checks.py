import pytest

from registry.domain.engine import EngineDifference, EngineIdentity
from registry.errors import UnknownError
from tests.catalog.factories import LATER, WHO, make_engine_check, make_tokenizer

DIFFERENCE = EngineDifference(text="a\u0301\x00", ids=(1, 2), reference_ids=(3,))


@pytest.fixture
def checks(catalog):
    catalog.tokenizers.add(make_tokenizer(), **WHO)
    return catalog.engine_checks


def find(checks, check, **changed):
    asked = {
        "parse_special": check.parse_special,
        "engine": check.engine,
        "reference": check.reference,
    }
    return checks.find(check.tokenizer_fingerprint, **(asked | changed))


def test_a_recorded_check_is_found(checks):
    check = make_engine_check()
    checks.record(check, **WHO)

    assert check == find(checks, check)
    assert [check] == checks.list(check.tokenizer_fingerprint)


@pytest.mark.parametrize(
    "changed",
    [
        {"parse_special": True},
        {"engine": EngineIdentity(name="fast", version="1.1")},
        {"reference": EngineIdentity(name="tokenizers", version="1.0")},
    ],
)
def test_a_check_says_nothing_of_other_versions_and_policies(checks, changed):
    check = make_engine_check()
    checks.record(check, **WHO)

    assert find(checks, check, **changed) is None


def test_one_difference_outweighs_all_that_was_equal_before_and_later(checks):
    equal = make_engine_check()
    differs = make_engine_check(num_texts=7, difference=DIFFERENCE)
    checks.record(equal, **WHO)
    checks.record(differs, **WHO)
    checks.record(equal, actor="bob", at=LATER)

    assert differs == find(checks, equal)


def test_an_outcome_is_kept_once(checks, catalog):
    for num_texts in (5, 6):
        checks.record(make_engine_check(num_texts=num_texts), **WHO)

    assert [5] == [check.num_texts for check in checks.list(make_tokenizer().fingerprint)]
    assert 1 == [entry.action for entry in catalog.audit.list()].count("engine.check")


def test_a_check_of_an_unknown_tokenizer_is_refused(catalog):
    with pytest.raises(UnknownError, match="no tokenizer"):
        catalog.engine_checks.record(make_engine_check(), **WHO)
