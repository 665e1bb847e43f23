"""MLCommons Croissant 1.1 with RAI and PROV: a version as JSON-LD.

Source:
    Croissant 1.1, https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html; RAI 1.0;
    W3C PROV-O. `https://schema.org/` is the form that the validator `mlcroissant` takes.
"""

import json
from collections.abc import Iterator
from urllib.parse import quote

from pydantic import JsonValue

from registry.domain.exchange import Dossier, Rendered
from registry.domain.licence import UNKNOWN
from registry.domain.reading import Format
from registry.domain.version import Content, Shard, Version
from registry.exchange.croissant_context import CONFORMS_TO, CONTEXT
from registry.exchange.croissant_provenance import Node, describe_run, tell_provenance
from registry.exchange.naming import UNSTATED, describe_by_name

_MOST_FILES = 200
"""Files that are listed one by one; more are described by a pattern alone."""

_MIME = {
    Format.JSONL: "application/jsonlines",
    Format.JSON: "application/json",
    Format.PARQUET: "application/x-parquet",
    Format.DOCUMENTS: "application/x-parquet",
    Format.CSV: "text/csv",
    Format.TSV: "text/tab-separated-values",
    Format.ARROW: "application/vnd.apache.arrow.file",
    Format.WARC: "application/warc",
    Format.HTML: "text/html",
    Format.TEXT: "text/plain",
}
_OTHER = "application/octet-stream"
_TYPES = (
    ("bool", "sc:Boolean"),
    ("int", "sc:Integer"),
    ("uint", "sc:Integer"),
    ("float", "sc:Float"),
    ("double", "sc:Float"),
    ("decimal", "sc:Float"),
    ("timestamp", "sc:DateTime"),
    ("date", "sc:Date"),
)
_ROWS = "http://www.wikidata.org/entity/Q4049983"
"""What the specification calls a number of rows."""


def render_croissant(dossier: Dossier) -> Rendered:
    """Return a version as Croissant 1.1, and what was left out of it or is missing for it."""
    version, dataset = dossier.version, dossier.described.dataset
    gaps = list(_list_gaps(dossier))
    node: Node = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": str(version.dataset),
        "description": dataset.description
        or describe_by_name(str(version.dataset), version.number),
        "conformsTo": CONFORMS_TO,
        "url": _url(version),
        "version": f"{version.number}.0.0",
        "identifier": version.digest,
        "sdVersion": f"{version.number}.0.0",
        "dateCreated": dataset.created_at.date().isoformat(),
        "datePublished": version.sealed_at.date().isoformat(),
        "creator": _creators(dossier),
    }
    licence = dossier.described.effective_licence.expression
    if licence != UNKNOWN:
        node["license"] = licence_url(licence)
    if version.languages:
        node["inLanguage"] = list(version.languages)
    if version.tags:
        node["keywords"] = list(version.tags)
    node |= _claimed(dossier) | _responsible(dossier) | tell_provenance(dossier)
    node["distribution"] = [*_distribution(dossier)]
    if version.fields and version.content is Content.DOCUMENTS:
        node["recordSet"] = [_record_set(dossier)]
    text = json.dumps(node, indent=2, ensure_ascii=False) + "\n"
    return Rendered(text=text, left_out=tuple(gaps))


def licence_url(expression: str) -> str:
    """Return the address of a single SPDX licence, else the expression itself."""
    is_single = " " not in expression and not expression.startswith(("LicenseRef-", "DocumentRef-"))
    return f"https://spdx.org/licenses/{expression}" if is_single else expression


def _list_gaps(dossier: Dossier) -> Iterator[str]:
    version = dossier.version
    if dossier.described.effective_licence.expression == UNKNOWN:
        yield "license is required and nobody stated one: muster licence add"
    if not dossier.described.dataset.description:
        yield "description is required and nobody stated one: its name stands there"
    if (
        not any(source.publisher for source in version.sources)
        and not dossier.described.dataset.owner
    ):
        yield "creator is required and nobody stated one: the registry's name stands there"
    if not any(source.url for source in version.sources):
        yield "url is required and nobody stated one: the digest stands there"
    if len(dossier.shards) > _MOST_FILES:
        yield f"{len(dossier.shards):,} files are described by a pattern, not one by one"
    if any(shard.uri for shard in dossier.shards):
        yield "where the files lie on this machine is not told; paths are relative"
    if len(dossier.runs) > 1:
        yield "of each run its ledger is left out; only what it was and what it made is told"
    if version.content is Content.TOKENS:
        yield "token ids have no record set in Croissant"


