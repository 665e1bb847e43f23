"""The public summary of training content that the EU AI Act asks for, as far as it is known.

Source:
    Regulation (EU) 2024/1689, Article 53(1)(d); the Commission's template, published on 24 July
    2025 and adopted as C(2025) 8311: general information, list of data sources, data processing.
"""

import re
from collections.abc import Iterable, Sequence

from registry.domain.count import CountMethod
from registry.domain.exchange import Dossier
from registry.domain.generation import Role
from registry.domain.lineage import LineageEdge, Writer
from registry.domain.quantities import format_bytes, format_number
from registry.domain.version import DatasetKind, SourceFacts, Version
from registry.reporting.markdown import (
    GAP,
    gap,
    join,
    list_counts,
    list_declared,
    list_generators,
    list_origins,
    literal,
)

_BANDS = (
    (10**9, "less than 1 billion tokens"),
    (10**13 + 1, "1 billion to 10 trillion tokens"),
)
"""The ranges of the template, section 1.3, by the number that lies beyond each."""

_LARGEST_BAND = "more than 10 trillion tokens"
_HEADING = re.compile(r"^(#+) (.*)$")
_ITEM = re.compile(r"^- (.*)$")


def render_eu_summary(dossier: Dossier) -> str:
    """Return the summary as Markdown, a gap marked where only the provider knows."""
    origins = list_origins(dossier)
    written = {one.reference for one in _list_writers(dossier)}
    synthetic = [
        one
        for reference, one in dossier.versions.items()
        if reference in written or (one in origins and one.kind is DatasetKind.SYNTHETIC)
    ]
    crawled = [
        one for one in origins if one not in synthetic and _has_kind(one, "warc", "http", "crawl")
    ]
    others = [one for one in origins if one not in synthetic and one not in crawled]
    return join(
        f"Public summary of training content: {literal(dossier.version.reference)}",
        [
            ("Version of the summary", [gap("number of this version"), gap("last update")]),
            (
                "1.1 Provider identification",
                [gap("name and contact"), gap("authorised representative")],
            ),
            (
                "1.2 Model identification",
                [
                    gap("names with their versions"),
                    gap("models that it was made from"),
                    gap("date of placement on the Union market"),
                ],
            ),
            (
                "1.3 Modalities, overall training data size and other characteristics",
                [
                    *_sizes(dossier),
                    gap("types of content"),
                    _latest(dossier),
                    *_languages(dossier),
                ],
            ),
            ("2.1 Publicly available datasets", [_source(one) for one in others]),
            (
                "2.2 Private non-publicly available datasets obtained from third parties",
                [
                    gap("2.2.1 commercially licensed by rightsholders or their representatives"),
                    gap("2.2.2 private datasets obtained from other third parties"),
                ],
            ),
            ("2.3 Data crawled and scraped from online sources", _crawled(crawled)),
            ("2.4 User data", [gap("data of users")]),
            ("2.5 Synthetic data", _synthetic(dossier, synthetic)),
            ("2.6 Other sources of data", [GAP]),
            (
                "3.1 Respect of reservation of rights from text and data mining exception or "
                "limitation",
                [gap("measures to respect opt-outs")],
            ),
            ("3.2 Removal of illegal content", _processing(dossier.lineage.edges)),
            ("3.3 Other information", ["Optional."]),
        ],
    )


def count_gaps(text: str) -> int:
    """Return how many marks of something not stated a page has."""
    return text.count(GAP.strip("*"))


def find_band(num_tokens: int) -> str:
    """Return the range of the template in which a number of tokens lies."""
    return next((name for bound, name in _BANDS if num_tokens < bound), _LARGEST_BAND)


def to_html(markdown: str) -> str:
    """Return a page of ours as HTML that stands alone: headings, lists, gaps marked.

    Only for pages of this room: their names are escaped already, for Markdown and HTML at once.
    """
    body: list[str] = []
    is_list = False
    for line in markdown.splitlines():
        heading, item = _HEADING.match(line), _ITEM.match(line)
        if is_list and item is None:
            body.append("</ul>")
        if item is not None and not is_list:
            body.append("<ul>")
        is_list = item is not None
        if heading is not None:
            level = len(heading[1])
            body.append(f"<h{level}>{_inline(heading[2])}</h{level}>")
        elif item is not None:
            body.append(f"<li>{_inline(item[1])}</li>")
    if is_list:
        body.append("</ul>")
    title = _inline(markdown.splitlines()[0].removeprefix("# "))
    return _PAGE.format(title=title, body="\n".join(body))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }}
