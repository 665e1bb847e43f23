"""Documents as a reader can judge them: `sample`, and before and after of a recipe."""

from difflib import unified_diff
from typing import TYPE_CHECKING

from registry.reporting.text import plain, visible

if TYPE_CHECKING:
    from rich.text import Text

MAX_SHOWN_CHARACTERS = 4_000
"""How much of one document is shown unless the caller asks for more."""

_GUTTER = "  "
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def render_document(
    title: str, text: str, *, width: int, most: int = MAX_SHOWN_CHARACTERS
) -> "Text":
    """Return one document under its title, indented, with everything invisible shown.

    Args:
        title: Such as reference and locator.
        text: The document; what lies behind `most` characters is counted, not shown.
        width: Cells of the terminal.
        most: Characters to show.
    """
    from rich.text import Text

    body = visible(text[:most], width=width - len(_GUTTER)).split("\n")
    lines = Text(plain(title), style="bold", no_wrap=True, overflow="ignore")
    for line in body:
        lines.append(f"\n{_GUTTER}{line}", style="not bold")
    if len(text) > most:
        lines.append(f"\n{_GUTTER}and {len(text) - most:,} more characters", style="not bold dim")
    return lines


def render_change(
    title: str,
    before: str,
    after: str | None,
    *,
    width: int,
    reason: str = "",
    most: int = MAX_SHOWN_CHARACTERS,
) -> "Text":
    """Return what a recipe made of one document, as a difference of lines.

    Args:
        title: Such as the locator.
        before: The document as it came in.
        after: The document as it went out; None: it was rejected.
        width: Cells of the terminal.
        reason: Why it was rejected.
        most: Characters of each side to compare and show.
    """
    from rich.text import Text

    if after is None:
        return render_document(f"{title}: rejected, {reason}", before, width=width, most=most)
    if before == after:
        return render_document(f"{title}: unchanged", after, width=width, most=most)
    inside = width - len(_GUTTER) - 1
    old, new = (visible(side[:most], width=inside).split("\n") for side in (before, after))
    difference = list(unified_diff(old, new, lineterm="", n=2))[2:]
    lines = Text(f"{plain(title)}: changed", style="bold", no_wrap=True, overflow="ignore")
    for line in difference or ["the change lies beyond what is shown"]:
        lines.append(f"\n{_GUTTER}{line}", style=f"not bold {_STYLES.get(line[0], '')}".strip())
    return lines
