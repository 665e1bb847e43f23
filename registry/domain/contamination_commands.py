"""Commands that show, or mend, what a report found of evaluation data."""

from collections.abc import Sequence

from registry.domain.contamination import Comparison, Contamination, OverlapMethod


def command_to_list(found: Contamination) -> str:
    """Return the command that lists the documents that left a supply, as they were found.

    Each version of which something left is named, with the method and the evaluation data that the
    report went by. What was found by equal text alone is compared by the standard method.
    """
    names = [line.reference for line in found.lines]
    known = [_only(one, names) for one in found.comparisons]
    return _join([*known, *_uncompared(found, names)], listing="overlap")


def command_to_measure(found: Contamination) -> str:
    """Return the command that measures what nobody did."""
    return _join(found.missing)


def command_to_measure_alike(found: Contamination) -> str:
    """Return the command after which a report goes by the standard method everywhere."""
    usual = OverlapMethod()
    others = [one for one in found.comparisons if one.method != usual]
    return _join([one.model_copy(update={"method": usual}) for one in others])


def _only(one: Comparison, names: Sequence[str]) -> Comparison:
    held = set(one.references)
    return one.model_copy(update={"references": tuple(name for name in names if name in held)})


def _uncompared(found: Contamination, names: Sequence[str]) -> list[Comparison]:
    """Return what was compared by equal text alone."""
    indexed = [one.reference for one in found.evaluation if one.num_documents is not None]
    compared = {
        (name, evaluation)
        for one in found.comparisons
        for name in one.references
        for evaluation in one.evaluation
    }
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        lacking = tuple(one for one in indexed if (name, one) not in compared)
        groups.setdefault(lacking, []).append(name)
    return [
        Comparison(method=OverlapMethod(), recipe=None, references=tuple(group), evaluation=lacking)
        for lacking, group in groups.items()
        if lacking
    ]


def _join(comparisons: Sequence[Comparison], *, listing: str | None = None) -> str:
    wanted = [one for one in comparisons if one.references]
    commands = []
    for place, one in enumerate(wanted, start=1):
        against = "".join(f" --against {evaluation}" for evaluation in one.evaluation)
        recipe = "" if one.recipe is None else " --recipe NAME"
        command = f"muster measure contamination {' '.join(one.references)}{against}"
        command += f"{one.method.options}{recipe}"
        if listing is not None:
            # Each command writes a file anew.
            number = f"-{place}" if len(wanted) > 1 else ""
            command += f" --list {listing}{number}.csv"
        commands.append(command)
    return " && ".join(commands)
