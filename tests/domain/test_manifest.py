"""What the digest of a version says of how its files are read."""

from registry.domain.digest import digest_of_bytes, fingerprint
from registry.domain.reading import Extraction, Format, Reading
from registry.domain.version import Shard, manifest_digest


def digest_of(**reading):
    shard = Shard(
        path="a",
        digest=digest_of_bytes(b"x"),
        num_bytes=1,
        num_documents=1,
        num_text_bytes=1,
        reading=Reading(**reading),
    )
    return manifest_digest((shard,))


def test_another_extractor_is_another_version():
    page = {"format": Format.HTML, "extractor": "resiliparse 2.0.1"}

    assert digest_of(**page) == digest_of(**page)
    assert digest_of(**page) != digest_of(**page | {"extractor": "resiliparse 2.0.2"})
    assert digest_of(**page) != digest_of(**page, extract=Extraction.PAGE)


def test_files_without_pages_have_the_digest_that_they_had_before_there_were_pages():
    reading = {
        "format": "jsonl",
        "compression": "none",
        "container": "none",
        "text_columns": ["text"],
        "id_column": None,
        "split": "file",
    }
    shard = {"path": "a", "digest": digest_of_bytes(b"x"), "num_bytes": 1, "reading": reading}
    before = fingerprint({"manifest": 1, "shards": [shard]})

    assert before == digest_of(format=Format.JSONL, text_columns=("text",))
    assert before == digest_of(format=Format.JSONL, text_columns=("text",), extract=Extraction.PAGE)
