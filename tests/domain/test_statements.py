from datetime import date, datetime

import pytest

from registry.domain.card import Card, parse_language
from registry.domain.licence import Licence
from registry.errors import InputError, InvalidNameError


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("mit", "MIT"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("LicenseRef-CommonCrawl-ToU", "LicenseRef-CommonCrawl-ToU"),
        ("unknown", "unknown"),
        ("NOASSERTION", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_licence_stands_in_normal_form(text, expression):
    assert expression == Licence.parse(text).expression


@pytest.mark.parametrize(
    "text", ["MIT AND", "my licence", "odc", "(MIT", "<script>", "LicenseRef-x y", "LicenseRef-"]
)
def test_what_is_no_licence_is_refused(text):
    with pytest.raises(InputError):
        Licence.parse(text)


def test_the_nearest_licence_is_offered():
    with pytest.raises(InputError) as raised:
        Licence.parse("odc-by-1")

    assert "ODC-By-1.0" in raised.value.hint


@pytest.mark.parametrize("text", ["licence", "my-own-licence", "my own licence", "unlike-any"])
def test_no_licence_is_offered_that_is_not_nearly_what_was_written(text):
    with pytest.raises(InputError) as raised:
        Licence.parse(text)

    assert "did you mean" not in raised.value.hint


@pytest.mark.parametrize(("text", "tag"), [("en", "en"), ("eng", "en"), ("zh-hant", "zh-Hant")])
def test_a_language_stands_as_a_standard_tag(text, tag):
    assert tag == parse_language(text)


@pytest.mark.parametrize("text", ["", "english language", "xx-yy-zz-1", "qqq-nope-nope"])
def test_what_is_no_language_is_refused(text):
    with pytest.raises(InputError):
        parse_language(text)


def test_one_card_wins_where_it_speaks_and_the_other_where_it_is_silent():
    option = Card(licence="mit")
    file = Card(licence="Apache-2.0", owner="ada", tags=("release",))

    assert Card(licence="MIT", owner="ada", tags=("release",)) == option.over(file)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (date(2026, 11, 1), "2026-11-01T00:00:00+00:00"),
        (datetime(2026, 11, 1, 12, 30), "2026-11-01T12:30:00+00:00"),  # noqa: DTZ001 - the point
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01 12:30", "2026-11-01T12:30:00+00:00"),
        ("2026-11-01T12:30:00Z", "2026-11-01T12:30:00+00:00"),
        ("2026-11-01T12:30:00+02:00", "2026-11-01T12:30:00+02:00"),
    ],
)
def test_a_date_or_a_time_without_a_zone_is_in_utc(value, moment):
    assert moment == Card.model_validate({"retrieved_at": value}).retrieved_at.isoformat()


def test_a_card_refuses_fields_it_does_not_know_and_tags_that_are_none():
    with pytest.raises(ValueError, match="licence_name"):
        Card.model_validate({"licence_name": "MIT"})
    with pytest.raises(InvalidNameError):
        Card(tags=("3",))
