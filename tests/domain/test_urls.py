import pytest

from registry.domain.card import Card
from registry.domain.urls import read_location, redact_url
from registry.errors import InputError


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "javascript://x%0aalert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "mailto:ada@example.org",
        "",
    ],
)
def test_what_is_no_location_is_refused(text):
    with pytest.raises(InputError, match="no address of anything"):
        Card(url=text)
    with pytest.raises(InputError, match="no address of anything"):
        Card(licence_url=text)


@pytest.mark.parametrize(
    "text",
    ["https://example.org/a", "s3://bucket/key", "doi:10.1/x", "hf://datasets/a/b", "./LICENSE"],
)
def test_a_location_of_any_scheme_is_one(text):
    assert text == read_location(text)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a?page=2#x", "https://example.org/a?page=2#x"),
        ("https://ada:pw@example.org/a", "https://example.org/a"),
        ("s3://AKIA:pw@bucket/key", "s3://bucket/key"),
        ("https://x.org/?X-Amz-Signature=abc&a=1", "https://x.org/?X-Amz-Signature=REDACTED&a=1"),
        ("https://x.org/?access_token=abc", "https://x.org/?access_token=REDACTED"),
        ("https://x.org/?acc%65ss%5Ftok%65n=abc", "https://x.org/?acc%65ss%5Ftok%65n=REDACTED"),
        ("https://x.org/#access_token=abc", "https://x.org/#access_token=REDACTED"),
        ("https://ada:p[w@host", "https://host"),
        ("https://ada:p/w@host/a", "https://host/a"),
        ("https://ada:p?w#@host/a", "https://host/a"),
        ("ftp://u:secret@h", "ftp://h"),
        ("simplecache::ftp://u:secret@h/x", "simplecache::ftp://h/x"),
        (
            "postgresql://h/db?user=ada&password=s3cret",
            "postgresql://h/db?user=ada&password=REDACTED",
        ),
        ("postgresql://ada@h:5432/db", "postgresql://h:5432/db"),
        ("https://x.org:80/@ada/a:b@c", "https://x.org:80/@ada/a:b@c"),
        ("https://[::1]:80/@ada", "https://[::1]:80/@ada"),
        ("sqlite:////home/ada/catalog.db", "sqlite:////home/ada/catalog.db"),
        ("file:///data/a%20b.jsonl", "file:///data/a%20b.jsonl"),
        ("/data/objects", "/data/objects"),
        ("not a url", "not a url"),
    ],
)
def test_credentials_are_taken_out_of_a_url(url, shown):
    assert shown == redact_url(url)


def test_a_card_keeps_no_credentials():
    card = Card(url="https://ada:pw@example.org/a", licence_url="https://x.org/?token=abc")

    assert "pw" not in str(card)
    assert "abc" not in str(card)
