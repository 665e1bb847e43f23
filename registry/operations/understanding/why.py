"""Answer how a version came from one source: each path, with the books of the runs on it."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice

from pydantic import JsonValue

from registry.domain.answers import RunDescription
from registry.domain.count import WHOLE_VERSION, CountMethod, RecordedCount
from registry.domain.genealogy import find_source
from registry.domain.graph import count_paths, iter_paths
from registry.domain.lineage import LineageEdge
from registry.domain.names import Reference
from registry.domain.paths import Dropped, Paths, RunAccount, TokenFlow
from registry.domain.quantities import format_exact
from registry.domain.run import Operation
from registry.domain.tokenizer import CountingPolicy
from registry.operations.context import Context
from registry.operations.understanding.written_counts import is_of_run

Counts = Mapping[str, Sequence[RecordedCount]]
"""The counts of versions, by reference."""

_BEST_FIRST = (CountMethod.DECLARED, CountMethod.SAMPLED, CountMethod.EXACT)


def why(context: Context, reference: Reference, *, source: Reference, limit: int) -> Paths:
    """Return the paths from a source to a version, and what the runs on them kept and dropped.

    Args:
        context: The open registry.
        reference: The version.
        source: What it may have come from.
        limit: List so many paths at most. All are counted, without walking each of them.

    Raises:
        UnknownError: There is no such version.
    """
    start = context.catalog.versions.get(source).reference
    end = context.catalog.versions.get(reference).reference
    # Every path lies among what the version was made from, which is less than what a source became.
    upstream = context.catalog.lineage.upstream(Reference.parse(end))
    children: dict[str, list[str]] = {}
    for edge in upstream.edges:
        children.setdefault(edge.parent, []).append(edge.child)
    num_paths = count_paths(start, end, children)
    paths = tuple(islice(iter_paths(start, end, children), limit))
    is_cut = len(paths) < num_paths
    return Paths(
        reference=end,
        source=start,
        num_paths=num_paths,
        paths=paths,
        through=() if paths else _find_taint(context, end, start),
        accounts=_account(context, paths, upstream.edges),
        truncated=is_cut,
        reason=f"{format_exact(num_paths)} paths, the limit is {limit:,}" if is_cut else None,
        limit=limit,
    )


def _find_taint(context: Context, reference: str, source: str) -> tuple[str, ...]:
    graph = context.catalog.generations.upstream([Reference.parse(reference)])
    return find_source(graph, reference, source)


def _account(
    context: Context, paths: Sequence[tuple[str, ...]], edges: Iterable[LineageEdge]
) -> tuple[RunAccount, ...]:
    making = {edge.child: edge for edge in edges}
    made = list(dict.fromkeys(chain.from_iterable(path[1:] for path in paths)))
    runs = context.catalog.runs.describe_many({making[output].run for output in made})
    mentioned = {*made, *chain.from_iterable(run.inputs for run in runs.values())}
    counts = context.catalog.counts.list_many([Reference.parse(text) for text in mentioned])
    return tuple(_account_one(making[output], runs[making[output].run], counts) for output in made)


def _account_one(edge: LineageEdge, found: RunDescription, counts: Counts) -> RunAccount:
    ledger = found.ledger
    return RunAccount(
        output=edge.child,
        run=edge.run,
        operation=edge.operation,
        recipe=edge.recipe,
        rule=_find_rule(found.run.parameters),
        inputs=tuple(dict.fromkeys(found.inputs)),
        documents_in=ledger.documents_in,
        documents_kept=ledger.documents_kept,
        bytes_in=ledger.bytes_in,
        bytes_kept=ledger.bytes_kept,
        dropped=tuple(
            Dropped(step=entry.step, **dict(item))
            for entry in ledger.entries
            for item in entry.rejected
        ),
        tokens=_find_tokens(edge, found, counts),
    )


def _find_rule(parameters: Mapping[str, JsonValue]) -> str | None:
    card = parameters.get("card")
    rule = card.get("rule") if isinstance(card, dict) else None
    return None if rule is None else str(rule)


def _find_tokens(edge: LineageEdge, found: RunDescription, counts: Counts) -> tuple[TokenFlow, ...]:
    """Return what the output holds by each tokenizer, beside what its inputs held by the same."""
    inputs = tuple(dict.fromkeys(found.inputs))
    if edge.operation is Operation.TOKENIZE:
        # Tokens belong to the version that was counted, not to the one that holds the shards.
        parameters = found.run.parameters
        written = [
            count for text in inputs for count in counts[text] if is_of_run(count, parameters)
        ]
        return tuple(_flow(count, None) for count in written)
    held = _as_they_stand(counts[edge.child])
    before = [_as_they_stand(counts[text]) for text in inputs]
    return tuple(
        _flow(
            count,
            sum(one[measure].num_tokens for one in before)
            if before and all(measure in one for one in before)
            else None,
        )
        for measure, count in held.items()
    )


def _as_they_stand(
    counts: Iterable[RecordedCount],
) -> dict[tuple[str, CountingPolicy], RecordedCount]:
    """Return the best count of a version without a recipe, by tokenizer and policy."""
    fitting = [one for one in counts if one.recipe is None and one.scope == WHOLE_VERSION]
    ordered = sorted(fitting, key=lambda one: _BEST_FIRST.index(one.method))
    return {(one.tokenizer_fingerprint, one.policy): one for one in ordered}


def _flow(count: RecordedCount, num_tokens_in: int | None) -> TokenFlow:
    return TokenFlow(
        tokenizer_name=count.tokenizer_name,
        tokenizer_fingerprint=count.tokenizer_fingerprint,
        policy=count.policy,
        method=count.method.value,
        num_tokens_in=num_tokens_in,
        num_tokens_kept=count.num_tokens,
    )
