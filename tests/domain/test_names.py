import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.names import DatasetName, Reference, derived_name, parse_tag
from registry.errors import InvalidNameError

PARTS = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,20}[a-z0-9])?", fullmatch=True)


@given(space=PARTS, name=PARTS, number=st.integers(1, 10**12))
def test_a_reference_reads_back_as_it_is_written(space, name, number):
    text = f"{space}/{name}@{number}"

    assert text == str(Reference.parse(text))
    assert number == Reference.parse(text).number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a/",
        "/a",
        "a/b/c",
        "../b",
        "a/..",
        "a/b..c",
        "a/.b",
        "a/b.",
        "A/b",
        "a/b c",
        "a/b\n",
        "a/\x1b[31m",
        "a/b\x00",
        "a/" + "b" * 101,
    ],
)
def test_what_is_no_dataset_name_is_refused_with_the_value(text):
    with pytest.raises(InvalidNameError) as raised:
        DatasetName.parse(text)

    assert repr(text) in raised.value.message


def test_the_hint_offers_the_nearest_valid_name():
    with pytest.raises(InvalidNameError) as raised:
        DatasetName.parse("My Space/Some Corpus")

    assert raised.value.hint == "try my-space/some-corpus"


@pytest.mark.parametrize("selector", ["0", "-1", "A", "sha256:", "sha256:xyz", "sha256:abc", "a b"])
def test_what_is_no_selector_is_refused(selector):
    with pytest.raises(InvalidNameError):
        Reference.parse(f"a/b@{selector}")


def test_a_reference_means_one_of_number_tag_and_digest():
    assert Reference.parse("a/b@release").tag == "release"
    assert Reference.parse("a/b@sha256:0123ab").digest == "sha256:0123ab"
    assert Reference.parse("a/b@7").number == 7
    assert Reference.parse("a/b").number is None


def test_a_tag_is_never_a_number():
    with pytest.raises(InvalidNameError):
        parse_tag("3")


def test_a_derived_name_is_a_name_whatever_the_suffix():
    assert str(derived_name(DatasetName.parse("a/b"), "GPT-2 (mine)")) == "a/b.gpt-2-mine"
