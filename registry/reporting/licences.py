"""Effective licences and notices in words."""

from collections.abc import Iterator, Sequence

from registry.domain.effective import EffectiveLicence, Notice, NoticeEntry
from registry.domain.quantities import format_number
from registry.domain.terms import Answer, Term, Terms
from registry.reporting.text import plain

TERM_COLUMNS = ("term", "answer", "given by", "licence")
PART_COLUMNS = ("licence", "taken as", "versions", "nearest")
_MOST_LICENCES = 4


def short_expression(found: EffectiveLicence) -> str:
    """Return the licences that apply, the first few where there are many."""
    names = [part.licence for part in found.parts]
    if len(names) <= _MOST_LICENCES:
        return found.expression
    shown = " AND ".join(names[:_MOST_LICENCES])
    return f"{shown} and {len(names) - _MOST_LICENCES} more"


def in_short(terms: Terms) -> str:
    """Return terms in a line: what is refused, what is asked for, what nobody knows."""
    refused = [term.words for term in Term if not term.is_obligation and terms[term] is Answer.NO]
    asked = [term.words for term in Term if term.is_obligation and terms[term] is Answer.YES]
    unknown = [term.words for term in Term if terms[term] is Answer.UNKNOWN]
    parts = [
        f"not {', not '.join(refused)}" if refused else "",
        f"asks for {', '.join(asked)}" if asked else "",
        f"unknown: {', '.join(unknown)}" if unknown else "",
    ]
    return "; ".join(part for part in parts if part) or "no restrictions"


def term_rows(found: EffectiveLicence) -> list[tuple[str, str, str, str]]:
    """Return a row for each term, with what proves it where it is not free."""
    proofs = {proof.term: proof for proof in found.restrictions}
    rows = []
    for term in Term:
        proof = proofs.get(term)
        given = proof.reference if proof else ""
        rows.append((term.words, found.terms[term].value, given, proof.licence if proof else ""))
    return rows


def list_paths(found: EffectiveLicence) -> list[str]:
    """Return each way that proves a restriction once, longest last."""
    paths = {proof.path for proof in found.restrictions if len(proof.path) > 1}
    return [" <- ".join(path) for path in sorted(paths, key=lambda path: (len(path), path))]


def render_notice(notice: Notice) -> str:
    """Return the text of a NOTICE file, which is the same for the same registry."""
    asked = [entry for entry in notice.entries if entry.attribution is Answer.YES]
    unknown = [entry for entry in notice.entries if entry.attribution is Answer.UNKNOWN]
    lines = [
        "NOTICE",
        "",
        f"This notice is of {notice.reference}",
        f"({notice.digest}).",
        "",
        _summary(asked, unknown),
    ]
    for entry in asked:
        lines += ["", *_entry_lines(entry)]
    if unknown:
        lines += ["", "", "Of these nobody knows whether they ask for a notice:"]
        for entry in unknown:
            lines += ["", *_entry_lines(entry)]
    return "\n".join(lines) + "\n"


def _summary(asked: Sequence[NoticeEntry], unknown: Sequence[NoticeEntry]) -> str:
    if not asked and not unknown:
        return "Nothing that it was made from asks for a notice."
    number = format_number(len(asked), "version")
    return f"It was made from {number} whose licences ask for a notice:"


def _entry_lines(entry: NoticeEntry) -> Iterator[str]:
    yield entry.reference
    facts = [
        ("licence", entry.licence),
        ("taken as", entry.chosen if entry.chosen != entry.licence else None),
        *(("publisher", publisher) for publisher in entry.publishers),
        *(("source", url) for url in entry.urls),
        ("evidence", entry.evidence),
        ("copy", entry.evidence_digest),
    ]
    for name, value in facts:
        if value is not None:
            yield f"    {name + ':':<11}{plain(value)}"
