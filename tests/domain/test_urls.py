import pytest

from registry.domain.card import Card
from registry.domain.urls import redact_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a?page=2#x", "https://example.org/a?page=2#x"),
        ("https://ada:pw@example.org/a", "https://example.org/a"),
        ("s3://AKIA:pw@bucket/key", "s3://bucket/key"),
        ("https://x.org/?X-Amz-Signature=abc&a=1", "https://x.org/?X-Amz-Signature=REDACTED&a=1"),
        ("https://x.org/?access_token=abc", "https://x.org/?access_token=REDACTED"),
        ("not a url", "not a url"),
    ],
)
def test_credentials_are_taken_out_of_a_url(url, shown):
    assert shown == redact_url(url)


def test_a_card_keeps_no_credentials():
    card = Card(url="https://ada:pw@example.org/a", licence_url="https://x.org/?token=abc")

    assert "pw" not in str(card)
    assert "abc" not in str(card)
