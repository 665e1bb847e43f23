"""Read a summary of the Data Provenance Initiative: one JSON object, a dataset under each key.

Source:
    Data Provenance Initiative, https://github.com/Data-Provenance-Initiative, `data_summaries`.
"""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from registry.domain.exchange import Claim, StatedDescription, StatedLicence
from registry.errors import InputError
from registry.exchange.stating import (
    as_count,
    as_list,
    as_text,
    as_url,
    join_expressions,
    read_languages,
    state_licence,
)

MARK = "Unique Dataset Identifier"
SPEAKER = "Data Provenance Initiative"
"""A part of which nobody knows the licence, beside others that are known: no term of it is yes."""

_READ = frozenset(
    (MARK, "Dataset Name", "Dataset URL", "Languages", "Creators", "Licenses", "Text Metrics")
)
_NAMES = {
    "Model Generated": "generated_by",
    "Text Sources": "text_sources",
    "Derived from Datasets": "derived_from",
    "Human Annotation": "human_annotation",
    "License Notes": "licence_notes",
    "License Verified By": "licence_verified_by",
}


def read_summary(document: Mapping[str, JsonValue]) -> list[StatedDescription]:
    """Return what a summary states of each of its datasets, in its order.

    Raises:
        InputError: An entry is no dataset.
    """
    return [_read(key, entry) for key, entry in document.items()]


def _read(key: str, entry: JsonValue) -> StatedDescription:
    if not isinstance(entry, dict):
        raise InputError(f"{key!r} is no dataset of a Data Provenance summary")
    left_out: list[str] = []
    collection = as_text(entry.get("Collection"))
    # The name of a part is often that of the whole; only the identifier is unique.
    name = as_text(entry.get(MARK)) or key
    creators = [text for one in as_list(entry.get("Creators")) if (text := as_text(one))]
    return StatedDescription(
        name=name,
        by=SPEAKER,
        description=None if collection is None else f"{name}, of {collection}.",
        url=as_url(entry.get("Dataset URL")) or as_url(entry.get("Hugging Face URL")),
        publisher=", ".join(creators) or None,
        languages=read_languages(as_list(entry.get("Languages")), left_out, named=True),
        licences=tuple(_licences(entry)),
        claims=tuple(_claims(entry, left_out)),
        left_out=tuple(left_out),
    )


def _licences(entry: dict[str, JsonValue]) -> Iterator[StatedLicence]:
    """Yield what the hub says according to the summary, then what its auditors found.

    The auditors come last, so that of two statements equally founded theirs holds.
    """
    inferred = entry.get("Inferred Metadata")
    hub = as_text(inferred.get("HF Yaml License")) if isinstance(inferred, dict) else None
    if hub:
        yield state_licence(
            hub,
            by=f"Hugging Face, according to {SPEAKER}",
            evidence=as_url(entry.get("Hugging Face URL")),
        )
    stated = [one for one in as_list(entry.get("Licenses")) if isinstance(one, dict)]
    texts = {
        text: as_url(one.get("License URL"))
        for one in stated
        if (text := as_text(one.get("License")))
    }
    if texts:
        yield StatedLicence(
            text="; ".join(texts),
            expression=join_expressions(state_licence(one, by=SPEAKER).expression for one in texts),
            by=SPEAKER,
            evidence=next((url for url in texts.values() if url), None),
        )


def _claims(entry: dict[str, JsonValue], left_out: list[str]) -> Iterator[Claim]:
    metrics = entry.get("Text Metrics")
    if isinstance(metrics, dict):
        number = as_count(metrics.get("Num Dialogs"), "Text Metrics.Num Dialogs", left_out)
        if number is not None:
            yield Claim(name="declared.num_documents", value=number)
        yield Claim(name="declared.text_metrics", value=metrics)
    for name, value in entry.items():
        if name in _READ or value in (None, "", [], {}):
            continue
        yield Claim(name=_NAMES.get(name, f"data-provenance.{name}"), value=value)
