import time

import pytest

from registry.domain.reading import Extraction
from registry.sources.page_text import MAX_PAGE_BYTES, decode_page, take_text
from registry.sources.reasons import RowError

from .factories import read

XML = b'<?xml version="1.0" encoding="koi8-r"?>'
RUSSIAN = "Дождь шёл над холмами, и река поднялась к полудню."


def page(text, charset, head=""):
    return f"<html><head>{head}</head><body><p>{text}</p></body></html>".encode(charset)


def meta(charset):
    return f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'


@pytest.mark.parametrize(
    ("body", "stated", "charset", "found_in"),
    [
        (page(RUSSIAN, "utf-8"), None, "utf-8", "content"),
        (page(RUSSIAN, "utf-8-sig"), "koi8-r", "utf-8", "bom"),
        (page(RUSSIAN, "utf-16"), None, "utf-16-le", "bom"),
        (page(RUSSIAN, "koi8-r", meta("windows-1251")), "koi8-r", "koi8-r", "http"),
        (page(RUSSIAN, "cp1251", meta("windows-1251")), None, "cp1251", "page"),
        (page(RUSSIAN, "cp1251", "<meta charset='windows-1251'>"), "nonsense", "cp1251", "page"),
        (page(RUSSIAN, "cp1251", meta("windows-1251")), "utf-8", "cp1251", "page"),
        (page(RUSSIAN, "cp1251"), "utf-8", "cp1251", "guess"),
        (page(RUSSIAN, "utf-8", meta("utf-16")), None, "utf-8", "page"),
        (page(RUSSIAN, "utf-8", "<!-- <meta charset=koi8-r> -->"), None, "utf-8", "content"),
        (
            b'<?xml version="1.0" encoding="koi8-r"?>' + page(RUSSIAN, "koi8-r"),
            None,
            "koi8-r",
            "page",
        ),
        (page("café “quoted”", "cp1252"), "iso-8859-1", "cp1252", "http"),
    ],
)
def test_the_encoding_is_found_in_order(body, stated, charset, found_in):
    found = decode_page(body, stated, is_html=True)

    assert (charset, found_in, 0) == (found.charset, found.found_in, found.num_replaced)
    assert RUSSIAN in found.text or "café “quoted”" in found.text


def test_a_character_that_is_cut_does_not_cost_the_declaration_its_credit():
    body = page(RUSSIAN * 5, "utf-8", meta("utf-8")) + "ё".encode()[:1]
    found = decode_page(body, None, is_html=True)

    assert ("utf-8", "page", 1) == (found.charset, found.found_in, found.num_replaced)


def test_codecs_that_are_no_encodings_of_the_web_are_not_called():
    found = decode_page(rb"\x41", "unicode_escape", is_html=False)

    assert (r"\x41", "content") == (found.text, found.found_in)


def test_plain_text_declares_nothing_and_keeps_its_blanks():
    body = b"  <meta charset=koi8-r>\n\tx \n"

    assert body == take_text(body, None, None)[0]


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000,
        "<div><article>" * 3_000 + "<p>x" * 30_000,
        "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x",
        "<p " + " ".join(f"a{n}='>'" for n in range(100_000)) + ">x",
        "<p>" + "".join(f"<b id={n}>" for n in range(3_000)) + "<p>x" * 3_000,
    ],
    ids=["depth", "depth and length", "attributes", "quoted attributes", "copies"],
)
def test_a_page_that_would_take_for_ever_is_refused_at_once(hostile):
    started = time.process_time()
    with pytest.raises(RowError, match="page-too-complex"):
        take_text(hostile.encode(), None, Extraction.MAIN)

    assert time.process_time() - started < 2


def test_a_long_table_and_a_picture_in_an_attribute_are_nothing_unusual():
    rows = "".join(f"<tr><td>row {n}</td><td><b>{n}</b></td></tr>" for n in range(20_000))
    picture = f'<img src="data:image/png;base64,{"ab/c" * 100_000}">'
    text, _ = take_text(f"<table>{rows}</table>{picture}".encode(), None, Extraction.PAGE)

    assert b"row 19999" in text


def test_an_html_file_is_one_document():
    result = read(page("Rain fell.", "cp1252", "<meta charset=latin1>"), "pages/a.html")

    assert [b"Rain fell."] == result.texts
    assert ["pages/a.html"] == result.ids
    assert ["pages/a.html"] == result.sources
    assert [{"charset": "cp1252", "charset_from": "page"}] == result.metadata
    assert [] == result.rejected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html><script>x</script></html>", "empty-page"),
        (b"", "empty-page"),
        (b"<p>" + b"x" * MAX_PAGE_BYTES, "document-too-long"),
    ],
)
def test_an_html_file_without_text_is_one_rejected_row(body, reason):
    result = read(body, "a.html")

    assert [] == result.documents
    assert [(reason, len(body))] == [(row["reason"], row["num_bytes"]) for row in result.rejected]


def test_pages_of_the_field_give_their_articles(shared_data):
    body = (shared_data / "html" / "wikipedia_paragraph5.html").read_bytes()
    text, facts = take_text(body, None, Extraction.MAIN)
    whole, _ = take_text(body, None, Extraction.PAGE)

    assert "en" == facts["language"]
    assert b"Gabbro" in text
    assert b"Privacy policy" not in text
    assert b"Privacy policy" in whole
