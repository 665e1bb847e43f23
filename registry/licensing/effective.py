"""The effective licence of a version: the meet over all that it was made from.

What somebody states of a version holds for it and for everything made from it, whenever it is said:
nothing is copied down, so a licence that is stated today reaches what was made last year. Of a
version that was made from others and of which nobody states anything, only they speak; of one that
came from outside and of which nobody states anything, nobody knows.

What a model wrote comes under the terms of its output, and under the licences of what it was
trained on: whether those end at a model is open, so they are shown with the way through it.

Example:
    mix@1 was made from a@1 (MIT) and b@1, b@1 from c@1 (CC-BY-NC-4.0). Of mix@1 and b@1 nobody
    says anything. mix@1 is under CC-BY-NC-4.0 AND MIT: commercial no, by mix@1 <- b@1 <- c@1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from registry.domain.effective import (
    EffectiveLicence,
    LicenceConflict,
    LicenceGraph,
    LicenceNode,
    LicencePart,
    LicencePolicy,
    Notice,
    NoticeEntry,
    Restriction,
)
from registry.domain.licence import UNKNOWN
from registry.domain.terms import Answer, Term, meet_all
from registry.licensing.expressions import Taken, take
from registry.licensing.policies import rule


def effective_licence(
    graph: LicenceGraph, reference: str, *, policy: LicencePolicy | None = None
) -> EffectiveLicence:
    """Return the licence that applies to a version, with what proves each restriction.

    Args:
        graph: The version and everything upstream of it; versions beside it do no harm.
        reference: The canonical reference of the version, one of the graph's starts.
        policy: Chooses between alternatives and rules on the result; None: none does.
    """
    start = graph.starts[reference]
    ways = _walk(graph, start)
    licences = {key: licence for key in ways if (licence := _licence_of(graph.nodes[key]))}
    taken = _take_all(graph, licences, policy)
    terms = meet_all(item.terms for item in taken.values())
    return EffectiveLicence(
        reference=reference,
        expression=_join(taken),
        terms=terms,
        restrictions=tuple(
            _prove(graph, term, terms[term], ways=ways, licences=licences, taken=taken)
            for term in Term
            if terms[term] is not term.best
        ),
        parts=tuple(_parts(graph, licences, taken)),
        conflicts=tuple(_conflicts(graph.nodes[key] for key in ways)),
        num_ancestors=sum(key > 0 for key in ways) - 1,
        ruling=None if policy is None else rule(terms, policy),
    )


def make_notice(graph: LicenceGraph, reference: str) -> Notice:
    """Return whom a version owes a notice: what asks for it, and of which nobody knows."""
    start = graph.starts[reference]
    ways = _walk(graph, start)
    licences = {key: licence for key in ways if (licence := _licence_of(graph.nodes[key]))}
    taken = _take_all(graph, licences, None)
    entries = [
        _entry(graph.nodes[key], licence, taken[licence])
        for key, licence in licences.items()
        if taken[licence].terms.attribution is not Answer.NO
    ]
    return Notice(
        reference=reference,
        digest=graph.nodes[start].digest,
        entries=tuple(sorted(entries, key=lambda entry: entry.reference)),
    )


def _take_all(
    graph: LicenceGraph, licences: Mapping[int, str], policy: LicencePolicy | None
) -> dict[str, Taken]:
    """Return what is taken of each licence; stated terms of a model's output hold as such."""
    taken: dict[str, Taken] = {}
    for key, licence in licences.items():
        if licence not in taken:
            stated = graph.nodes[key].terms
            taken[licence] = take(licence, policy) if stated is None else Taken((licence,), stated)
    return taken


def _walk(graph: LicenceGraph, start: int) -> dict[int, int | None]:
    """Return all versions upstream, the nearest first, each with the next one on its way down."""
    ways: dict[int, int | None] = {start: None}
    front = [start]
    while front:
        reached = []
        for child in front:
            for parent in graph.nodes[child].parents:
                if parent not in ways:
                    ways[parent] = child
                    reached.append(parent)
        front = reached
    return ways


def _licence_of(node: LicenceNode) -> str | None:
    """Return what a version brings in by itself; None: it only passes on what it was made from."""
    if node.holding is not None:
        return node.holding.expression
    return None if node.parents else UNKNOWN


def _join(licences: Iterable[str]) -> str:
    """Return expressions as one: all of them hold."""
    listed = sorted(licences)
    if len(listed) == 1:
        return listed[0]
    return " AND ".join(f"({one})" if " OR " in one else one for one in listed)


def _prove(
    graph: LicenceGraph,
    term: Term,
    answer: Answer,
    *,
    ways: dict[int, int | None],
    licences: dict[int, str],
    taken: dict[str, Taken],
) -> Restriction:
    # The nearest comes first in both.
    key = next(key for key, licence in licences.items() if taken[licence].terms[term] is answer)
    return Restriction(
        term=term,
        answer=answer,
        reference=graph.nodes[key].reference,
        licence=licences[key],
        path=tuple(graph.nodes[one].reference for one in _path(ways, key)),
    )


def _path(ways: dict[int, int | None], key: int) -> list[int]:
    """Return the way from the version that was asked for to one upstream."""
    path: list[int] = []
    here: int | None = key
    while here is not None:
        path.append(here)
        here = ways[here]
    return path[::-1]


def _parts(
    graph: LicenceGraph, licences: dict[int, str], taken: dict[str, Taken]
) -> Iterator[LicencePart]:
    keys: dict[str, list[int]] = {}
    for key, licence in licences.items():
        keys.setdefault(licence, []).append(key)
    for licence, found in keys.items():
        yield LicencePart(
            licence=licence,
            chosen=taken[licence].expression,
            terms=taken[licence].terms,
            num_versions=sum(key > 0 for key in found),
            nearest=graph.nodes[found[0]].reference,
        )


def _conflicts(nodes: Iterable[LicenceNode]) -> Iterator[LicenceConflict]:
    for node in nodes:
        if node.holding is None:
            continue
        expression = node.holding.expression
        others = tuple(one for one in node.others if one.expression != expression)
        if others:
            yield LicenceConflict(reference=node.reference, holds=node.holding, others=others)


def _entry(node: LicenceNode, licence: str, taken: Taken) -> NoticeEntry:
    holding = node.holding
    return NoticeEntry(
        reference=node.reference,
        licence=licence,
        chosen=taken.expression,
        attribution=taken.terms.attribution,
        publishers=_distinct(source.publisher for source in node.sources),
        urls=_distinct(source.url or _public(source.uri) for source in node.sources),
        evidence=None if holding is None else holding.evidence,
        evidence_digest=None if holding is None else holding.evidence_digest,
    )


def _distinct(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _public(uri: str) -> str | None:
    """Return where something lies, unless that is a path on this machine."""
    scheme, mark, _ = uri.partition("://")
    return uri if mark and scheme not in _LOCAL else None


_LOCAL: Sequence[str] = ("file",)
