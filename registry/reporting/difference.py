"""How two versions differ, in words."""

import json
from collections.abc import Iterator, Sequence

from registry.domain.difference import (
    DocumentDifference,
    Members,
    Numbers,
    TokenDifference,
    VersionDifference,
    Words,
)
from registry.domain.quantities import format_bytes, format_number
from registry.reporting.tables import Cell
from registry.reporting.text import plain

_SHOWN = 5

TOKEN_COLUMNS = ("tokenizer", "policy", "recipe", "method", "tokens before", "after")
PARAMETER_COLUMNS = ("parameter", "before", "after")


def difference_facts(found: VersionDifference) -> list[tuple[str, str | None]]:
    """Return names and values; what is the same on both sides and says nothing is left out."""
    return [
        ("versions", f"{found.before} -> {found.after}"),
        ("bytes", "the same files" if found.is_same else "other files"),
        ("files", _describe_shards(found)),
        *_list_members("file", found.shards),
        *((("file changed"), plain(path)) for path in found.shards.changed[:_SHOWN]),
        ("documents", _describe_numbers(found.num_documents)),
        ("distinct texts", _describe_documents(found.documents, found.unindexed)),
        ("text", _describe_bytes(found.num_text_bytes)),
        ("size", _describe_bytes(found.num_bytes)),
        *(
            (name, _describe_words(words))
            for name, words in (
                ("kind", found.kind),
                ("content", found.content),
                ("state", found.state),
                ("licence", found.licence),
                ("made by", found.operation),
                ("recipe", found.recipe),
            )
        ),
        *_list_members("language", found.languages),
        ("made from", f"{format_number(found.upstream.num_kept, 'version')} in common"),
        *_list_members("upstream", found.upstream),
    ]


def token_rows(found: VersionDifference) -> list[tuple[Cell, ...]]:
    """Return the rows of `TOKEN_COLUMNS`: side by side, since counts are never added."""
    return [
        (
            one.tokenizer_name,
            _describe_policy(one),
            "as it stands" if one.recipe is None else one.recipe.removeprefix("sha256:")[:12],
            one.method.value,
            one.num_tokens_before,
            one.num_tokens_after,
        )
        for one in found.tokens
    ]


def parameter_rows(found: VersionDifference) -> list[tuple[Cell, ...]]:
    """Return the rows of `PARAMETER_COLUMNS`."""
    return [
        (one.name, _describe_value(one.before), _describe_value(one.after))
        for one in found.parameters
    ]


def _describe_shards(found: VersionDifference) -> str:
    shards = found.shards
    return (
        f"{len(shards.added):,} added, {len(shards.removed):,} removed, "
        f"{len(shards.changed):,} changed, {shards.num_kept:,} kept"
    )


def _describe_numbers(numbers: Numbers) -> str:
    change = numbers.after - numbers.before
    return f"{numbers.before:,} -> {numbers.after:,} ({change:+,})"


def _describe_bytes(numbers: Numbers) -> str:
    sign = "-" if numbers.after < numbers.before else "+"
    change = format_bytes(abs(numbers.after - numbers.before))
    return f"{format_bytes(numbers.before)} -> {format_bytes(numbers.after)} ({sign}{change})"


def _describe_documents(found: DocumentDifference | None, unindexed: Sequence[str]) -> str:
    if found is None:
        were = "was" if len(unindexed) == 1 else "were"
        return f"not known: {' and '.join(unindexed)} {were} not normalized or counted"
    return (
        f"{found.num_added:,} added, {found.num_removed:,} removed, {found.num_kept:,} kept "
        f"(+{format_bytes(found.bytes_added)}, -{format_bytes(found.bytes_removed)})"
    )


def _describe_words(words: Words) -> str | None:
    if words.before == words.after:
        return None if words.before is None else plain(words.before)
    return f"{plain(words.before or 'none')} -> {plain(words.after or 'none')}"


def _list_members(noun: str, members: Members) -> Iterator[tuple[str, str]]:
    for verb, names in (("added", members.added), ("removed", members.removed)):
        for name in names[:_SHOWN]:
            yield f"{noun} {verb}", plain(name)
        if len(names) > _SHOWN:
            yield f"{noun} {verb}", f"and {len(names) - _SHOWN:,} more"


def _describe_policy(one: TokenDifference) -> str:
    policy = one.policy
    parts = [
        "" if policy.bos_id is None else f"BOS {policy.bos_id}",
        "" if policy.eos_id is None else f"EOS {policy.eos_id}",
        "special parsed" if policy.parse_special else "",
    ]
    return ", ".join(part for part in parts if part) or "no special"


def _describe_value(value: object) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
