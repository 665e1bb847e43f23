"""What the catalog knows of a version as lines of Markdown, in which no name can be markup."""

import re
from html import escape

from registry.domain.count import RecordedCount
from registry.domain.exchange import Dossier
from registry.domain.generation import Role
from registry.domain.licence import UNKNOWN
from registry.domain.quantities import format_bytes, format_number
from registry.domain.version import Version
from registry.reporting.text import plain

GAP = "**Not stated.**"
"""What stands where the catalog has no answer."""

_MARKUP = re.compile(r"([\\`*_{}\[\]()!|~])|^([-+#])")


def literal(text: str) -> str:
    r"""Return a text on one line that Markdown and HTML show as it is.

    Example:
        >>> literal("<b>a*")
        '&lt;b&gt;a\\*'
    """
    return _MARKUP.sub(r"\\\1\2", escape(plain(text).strip(), quote=False))


def gap(what: str, hint: str | None = None) -> str:
    """Return a mark for what nobody stated, with the command that states it, if one does."""
    return f"{GAP} {what}" + (f": `{hint}`" if hint else "")


def list_facts(dossier: Dossier) -> list[str]:
    """Return what a version is: size, licence, languages, digest."""
    version = dossier.version
    licence = dossier.described.effective_licence.expression
    reference = literal(version.reference)
    lines = [
        f"reference: {reference}, sealed {version.sealed_at.date().isoformat()}",
        f"digest: {version.digest}",
        f"documents: {version.num_documents:,}",
        f"files: {version.num_shards:,}, {format_bytes(version.num_bytes)}",
        "licence, after everything upstream: "
        + (literal(licence) if licence != UNKNOWN else gap("unknown", "muster licence add")),
        f"languages: {', '.join(map(literal, version.languages)) or GAP}",
    ]
    if version.num_text_bytes:
        lines.insert(4, f"text: {format_bytes(version.num_text_bytes)}")
    return lines


def list_tokens(dossier: Dossier) -> list[str]:
    """Return each token count with tokenizer, method and policy."""
    return [
        f"{format_number(count.num_tokens, 'token')} by {literal(count.tokenizer_name)} "
        f"({count.tokenizer_fingerprint[:19]}), {count.method.value}"
        + (" with a recipe on the fly" if count.recipe else "")
        for count in list_counts(dossier)
    ]


def list_counts(dossier: Dossier) -> list[RecordedCount]:
    """Return the counts of a version; of token shards those of what they were made from."""
    parents = dossier.described.parents
    return list(dossier.described.counts) or [
        count for count in dossier.counts if count.reference in parents
    ]


def list_lineage(dossier: Dossier) -> list[str]:
    """Return each edge upstream: what was made from what, and how."""
    return [
        f"{literal(edge.child)} from {literal(edge.parent)} by {literal(edge.operation.value)}"
        + (f" {literal(edge.recipe)}" if edge.recipe else "")
        for edge in dossier.lineage.edges
    ]


def list_origins(dossier: Dossier) -> list[Version]:
    """Return the versions upstream that were made from nothing here, by reference."""
    made = {edge.child for edge in dossier.lineage.edges}
    return [one for name, one in sorted(dossier.versions.items()) if name not in made]


def list_generators(dossier: Dossier) -> list[str]:
    """Return the models that imported documents say generated text."""
    named = [claim.value for claim in dossier.claims if claim.name == "generated_by"]
    flat = [one for value in named for one in (value if isinstance(value, list) else [value])]
    return [literal(str(one)) for one in dict.fromkeys(map(str, flat))]


def list_models(dossier: Dossier) -> list[str]:
    """Return each model that wrote or judged a version here or upstream, by what is stated."""
    return [
        f"{literal(one.reference)}: {_VERBS[one.role]} {literal(one.name)}, revision "
        f"{literal(one.revision)}"
        + (f", trained on {', '.join(map(literal, one.trained_on))}" if one.trained_on else "")
        + (f", given {', '.join(map(literal, one.grounded_in))}" if one.grounded_in else "")
        for one in dossier.lineage.writers
    ]


_VERBS = {
    Role.GENERATOR: "written by",
    Role.REWRITER: "rewritten by",
    Role.TRANSLATOR: "translated by",
    Role.JUDGE: "judged by",
}


def list_declared(dossier: Dossier) -> list[str]:
    """Return the counts that imported documents declare; nobody measured them here."""
    return [
        f"{literal(claim.name.removeprefix('declared.'))}: "
        f"{literal(str(claim.value)[:200])}, declared"
        for claim in dossier.claims
        if claim.name.startswith("declared.num_")
    ]


def join(title: str, sections: list[tuple[str, list[str]]]) -> str:
    """Return a page: each section with its lines as a list, and a mark where it has none."""
    lines = [f"# {title}"]
    for heading, facts in sections:
        lines += ["", f"## {heading}", "", *(f"- {fact}" for fact in facts or [GAP])]
    return "\n".join(lines) + "\n"