mark {{ background: #fff3a3; color: #000; padding: 0 .2em }}
li {{ overflow-wrap: anywhere }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def _inline(text: str) -> str:
    marked = text.replace(GAP, f"<mark>{GAP.strip('*')}</mark>")
    code = re.sub(r"(?<!\\)`([^`\\]*)`", r"<code>\1</code>", marked)
    return re.sub(r"\\([\\`*_{}\[\]()!|~+#-])", r"\1", code)


def _sizes(dossier: Dossier) -> list[str]:
    measured = [one for one in list_counts(dossier) if one.method is not CountMethod.DECLARED]
    lines = ["modality: text"]
    for count in measured:
        tokens = count.num_tokens
        band = find_band(tokens)
        lines.append(
            f"text: {band}; {tokens:,} by {literal(count.tokenizer_name)}, {count.method.value}"
        )
    if not measured:
        lines.append(gap("size in tokens", f"muster tokenize {dossier.version.reference}"))
    return [*lines, *list_declared(dossier)]


def _languages(dossier: Dossier) -> list[str]:
    found = {language for one in dossier.versions.values() for language in one.languages}
    if not found:
        return [gap("languages", f"muster dataset set {dossier.version.reference} --language")]
    return [f"languages: {', '.join(literal(one) for one in sorted(found))}"]


def _latest(dossier: Dossier) -> str:
    """Return the latest date at which data was acquired, as far as it is stated."""
    sources = (source for one in dossier.versions.values() for source in one.sources)
    dates = [source.retrieved_at.date() for source in sources if source.retrieved_at]
    what = "latest date of acquisition"
    return f"{what}: {max(dates)}" if dates else gap(what)


def _crawled(crawled: Sequence[Version]) -> list[str]:
    if not crawled:
        return ["None is recorded here."]
    return [
        *map(_source, crawled),
        gap("names, purposes and behaviour of the crawlers, and when they ran"),
        gap("the largest domain names by what was scraped"),
    ]


def _has_kind(version: Version, *kinds: str) -> bool:
    return any(source.kind in kinds for source in version.sources)


def _source(version: Version) -> str:
    where = "; ".join(_describe(one) for one in version.sources if one.url or one.publisher)
    documents = format_number(version.num_documents, "document")
    size = f"{documents}, {format_bytes(version.num_bytes)}"
    return f"{literal(version.reference)}: {size}, licence {literal(version.licence)}; " + (
        where or gap("where it came from", f"muster dataset set {version.reference} --url")
    )


def _describe(source: SourceFacts) -> str:
    parts = [
        literal(source.publisher) if source.publisher else None,
        literal(source.url) if source.url else None,
        f"retrieved {source.retrieved_at.date().isoformat()}" if source.retrieved_at else None,
    ]
    return ", ".join(part for part in parts if part)


def _synthetic(dossier: Dossier, synthetic: Iterable[Version]) -> list[str]:
    lines = [_source(one) for one in synthetic]
    for one in _list_writers(dossier):
        trained = ", ".join(map(literal, one.trained_on)) or gap("what it was trained on")
        lines.append(
            f"{literal(one.reference)}: written by {literal(one.model)} ({one.role}); the model "
            f"was trained on {trained}"
        )
    lines += [f"generated by {model}, as claimed" for model in list_generators(dossier)]
    return lines or ["None is recorded here."]


def _list_writers(dossier: Dossier) -> list[Writer]:
    """Return the models that wrote documents, without those that only judged them."""
    kinds = {Role.GENERATOR, Role.REWRITER, Role.TRANSLATOR}
    return [one for one in dossier.lineage.writers if one.role in kinds]


def _processing(edges: Iterable[LineageEdge]) -> list[str]:
    recipes = dict.fromkeys(edge.recipe for edge in edges if edge.recipe)
    lines = [f"normalized by the recipe {literal(recipe)}" for recipe in recipes]
    return [*lines, gap("filters for illegal content")]
