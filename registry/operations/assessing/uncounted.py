"""Named versions that are not counted as the others: an error, which says by what each is."""

from collections.abc import Mapping, Sequence

from registry.domain.lineage import LineageNode
from registry.domain.names import Reference
from registry.domain.quantities import format_number
from registry.errors import InputError
from registry.operations.assessing.chosen_counts import Measure, name_measure
from registry.operations.assessing.supply import Supply
from registry.operations.context import Context

_NAMED = 8


def refuse_uncounted(context: Context, supply: Supply) -> None:
    """Refuse a supply that was named and of which only a part can be added up.

    Raises:
        InputError: A version is not counted by the tokenizer of the others.
    """
    missing = [item.version.reference for item in supply.counted if item.count is None]
    if not missing:
        return
    names = [item.version.reference for item in supply.counted]
    listed = context.catalog.counts.list_many([Reference.parse(name) for name in names])
    measures = {name: {*map(Measure.of, counts)} for name, counts in listed.items()}
    taken = name_measure(context, supply.measure)
    verb = "is" if len(missing) == 1 else "are"
    raise InputError(
        f"{_some(missing)} {verb} not counted by {taken}, and tokens of different tokenizers are "
        f"never added: {_who_counted(context, measures)}",
        hint=_hint(context, measures, supply.measure, first=missing[0]),
    )


def _who_counted(context: Context, measures: Mapping[str, set[Measure]]) -> str:
    """Return which tokenizers counted which versions."""
    groups: dict[str, list[str]] = {}
    for name, found in measures.items():
        by = " and ".join(sorted(name_measure(context, one) for one in found)) or "nothing"
        groups.setdefault(by, []).append(name)
    return "; ".join(f"{_some(names)} by {by}" for by, names in groups.items())


def _hint(
    context: Context, measures: Mapping[str, set[Measure]], taken: Measure, *, first: str
) -> str:
    """Return what counts the first that is missing, or what was made from it, or else all."""
    everywhere = set.intersection(*measures.values())
    count = f"muster tokenize {first} --tokenizer {name_measure(context, taken)} --count-only"
    if everywhere:
        usual = min(everywhere, key=lambda one: (one.parse_special, one.tokenizer_fingerprint))
        name = context.catalog.tokenizers.get(usual.tokenizer_fingerprint).name
        return f"{count}, or --tokenizer {name}, which counted all of them"
    made = [node.reference for node in _made_from(context, first)]
    counts = context.catalog.counts.list_many([Reference.parse(name) for name in made])
    for name, found in counts.items():
        if any(Measure.of(one) == taken for one in found):
            return f"{count}, or name {name}, which was made from it and is counted"
    return count


def _made_from(context: Context, name: str) -> Sequence[LineageNode]:
    return context.catalog.lineage.downstream(Reference.parse(name)).nodes[1:]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {format_number(more, 'version')} more" if more > 0 else shown
