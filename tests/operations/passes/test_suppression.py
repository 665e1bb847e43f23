"""A URL names a document wherever in its metadata it stands."""

import json

import pytest

from registry.domain.takedown import Selector, SelectorKind
from registry.operations.passes.suppression import names

URL = "https://example.org/a?b=c"
PLACES = {
    "field": {"url": URL},
    "nested": {"metadata": {"crawl": {"url": URL, "status": 200}}},
    "list": {"urls": ["https://example.net", URL]},
    "list of objects": {"links": [[{"href": URL}], None]},
    "JSON as text": {"metadata": json.dumps({"urls": [URL]})},
    "JSON as text twice": {"metadata": json.dumps(json.dumps([URL]))},
}


@pytest.mark.parametrize("fields", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("pattern", [URL.replace("?", "[?]"), "https://example.org/*"])
def test_a_url_is_found_at_any_depth(fields, pattern):
    selector = Selector(kind=SelectorKind.URL_PATTERN, value=pattern)

    assert names(selector, "d1", "a.jsonl#1", json.dumps(fields))


@pytest.mark.parametrize(
    "fields",
    [{}, {"note": "[see https://example.org/a"}, {"deep": "[" * 100_000}, {URL: 1}, {"n": 1e400}],
)
def test_what_is_no_url_of_the_document_is_not(fields):
    selector = Selector(kind=SelectorKind.URL_PATTERN, value="https://example.org/*")

    assert not names(selector, "d1", "a.jsonl#1", json.dumps(fields))
