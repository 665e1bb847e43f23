"""Lists as table, CSV and Markdown."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from registry.reporting.tables import (
    add_rows,
    escape_markdown,
    new_table,
    rows_to_csv,
    rows_to_markdown,
    to_table,
)

COLUMNS = ("reference", "documents", "share")
ROWS = [("a/b@1", 1200, 0.5), ("a/[bold]c@12", 7, None)]


def render(renderable, width=80):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(renderable)
    return console.file.getvalue()


def test_no_cell_can_steer_a_terminal():
    table = add_rows(new_table(["name", "said"]), [("\x1b[31mred", "one\ntwo \x07\u202e")])

    assert not set("\x1b\x07\u202e") & set(render(table))
    assert "␛[31mred" in render(table)
    assert 3 == len(render(table).splitlines())


def test_a_table_aligns_numbers_and_takes_no_text_for_markup():
    lines = [line.rstrip() for line in render(to_table(COLUMNS, ROWS)).splitlines()]

    assert lines == [
        "reference     documents  share",
        "a/b@1             1,200    0.5",
        "a/[bold]c@12          7",
    ]


def show(renderable, width):
    return [line.rstrip() for line in render(renderable, width=width).splitlines()]


def test_what_fits_no_line_is_folded_and_nothing_is_cut():
    name = "space/a-very-long-name-that-is-wider-than-the-line@1"
    folded = show(to_table(COLUMNS, [(name, 7, 1.0)]), width=36)

    assert name == "".join(folded[1:3])
    assert all(len(line) <= 36 for line in folded)
    assert folded[3].split() == ["7", "1"]


def test_a_table_shows_escapes_instead_of_sending_them():
    assert "␛[31m" in render(to_table(["name"], [("\x1b[31m",)]))


def test_an_empty_list_is_a_line_of_headings():
    assert render(to_table(COLUMNS, [])).strip() == "reference  documents  share"
    assert rows_to_csv(COLUMNS, []) == "reference,documents,share\n"


def test_csv_keeps_numbers_bare_and_quotes_what_needs_it():
    rows = [('say "hi", twice\n', 1200, 0.5), ("x", None, None)]

    assert rows_to_csv("abc", rows) == 'a,b,c\n"say ""hi"", twice\n",1200,0.5\nx,,\n'


@given(rows=st.lists(st.tuples(st.text().filter(lambda text: "\r" not in text), st.integers())))
def test_csv_reads_back(rows):
    text = rows_to_csv(["text", "number"], rows)
    read = list(csv.reader(io.StringIO(text, newline="")))

    assert [["text", "number"], *([text, str(number)] for text, number in rows)] == read


def test_markdown_aligns_numbers_and_escapes_pipes():
    assert rows_to_markdown(["name", "n"], [("a|b", 1200), ("<b>\nx", 3)]) == (
        "| name | n |\n| --- | ---: |\n| a\\|b | 1,200 |\n| &lt;b&gt; x | 3 |\n"
    )


def test_markdown_shows_text_as_it_is():
    assert "\\*\\_\\`\\[x\\]\\(&amp;".replace("\\(", "(") == escape_markdown("*_`[x](&")


@given(text=st.text())
def test_no_text_can_leave_its_markdown_cell(text):
    row = rows_to_markdown(["c"], [(text,)]).split("\n")[2]

    assert row.replace("\\\\", "").replace("\\|", "").count("|") == 2


LISTED = [("space/a-long-name.text-default@1", "text", 1_200), ("a/b@1", "表格", 7)]
HEADINGS = ("reference", "kind", "documents")


def test_one_long_reference_hangs_alone_and_the_others_keep_their_line():
    assert [
        "reference  kind  documents",
        "space/a-long-name.text-default@1",
        "           text      1,200",
        "a/b@1      表格          7",
    ] == show(to_table(HEADINGS, LISTED), width=40)
    assert "space/a-long-name.text-default@1  text      1,200" in show(
        to_table(HEADINGS, LISTED), width=60
    )


WIDE = [
    ("space/a-long-name@1", "evaluation", "", 20_022, "CC-BY-NC-4.0"),
    ("a/b@1", "text", "", 7, ""),
]
WIDE_HEADINGS = ("reference", "kind", "languages", "documents", "licence")


def test_a_column_without_a_value_is_left_out_where_room_is_short():
    table = to_table(WIDE_HEADINGS, WIDE)

    assert "languages" in show(table, width=90)[0]
    assert "reference  kind        documents  licence" == show(table, width=50)[0]
    assert "space/a-long-name@1" == show(table, width=50)[1]


def test_columns_that_are_too_wide_themselves_stand_behind_their_headings():
    assert [
        "space/a-long-name@1",
        "  kind evaluation",
        "  documents 20,022",
        "  licence CC-BY-NC-4.0",
        "a/b@1",
        "  kind text  documents 7",
    ] == show(to_table(WIDE_HEADINGS, WIDE), width=28)
    assert "entry 1" == show(to_table(("entry", "why"), [(1, "x" * 40)]), width=30)[0]


def test_a_sentence_gives_way_before_a_reference_does():
    rows = [("space/a-long-name@1", "a sentence that is too long for its line", "1.2 MB")]

    assert [
        "reference            said                       size",
        "space/a-long-name@1  a sentence that is too     1.2 MB",
        "                     long for its line",
    ] == show(to_table(("reference", "said", "size"), rows), width=54)


@given(
    names=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    words=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    least=st.integers(1, 36),
    width=st.integers(40, 100),
)
def test_no_word_that_fits_a_line_is_broken(names, words, least, width):
    said = " ".join("w" * length for length in words)
    rows = [("n" * length, said, "v" * least, 7) for length in names]
    shown = show(to_table(("name", "said", "v", "number"), rows), width)

    assert all(len(line) <= width for line in shown)
    text = " ".join(shown).split()
    for name, *_ in rows:
        assert len(name) > width or name in text
    assert all(word in text for word in [*said.split(), "v" * least])
