"""How synthetic the tokens of a report are: its versions followed upstream, through models."""

from collections.abc import Mapping

from registry.domain.genealogy import Traced, deepest, list_unstated, trace
from registry.domain.names import Reference
from registry.domain.report import ReportWarning, WarningCode
from registry.domain.shares import Bounds, weigh
from registry.domain.supply import SupplyLine
from registry.domain.synthetic import SyntheticSupply, say_share
from registry.domain.version import DatasetKind
from registry.operations.assessing.supply import Supply
from registry.operations.context import Context


def find_synthetic(
    context: Context, supply: Supply, *, weights: Mapping[str, float] | None = None
) -> SyntheticSupply:
    """Return how synthetic the lines of a supply are, together, in a fixed number of queries.

    Args:
        context: The open registry.
        supply: The lines.
        weights: Of a mixture: the share of a run that each line is given, by reference; None: lines
            count by their tokens.
    """
    graph = context.catalog.generations.upstream(
        [Reference.parse(line.reference) for line in supply.lines],
        tokenizer_fingerprint=supply.measure.tokenizer_fingerprint,
        parse_special=supply.measure.parse_special,
    )
    traced = trace(graph)
    found = [(line, traced[graph.starts[line.reference]]) for line in supply.lines]
    tokens = [_tokens_of(line, one) for line, one in found]
    amounts = [held.total for held in tokens]
    if weights is not None:
        total = supply.total_tokens
        amounts = [round(weights.get(line.reference, 0.0) * total) for line in supply.lines]
    upstream = [graph.nodes[key] for key in sorted(graph.nodes)]
    return SyntheticSupply(
        tokens=weigh(zip(tokens, amounts, strict=True)),
        depth=deepest([one.depth for _, one in found]),
        unstated=list_unstated(upstream),
        synthetic=tuple(
            line.reference for (line, _), held in zip(found, tokens, strict=True) if held.low
        ),
        doubtful=list_unstated(one for one in upstream if one.kind is DatasetKind.SYNTHETIC),
    )


def warn_of_synthetic(found: SyntheticSupply) -> list[ReportWarning]:
    """Return the warning that tokens were written by models, or may have been.

    That they may have been is said where data is called synthetic and nobody says who wrote it.
    """
    if found.synthetic:
        named = found.synthetic
        message = (
            f"{say_share(found.tokens)} of the tokens were written by models, "
            f"generation depth {found.depth}"
        )
        hint = f"muster generation show {named[0]}"
    elif found.doubtful:
        named = found.doubtful
        message = f"{say_share(found.tokens)} of the tokens is synthetic: nobody says who wrote it"
        hint = f"muster generation add {named[0]} --model NAME@REVISION, or --role people"
    else:
        return []
    return [ReportWarning(code=WarningCode.SYNTHETIC, message=message, references=named, hint=hint)]


def _tokens_of(line: SupplyLine, found: Traced) -> Bounds:
    """Return what is synthetic of a line, whose count may be of text changed on the fly."""
    total, documents = line.num_tokens, found.documents
    if found.tokens is not None and found.tokens.total == total:
        return found.tokens
    if documents.low == documents.total:
        return Bounds.all(total)
    return Bounds.none(total) if documents.high == 0 else Bounds.unknown(total)
