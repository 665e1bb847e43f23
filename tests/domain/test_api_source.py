"""An API as it is said: what is wrong is refused before anything is asked, without its secrets."""

import pytest

from registry.domain.api_source import ApiSource, PageBy
from registry.domain.collecting import SourceOptions, parse_source
from registry.errors import InputError

URL = "https://api.example.org/posts"


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        (URL, {"page_by": "cursor"}, "needs to know where a page has the next cursor"),
        (URL, {"page_by": "page", "next": "n"}, "--next means nothing for --page-by page"),
        (URL, {"page_parameter": "p"}, "--page-parameter means nothing for --page-by link"),
        (URL, {"records": "data..x"}, "no path of keys"),
        (URL, {"table": "t"}, "--table means nothing for an HTTP API"),
        (URL, {"commit": "t"}, "repositor"),
        (URL, {"timeout_seconds": 0}, "--timeout 0 leaves nothing"),
        (URL, {"max_pages": 0}, "--max-pages 0 leaves nothing"),
        (URL, {"max_rate": -1}, "--max-rate -1"),
        ("https://", {}, "no URL of an API"),
        ("https://h:x/", {}, "no URL"),
        ("http://[::1/", {}, "no URL"),
        (URL, {"auth": "s3cr3t"}, "--auth: a secret is named, not written"),
        (URL, {"auth": "env:"}, "--auth: a secret is named"),
        ("https://ada:s3cr3t@h/", {}, "a secret is named"),
        (URL + "?api_key=s3cr3t", {}, "a secret is named"),
        (URL + "?access-token=s3cr3t", {}, "a secret is named"),
        (URL, {"headers": ("X-Api-Key: s3cr3t",)}, "a secret is named"),
        (URL, {"headers": ("Authorization: Bearer s3cr3t",)}, "a secret is named"),
        (URL, {"headers": ("Cookie: s3cr3t",)}, "a secret is named"),
        (URL, {"headers": ("s3cr3t",)}, "takes 'Name: value'"),
        (URL, {"headers": ("A: b\r\nC: s3cr3t",)}, "takes 'Name: value'"),
        (URL, {"headers": ("Host: s3cr3t",)}, "what muster itself says"),
        ("http://h/", {"auth": "env:TOKEN"}, "everybody on the way reads the secret"),
        ("http://h/?key=env:TOKEN", {}, "everybody on the way reads the secret"),
    ],
)
def test_what_is_wrong_is_said_without_secrets(url, options, words):
    with pytest.raises(InputError, match=words) as error:
        parse_source([url], SourceOptions(**options))
    assert "s3cr3t" not in f"{error.value} {error.value.hint}"


def test_words_become_a_source():
    source = parse_source(
        [URL + "?keyword=sea&key=env:KEY#top"],
        SourceOptions(
            page_by="offset",
            page_parameter="skip",
            auth="keyring:api/ada",
            headers=("X-Custom: env:KEY", "Accept: text/x"),
        ),
    )
    assert isinstance(source, ApiSource)
    assert (PageBy.OFFSET, "skip") == (source.page_by, source.counter)
    assert ["keyring:api/ada", "env:KEY"] == [str(name) for name in source.secrets]


def test_sources_that_differ_in_what_is_hidden_are_different():
    one, other = (ApiSource(url=f"{URL}?author={name}").facts() for name in ("ada", "bob"))
    assert one["uri"] == other["uri"]
    assert one != other


def test_files_may_have_records_at_a_path():
    assert parse_source(["corpus/"], SourceOptions(records="data.items")) is None
