"""Documents and changes as a reader sees them."""

from registry.reporting.samples import render_change, render_document


def test_a_document_stands_indented_below_its_title():
    assert render_document("a.txt#1", "one\t1 \ntwo", width=80).plain == "a.txt#1\n  one→1·⏎\n  two"


def test_what_is_not_shown_is_counted():
    lines = render_document("t", "x" * 5_000, width=80, most=10).plain.splitlines()

    assert lines == ["t", "  xxxxxxxxxx", "  and 4,990 more characters"]


def test_a_change_is_a_difference_of_visible_lines():
    text = render_change("a#1", "same\nold \r\n", "same\nold\n", width=80).plain

    assert (text.split("\n")) == [
        "a#1: changed",
        "  @@ -1,3 +1,3 @@",
        "   same⏎",
        "  -old·␍⏎",
        "  +old⏎",
        "   ",
    ]


def test_an_untouched_document_says_so():
    assert render_change("a#1", "x", "x", width=80).plain == "a#1: unchanged\n  x"


def test_a_rejected_document_says_why():
    assert (
        render_change("a#1", "  ", None, width=80, reason="empty").plain
    ) == "a#1: rejected, empty\n  ··"


def test_a_change_behind_the_cut_is_not_passed_over():
    text = render_change("a#1", "xxxx1", "xxxx2", width=80, most=4).plain

    assert text.endswith("the change lies beyond what is shown")
