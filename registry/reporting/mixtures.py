"""Mixtures in words and cells."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from registry.domain.mixture import Mixture, PartUse
from registry.domain.mixture_export import MixtureExport
from registry.domain.mixture_solution import MixtureSolution
from registry.domain.quantities import format_count, format_times
from registry.domain.target import TargetReport
from registry.reporting.tables import add_rows, new_table
from registry.reporting.text import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

PART_COLUMNS = ("part", "weight", "documents")
EXPORT_COLUMNS = ("folder", "weight", "tokens", "from")
USE_COLUMNS = ("part", "weight", "unique", "read", "epochs", "worth")


def part_rows(mixture: Mixture) -> list[list[str]]:
    """Return a row for each part under `PART_COLUMNS`."""
    return [
        [plain(part.reference), percent(part.share), f"{part.num_documents:,}"]
        for part in mixture.parts
    ]


def export_rows(answer: MixtureExport) -> list[list[str]]:
    """Return a row for each exported part under `EXPORT_COLUMNS`."""
    return [
        [plain(part.folder), percent(part.share), f"{part.num_tokens:,}", plain(part.tokens)]
        for part in answer.manifest.parts
    ]


def export_note(answer: MixtureExport) -> str:
    """Return which special tokens stand in the files, since a report counts none."""
    found = dict.fromkeys(part.boundaries for part in answer.manifest.parts)
    if set(found) == {"none"}:
        return "No special tokens stand around the documents."
    return f"Among these are special tokens, which reports do not count: {'; '.join(found)}"


def use_rows(parts: Sequence[PartUse]) -> list[list[str]]:
    """Return a row for each part of a run under `USE_COLUMNS`, and their total."""
    rows = [
        [
            plain(part.reference),
            percent(part.weight),
            format_count(part.unique_tokens),
            format_count(part.num_tokens),
            format_times(part.epochs),
            format_count(part.effective_tokens),
        ]
        for part in parts
    ]
    if len(parts) > 1:
        totals = (
            sum(part.unique_tokens for part in parts),
            sum(part.num_tokens for part in parts),
        )
        worth = format_count(sum(part.effective_tokens for part in parts))
        rows.append(["total", percent(1.0), *map(format_count, totals), "", worth])
    return rows


def percent(share: float) -> str:
    """Return a share in per cent, with up to four digits."""
    return f"{100 * share:.4g} %"


def use_note(target: TargetReport) -> str:
    """Return why the verdict's epochs are more than those of the parts, where they are."""
    need = target.required_tokens[target.law].mid
    worth = sum(part.effective_tokens for part in target.mixture)
    if worth >= need or target.epochs_needed is None:
        return ""
    times = format_times(target.epochs_needed)
    return (
        f"They are worth {format_count(worth)}. To be worth {format_count(need)} it reads more, "
        f"until a part is seen {times} times: the verdict goes by that."
    )


def use_title(target: TargetReport) -> str:
    """Return what the parts of a target's mixture are listed for."""
    need = target.required_tokens[target.law].mid
    return f"A run of {target.label} that reads {format_count(need)} tokens takes"


def render_uses(parts: Sequence[PartUse]) -> "RenderableType":
    """Return what a run takes from each part, as a table."""
    return add_rows(new_table(USE_COLUMNS, right=USE_COLUMNS[1:]), use_rows(parts))


def render_solution(found: MixtureSolution) -> "RenderableType":
    """Return weights that were found, for the terminal."""
    from rich.console import Group
    from rich.text import Text

    share = found.lost_tokens / found.num_tokens
    lines = [
        Text(
            f"{format_count(found.num_tokens)} tokens of {found.tokenizer} are worth "
            f"{format_count(found.effective_tokens)}: repetition loses {percent(share)}.\n",
            style="bold",
        ),
        render_uses(found.parts),
    ]
    if found.shares:
        lines.append(Text())
    for group in found.shares:
        asked = [f"at least {percent(group.low)}"] * bool(group.low)
        asked += [f"at most {percent(group.high)}"] * (group.high < 1)
        unclear = f"; not certain: {', '.join(group.unclear)}" if group.unclear else ""
        lines.append(
            Text(f"{group.group}: {percent(group.share)}, asked {' and '.join(asked)}{unclear}")
        )
    lines.append(Text(f"\nObjective: {found.objective}.", style="dim"))
    if found.made is not None:
        lines.append(Text(f"{found.made.status}: {found.made.mixture.reference}"))
    return Group(*lines)
