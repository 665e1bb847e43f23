"""The JSON-LD context of Croissant 1.1, and what the specification requires of a dataset."""

from collections.abc import Mapping

from pydantic import JsonValue

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"

_TERMS = (
    "annotation arrayShape citeAs column containedIn equivalentProperty extract field fileObject "
    "fileProperty fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path "
    "recordSet references regex repeated replace samplingRate sdVersion separator source subField "
    "transform"
)

CONTEXT: dict[str, JsonValue] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}

REQUIRED = (
    "@context",
    "@type",
    "conformsTo",
    "name",
    "description",
    "license",
    "url",
    "creator",
    "datePublished",
    "distribution",
)
"""What a dataset must have by the text of 1.1; the library's own check asks for less."""


def list_missing(document: Mapping[str, JsonValue]) -> list[str]:
    """Return the required properties that a document does not have, or has empty."""
    return [name for name in REQUIRED if not document.get(name)]
