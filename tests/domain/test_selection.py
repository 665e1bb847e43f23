"""Selections: what parses, what does not, and that what is written is read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.names import Reference
from registry.domain.selection import MAX_TERMS, Method, Selection, Term
from registry.domain.version import Content, DatasetKind, VersionState
from registry.errors import InputError, MusterError

parts = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,8}[a-z0-9])?", fullmatch=True)
names = st.builds("{}/{}".format, parts, parts)
tags = st.from_regex(r"[a-z]([a-z0-9.-]{0,4}[a-z0-9])?", fullmatch=True).filter(
    lambda tag: ".." not in tag
)
references = st.one_of(
    names,
    st.builds("{}@{}".format, names, st.integers(1, 10**17)),
    st.builds("{}@{}".format, names, tags),
    st.builds("{}@sha256:{}".format, names, st.from_regex(r"[0-9a-f]{6,64}", fullmatch=True)),
)
bodies = st.one_of(
    st.tuples(st.just(Method.REFERENCE), references),
    st.tuples(st.just(Method.DATASET), names),
    st.tuples(st.just(Method.SPACE), parts),
    st.tuples(st.just(Method.TAG), tags),
    st.tuples(st.just(Method.KIND), st.sampled_from([one.value for one in DatasetKind])),
    st.tuples(st.just(Method.CONTENT), st.sampled_from([one.value for one in Content])),
    st.tuples(st.just(Method.STATE), st.sampled_from([one.value for one in VersionState])),
)
generations = st.one_of(st.none(), st.integers(0, 999_999_999))


@st.composite
def terms(draw):
    method, value = draw(bodies)
    if draw(st.booleans()):
        return Term(method=method, value=value, is_closed=True)
    return Term(method=method, value=value, up=draw(generations), down=draw(generations))


selections = st.builds(
    Selection,
    groups=st.lists(
        st.lists(terms(), min_size=1, max_size=4).map(tuple), min_size=1, max_size=4
    ).map(tuple),
)


@given(selection=selections)
def test_what_is_written_is_read_again(selection):
    assert selection == Selection.parse(str(selection))


@given(text=st.text())
def test_any_text_is_a_selection_or_an_error_of_ours(text):
    try:
        parsed = Selection.parse(text)
    except MusterError:
        return

    assert parsed == Selection.parse(str(parsed))


@given(text=references)
def test_every_reference_is_a_plain_selection_of_itself(text):
    selection = Selection.parse(text)

    assert selection.is_plain
    assert [Reference.parse(text)] == [term.reference for term in selection.terms]


@pytest.mark.parametrize(
    ("text", "up", "down"),
    [
        ("a/b", 0, 0),
        ("+a/b", None, 0),
        ("a/b+", 0, None),
        ("2+a/b@3+1", 2, 1),
        ("0+a/b", 0, 0),
        ("+a/b+", None, None),
        ("10+a/b@sha256:abcdef+20", 10, 20),
        ("1+tag:v1.0+2", 1, 2),
    ],
)
def test_plus_signs_count_generations(text, up, down):
    term = Term.parse(text)

    assert (up, down) == (term.up, term.down)


def test_a_digest_is_no_method():
    assert Method.REFERENCE is Term.parse("a/b@sha256:abcdef").method


def test_commas_bind_more_tightly_than_spaces():
    selection = Selection.parse("+a/b,tag:x c/d")

    assert [["+a/b", "tag:x"], ["c/d"]] == [
        [str(term) for term in group] for group in selection.groups
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing is selected"),
        ("  ", "nothing is selected"),
        ("a/b,", "selection"),
        (",a/b", "selection"),
        ("+", "selection"),
        ("a/b++", "selection"),
        ("a+b/c", "selection"),
        ("-1+a/b", "selection"),
        ("@a/b+", "@ holds all"),
        ("@+a/b", "@ holds all"),
        ("@@a/b", "selection"),
        ("label:x", "no method 'label'"),
        (":x", "no method ''"),
        ("reference:a/b", "no method 'reference'"),
        ("tag:", "'' is not a tag"),
        ("tag:UPPER", "'UPPER' is not a tag"),
        ("kind:txt", "no kind 'txt'"),
        ("space:a/b", "'a/b' is not a space"),
        ("dataset:a/b@1", "'a/b@1' is not a dataset name"),
        ("a", "'a' is not a dataset name"),
        ("1000000000+a/b", "selection"),
    ],
)
def test_what_is_no_selection_is_refused_with_its_text(text, said):
    with pytest.raises(InputError) as caught:
        Selection.parse(text)

    assert said in caught.value.message


def test_a_selection_has_a_largest_size():
    Selection.parse(" ".join(["a/b"] * MAX_TERMS))
    with pytest.raises(InputError, match="at most 1,000 terms"):
        Selection.parse(" ".join(["a/b"] * (MAX_TERMS + 1)))


@pytest.mark.parametrize("text", ["+a/b", "a/b,c/d", "tag:x", "@a/b", "a/b +c/d"])
def test_an_operator_or_a_method_makes_a_selection_more_than_plain(text):
    assert not Selection.parse(text).is_plain
