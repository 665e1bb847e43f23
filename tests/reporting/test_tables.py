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
    to_list,
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


def test_a_narrow_table_folds_names_and_cuts_nothing():
    text = render(to_table(COLUMNS, [("space/a-very-long-name@1", 7, 1.0)]), width=36)

    assert "".join(line.split()[0] for line in text.splitlines()[1:]) == "space/a-very-long-name@1"


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


def test_a_list_that_fits_is_a_table():
    shown = render(to_list(("reference", "kind", "documents"), LISTED, width=60), width=60)

    assert "space/a-long-name.text-default@1  text      1,200" in shown


def test_a_list_that_does_not_fit_keeps_its_first_column_whole():
    expected = """\
reference
  kind  documents
space/a-long-name.text-default@1
  text      1,200
a/b@1
  表格          7"""

    assert expected == str(to_list(("reference", "kind", "documents"), LISTED, width=40))
