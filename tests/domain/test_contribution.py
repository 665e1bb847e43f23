import pytest

from registry.domain.contribution import ContributionColumns, is_consent, pseudonym_of
from registry.errors import InputError


@pytest.mark.parametrize("value", [True, 1, "yes", " TRUE ", "y", "granted"])
def test_yes_is_consent(value):
    assert is_consent(value)


@pytest.mark.parametrize("value", [None, False, 0, 2, "", "no", "unknown", "maybe", [], {}, 1.0])
def test_all_else_is_not(value):
    assert not is_consent(value)


def test_a_pseudonym_is_the_same_however_a_name_is_written_and_another_under_another_key():
    names = ["Zo\u00eb@Example.org", " zoe\u0308@example.org"]
    first, second = (pseudonym_of(name, key=b"k") for name in names)

    assert first == second
    assert first != pseudonym_of(names[0], key=b"other")
    assert "example" not in first


def test_one_column_cannot_be_consent_and_contributor():
    with pytest.raises(InputError, match="consent and something else"):
        ContributionColumns(contributor="consent")
