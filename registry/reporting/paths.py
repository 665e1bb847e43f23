"""How a version came from a source, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from registry.domain.paths import Dropped, Paths, RunAccount, TokenFlow
from registry.domain.quantities import format_bytes, format_exact, format_number
from registry.reporting.text import plain

if TYPE_CHECKING:
    from rich.text import Text

_SHORT_RUN = 8
_INDENT = "     "


def paths_text(found: Paths) -> "Text":
    """Return each path from the source down to the version, below each run what it kept.

    The books of a run stand at its first place; where a later path leads over it as well, they are
    not told again.
    """
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ignore")
    text.append(_headline(found) + "\n")
    accounts = {account.output: account for account in found.accounts}
    told: set[str] = set()
    for number, path in enumerate(found.paths, start=1):
        text.append(f"\n{number:>3}. {path[0]}\n")
        for output in path[1:]:
            account = accounts[output]
            text.append(f"{_INDENT}  {_describe_run(account)}\n", style="dim")
            if output not in told:
                for line in _describe_books(account):
                    text.append(f"{_INDENT}    {line}\n")
            told.add(output)
            text.append(f"{_INDENT}{output}\n")
    if found.reason:
        text.append(f"\ncut: {found.reason}\n")
    text.rstrip()
    return text


def _headline(found: Paths) -> str:
    if not found.num_paths:
        return f"{found.reference} was not made from {found.source}{_say_taint(found)}"
    if found.reference == found.source:
        return f"{found.reference} is the source itself"
    noun = "path leads" if found.num_paths == 1 else "paths lead"
    number = format_exact(found.num_paths)
    return f"{number} {noun} from {found.source} to {found.reference}"


def _say_taint(found: Paths) -> str:
    if not found.through:
        return ""
    way = plain(" -> ".join(found.through))
    return f", but is reached through models:\n{way}\nmuster impact {found.source}"


def _describe_run(account: RunAccount) -> str:
    parts = [account.operation.value, account.recipe or "", f"(run {account.run[-_SHORT_RUN:]})"]
    others = len(account.inputs) - 1
    if others:
        parts.append(f"with {format_number(others, 'other input')}, books of all together")
    return plain(" ".join(part for part in parts if part))


def _describe_books(account: RunAccount) -> Iterator[str]:
    if account.rule:
        yield f"rule: {plain(account.rule)}"
    num_dropped = account.documents_in - account.documents_kept
    yield (
        f"documents  {account.documents_in:,} in, {account.documents_kept:,} kept, "
        f"{num_dropped:,} dropped"
    )
    yield f"text       {format_bytes(account.bytes_in)} in, {format_bytes(account.bytes_kept)} kept"
    for flow in account.tokens:
        yield f"tokens     {_describe_tokens(flow)}"
    for dropped in account.dropped:
        yield f"dropped    {_describe_dropped(dropped)}"


def _describe_tokens(flow: TokenFlow) -> str:
    before = "" if flow.num_tokens_in is None else f"{flow.num_tokens_in:,} in, "
    return f"{before}{flow.num_tokens_kept:,} kept by {plain(flow.tokenizer_name)}, {flow.method}"


def _describe_dropped(dropped: Dropped) -> str:
    return (
        f"{format_number(dropped.num_documents, 'document')}, {format_bytes(dropped.num_bytes)}: "
        f"{plain(dropped.reason)} ({plain(dropped.step)})"
    )
