"""Who wrote a version, and how much of it models did, in words and tables."""

from collections.abc import Sequence

from registry.domain.genealogy import Genealogy, GenerationUse
from registry.domain.generation import Generation, GenerationList, Retraction
from registry.domain.quantities import format_number, format_percent
from registry.domain.shares import Bounds
from registry.reporting.text import plain

USE_COLUMNS = ("model", "role", "version", "steps away")


def statement_facts(found: Generation) -> list[tuple[str, str | None]]:
    """Return what is stated of a version, line by line."""
    return [
        ("version", found.reference),
        ("role", found.role.value),
        ("model", found.model),
        *how_facts(found),
    ]


def retraction_facts(answer: GenerationList) -> list[tuple[str, str | None]]:
    """Return each statement that was taken back, and what is stated still, line by line."""
    left = ", ".join(one.label for one in answer.generations)
    taken = [
        ("" if place else "retracted", one.label + _say_prompt(one))
        for place, one in enumerate(answer.retracted)
    ]
    return [("version", answer.reference), *taken, ("stated", left or "nothing any more")]


def taken_back_facts(found: Sequence[Retraction]) -> list[tuple[str, str | None]]:
    """Return what was taken back of a version before: when, by whom and why, line by line."""
    return [
        ("" if place else "taken back", plain(f"{one.what}, {one}"))
        for place, one in enumerate(found)
    ]


def _say_prompt(found: Generation) -> str:
    return f", prompt {found.prompt_digest}" if found.prompt_digest else ""


def how_facts(found: Generation) -> list[tuple[str, str | None]]:
    """Return by what a version was generated, line by line; nothing where nobody says so."""
    sampling = ", ".join(f"{name}={value}" for name, value in sorted(found.sampling.items()))
    return [
        ("prompt", found.prompt_digest),
        ("sampling", plain(sampling) or None),
        ("grounded in", ", ".join(found.grounded_in) or None),
    ]


def genealogy_facts(found: Genealogy) -> list[tuple[str, str | None]]:
    """Return depth and shares, line by line."""
    tokens, run = found.tokens, found.run
    counted = f"{say_bounds(tokens, 'tokens')} ({plain(found.tokenizer or '')})" if tokens else None
    if run is not None:
        return [
            ("version", found.reference),
            ("depth", f"{found.depth} (models between people's text and it)"),
            ("synthetic", f"{say_share(run.share_low, run.share_high)} of a run at its weights"),
            ("", f"{say_bounds(found.documents, 'documents')} held"),
            ("real", say_share(run.real_low, run.real_high)),
            ("upstream", format_number(found.num_ancestors, "version")),
        ]
    return [
        ("version", found.reference),
        ("depth", f"{found.depth} (models between people's text and it)"),
        ("synthetic", say_bounds(found.documents, "documents")),
        ("", counted or "tokens not counted exactly"),
        ("real", _say_real(found.documents)),
        ("claimed", plain(", ".join(found.claimed)) or None),
        ("upstream", format_number(found.num_ancestors, "version")),
    ]


def use_row(use: GenerationUse) -> tuple[str, str, str, int]:
    """Return the cells of a model under `USE_COLUMNS`."""
    return use.model, use.role.value, use.reference, use.distance


def say_bounds(found: Bounds, noun: str) -> str:
    """Return how much is synthetic: `20 % of 1,000 tokens`, `10 % to 30 % of 1,000 tokens`."""
    if not found.total:
        return f"unknown: no {noun} here"
    return f"{say_share(found.share_low, found.share_high)} of {found.total:,} {noun}"


def _say_real(found: Bounds) -> str:
    return say_share(found.real_low, found.real_high) if found.total else "unknown"


def say_share(low: float, high: float) -> str:
    """Return a share known by its bounds."""
    if low == high:
        return format_percent(low)
    if (low, high) == (0, 1):
        return "unknown"
    return f"{format_percent(low)} to {format_percent(high)}"
