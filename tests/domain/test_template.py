"""Templates: names of columns in braces, whatever the names are."""

from string import Formatter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.domain.template import columns_of, name_column, name_every, parse_template
from registry.errors import InputError


def fill(template, values):
    return "".join(
        piece.words + ("" if piece.column is None else values[piece.column])
        for piece in parse_template(template)
    )


@given(st.lists(st.text(max_size=6), min_size=1, unique=True))
def test_every_column_can_be_named_and_is(names):
    values = {name: f"<{number}>" for number, name in enumerate(names)}
    lines = [f"{name}: {value}" if name else value for name, value in values.items()]

    assert tuple(names) == columns_of(name_every(names))
    assert "\n".join(lines) == fill(name_every(names), values)


@given(st.text(alphabet='{}ab[]:!"\\ ', max_size=12))
@example('{":}')
def test_what_has_been_a_template_is_the_same_one(text):
    """Readings of versions hold templates, and must go on to mean what they meant."""
    try:
        before = [*Formatter().parse(text)]
    except ValueError:
        return
    columns = [column for _, column, _, _ in before if column is not None]
    is_template = columns and all(
        not (form or conversion) and column != ""
        for _, column, form, conversion in before
        if column is not None
    )
    if not is_template or any(set("{}") & set(column) for column in columns):
        return
    values = {column: f"<{column}>" for column in columns}
    expected = "".join(words + values.get(column or "", "") for words, column, _, _ in before)

    assert expected == fill(text, values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("words alone", "names no column"),
        ("{a:b}", "{a:b} names no column"),
        ("{a!r}", "{a!r} names no column"),
        ("{}", "{} names no column"),
        ("{a", "a single '{'"),
        ("{a}}", "a single '}'"),
        ('{:"a}', '{:"a} names no column'),
    ],
)
def test_what_is_no_template_is_refused_and_shown_how(text, words):
    with pytest.raises(InputError) as raised:
        parse_template(text)

    assert words in raised.value.message
    assert '{:"a:b"}' in str(raised.value.hint)


def test_an_ordinary_name_stands_as_it_is():
    assert ("{mass}", '{:"a:b"}', '{:""}') == (*map(name_column, ("mass", "a:b", "")),)
