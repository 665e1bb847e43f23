"""Names of licences, and which of several assertions holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.licence import (
    Basis,
    Claim,
    Confidence,
    Licence,
    choose_holding,
    list_counting,
    list_hub_ids,
    recognise,
)
from registry.errors import InputError

HUB_IDS_BEYOND_SPDX = 33
"""Of the Hub's 82 ids; the others are SPDX but for their case, or its older names of the GPL."""


def make_claim(number, by="ada", confidence="medium", basis="stated"):
    return Claim(number, by, Confidence(confidence), Basis(basis))


def test_every_id_of_the_hub_means_an_expression():
    names = list_hub_ids()

    assert HUB_IDS_BEYOND_SPDX == len(names)
    assert list(names.values()) == [Licence.parse(name).expression for name in names]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("odc-by", "ODC-By-1.0"),
        ("OpenRAIL++", "LicenseRef-hf-openrail-plus-plus"),
        ("mit and llama3.1", "MIT AND LicenseRef-hf-llama3.1"),
        ("gpl-3.0", "GPL-3.0-only"),
        ("cc", "LicenseRef-hf-cc"),
    ],
)
def test_an_id_of_the_hub_is_read(text, expression):
    assert expression == Licence.parse(text).expression


@pytest.mark.parametrize(
    "text",
    [
        "Classpath-exception-2.0",
        "MIT WITH Apache-2.0",
        "MIT OR",
        "mit and unknown",
        "()",
        "( AND MIT",
        "web/cc",
        "web/cc@1",
        "(" * 3_000,
        "MIT AND " * 1_000,
        "\x1b[31mMIT",
        "'; DROP TABLE licence_assertion; --",
    ],
)
def test_what_does_not_parse_is_refused(text):
    with pytest.raises(InputError):
        Licence.parse(text)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("CC BY 4.0", "CC-BY-4.0"),
        ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"),
        ("MIT License", "MIT"),
        ("Apache License 2.0", "Apache-2.0"),
        ("CDLA Sharing 1.0", "CDLA-Sharing-1.0"),
        ("Unspecified", "unknown"),
        ("OpenAI", "LicenseRef-OpenAI-terms"),
        ("https://creativecommons.org/licenses/by-sa/3.0/deed.de", "CC-BY-SA-3.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://spdx.org/licenses/ODbL-1.0.html", "ODbL-1.0"),
        ("https://choosealicense.com/licenses/cc-by-3.0/", "CC-BY-3.0"),
        ("CC BY", None),
        ("whatever", None),
        ("https://example.org/terms", None),
    ],
)
def test_a_name_as_people_write_it_is_recognised_or_left_open(text, expression):
    assert expression == recognise(text)


def test_of_one_speaker_the_newest_counts_even_if_less_sure():
    claims = [make_claim(1, confidence="high"), make_claim(2, confidence="low")]

    assert 2 == choose_holding(claims).id


def test_of_several_speakers_the_surest_holds_then_the_newest():
    claims = [
        make_claim(1, "ada", "medium"),
        make_claim(2, "bob", "high"),
        make_claim(3, "eve", "medium"),
    ]

    assert 2 == choose_holding(claims).id
    assert 3 == choose_holding([claims[0], claims[2]]).id


def test_what_nobody_stated_holds_until_somebody_does():
    inherited = make_claim(1, basis="inherited")

    assert 1 == choose_holding([inherited]).id
    assert 2 == choose_holding([inherited, make_claim(2, "bob", "low")]).id


claims = st.lists(
    st.builds(
        Claim,
        id=st.integers(1, 99),
        by=st.sampled_from(["ada", "bob", "eve"]),
        confidence=st.sampled_from(Confidence),
        basis=st.sampled_from(Basis),
    ),
    min_size=1,
    unique_by=lambda claim: claim.id,
)


@given(claims, st.randoms())
def test_the_order_in_which_claims_are_read_does_not_matter(found, random):
    shuffled = random.sample(found, len(found))

    assert choose_holding(found) == choose_holding(shuffled)
    assert choose_holding(found) in list_counting(shuffled)


words = st.sampled_from(["MIT", "(", ")", "and", "OR", "WITH", "gpl", "+", "LicenseRef-x", "no"])


@given(st.lists(words, max_size=8).map(" ".join))
def test_whatever_is_typed_is_an_expression_or_refused(text):
    try:
        expression = Licence.parse(text).expression
    except InputError:
        return
    assert expression == Licence.parse(expression).expression