def _url(version: Version) -> str:
    known = (source.url for source in version.sources if source.url)
    return next(known, f"urn:muster:{version.dataset}:{version.digest}")


def _creators(dossier: Dossier) -> JsonValue:
    publishers = dict.fromkeys(
        source.publisher for source in dossier.version.sources if source.publisher
    )
    names = list(publishers) or [name for name in (dossier.described.dataset.owner,) if name]
    if not names:
        return [{"@type": "sc:Organization", "@id": UNSTATED, "name": "muster registry"}]
    return [{"@type": "sc:Organization", "name": name} for name in names]


def _claimed(dossier: Dossier) -> Node:
    """Return what an imported document had that Croissant has a place for."""
    wanted = {"croissant.citeAs": "citeAs"}
    return {wanted[claim.name]: claim.value for claim in dossier.claims if claim.name in wanted}


def _responsible(dossier: Dossier) -> Node:
    """Return the RAI properties that the catalog can answer, by what runs did."""
    node: Node = {
        claim.name.removeprefix("croissant."): claim.value
        for claim in dossier.claims
        if claim.name.startswith("croissant.rai:")
    }
    steps = [describe_run(run, dossier) for run in dossier.runs]
    sources = [
        source.url or source.publisher
        for version in dossier.versions.values()
        for source in version.sources
        if source.url or source.publisher
    ]
    if steps:
        node.setdefault("rai:dataPreprocessingProtocol", [*steps])
    if sources:
        node.setdefault("rai:dataCollectionRawData", [*dict.fromkeys(sources)])
    retrieved = sorted(
        source.retrieved_at
        for version in dossier.versions.values()
        for source in version.sources
        if source.retrieved_at
    )
    if retrieved:
        node.setdefault(
            "rai:dataCollectionTimeframe",
            [moment.isoformat() for moment in (retrieved[0], retrieved[-1])],
        )
    return node


def _distribution(dossier: Dossier) -> Iterator[Node]:
    shards = dossier.shards
    yield {
        "@type": "cr:FileSet",
        "@id": "shards",
        "name": "shards",
        "encodingFormat": _mime(shards[0]) if shards else _OTHER,
        "includes": [*dict.fromkeys(_pattern(shard.path) for shard in shards)],
    }
    if len(shards) <= _MOST_FILES:
        yield from map(_file, shards)


def _file(shard: Shard) -> Node:
    path = quote(shard.path)
    return {
        "@type": "cr:FileObject",
        "@id": f"files/{path}",
        "name": shard.path,
        "contentUrl": path,
        "contentSize": f"{shard.num_bytes} B",
        "encodingFormat": _mime(shard),
        "sha256": shard.digest.removeprefix("sha256:"),
    }


def _pattern(path: str) -> str:
    name = path.rpartition("/")[2]
    dot = name.find(".", 1)
    return f"**/*{name[dot:]}" if dot > 0 else path


def _mime(shard: Shard) -> str:
    return _OTHER if shard.reading is None else _MIME.get(shard.reading.format, _OTHER)


def _record_set(dossier: Dossier) -> Node:
    version = dossier.version
    annotations: list[JsonValue] = [
        _annotation("documents/num_documents", "num_documents", version.num_documents, _ROWS)
    ]
    for number, count in enumerate(dossier.described.counts):
        words = f"tokens by {count.tokenizer_name} ({count.tokenizer_fingerprint}), {count.method}"
        annotations.append(
            _annotation(f"documents/tokens_{number}", "num_tokens", count.num_tokens, words=words)
        )
    return {
        "@type": "cr:RecordSet",
        "@id": "documents",
        "name": "documents",
        "annotation": annotations,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"documents/{quote(field.name)}",
                "name": field.name,
                "dataType": _data_type(field.type),
                "source": {"fileSet": {"@id": "shards"}, "extract": {"column": field.name}},
            }
            for field in version.fields
        ],
    }


def _annotation(
    name: str, title: str, value: int, kind: str | None = None, *, words: str | None = None
) -> Node:
    node: Node = {
        "@type": "cr:Field",
        "@id": name,
        "name": title,
        "dataType": ["sc:Integer", kind] if kind else "sc:Integer",
        "sc:value": value,
    }
    return node | ({"description": words} if words else {})


def _data_type(arrow: str) -> str:
    return next((name for prefix, name in _TYPES if arrow.startswith(prefix)), "sc:Text")
