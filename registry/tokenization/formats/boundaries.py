"""How the special tokens of stored documents fit the rules of a format."""

from enum import StrEnum

from registry.domain.tokenizer import CountingPolicy


class Boundary(StrEnum):
    """What a format's readers take for the boundary of two documents."""

    INDEX = "index"
    """Rows are told apart by the files, so any policy fits."""

    MARK = "mark"
    """Some special token, before or behind each document."""

    EOS_BEHIND = "eos-behind"
    """EOS behind each document; BOS may stand before it."""

    EOS_BEHIND_ONLY = "eos-behind-only"
    """EOS behind each document, and nothing before it."""

    ONE_BEFORE = "one-before"
    """One special token before each document, and nothing behind it."""


_WANTED = {
    Boundary.MARK: "a special token before or behind each document",
    Boundary.EOS_BEHIND: "EOS behind each document",
    Boundary.EOS_BEHIND_ONLY: "EOS behind each document and no BOS",
    Boundary.ONE_BEFORE: "EOS or BOS, and not both",
}
_OPTIONS = {
    Boundary.MARK: "--eos",
    Boundary.EOS_BEHIND: "--eos",
    Boundary.EOS_BEHIND_ONLY: "--eos --no-bos",
    Boundary.ONE_BEFORE: "--eos --no-bos",
}


def find_conflict(policy: CountingPolicy, boundary: Boundary) -> tuple[str, str] | None:
    """Return what a boundary wants and the options of `tokenize` that give it; None: it has it."""
    has_eos, has_bos = policy.eos_id is not None, policy.bos_id is not None
    fits = {
        Boundary.INDEX: True,
        Boundary.MARK: has_eos or has_bos,
        Boundary.EOS_BEHIND: has_eos,
        Boundary.EOS_BEHIND_ONLY: has_eos and not has_bos,
        Boundary.ONE_BEFORE: has_eos != has_bos,
    }
    return None if fits[boundary] else (_WANTED[boundary], _OPTIONS[boundary])


def find_moved_eos(policy: CountingPolicy, boundary: Boundary) -> int | None:
    """Return the EOS that stands behind stored documents and must stand before them; or None."""
    return policy.eos_id if boundary is Boundary.ONE_BEFORE else None


def describe(policy: CountingPolicy, boundary: Boundary) -> str:
    """Say which special tokens stand where in the files of a format."""
    if find_moved_eos(policy, boundary) is not None:
        return f"EOS {policy.eos_id} before each document"
    marks = []
    if policy.bos_id is not None:
        marks.append(f"BOS {policy.bos_id} before each document")
    if policy.eos_id is not None:
        marks.append(f"EOS {policy.eos_id} behind each document")
    return ", ".join(marks) or "none"
