"""UTF-8 that somebody read in another encoding is read again, rightly.

Each line that ftfy deems bad is given to `ftfy.fix_encoding`, without the spaces and tabs at its
end. A repair can bring to light what the steps before had cleaned up, so a repaired line is put in
NFC, freed of control characters and of white space at its end, and looked at again, until there is
nothing left to do. C1 controls that ftfy can give no meaning are removed. Every other line stays
as it is.

Run it behind `unify_newlines`, `strip_control_characters` (with `c1 = false`) and
`unicode_normalize`; then a second run of the recipe finds nothing more to repair.

Source: R. Speer, ftfy (https://ftfy.readthedocs.io), `fix_encoding` and its heuristic `badness`.
"""

import re
import unicodedata
from functools import cache
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from registry.normalization.columns import rewrite_lines
from registry.normalization.parameters import Parameters
from registry.normalization.steps.base import Step
from registry.normalization.steps.strip_control_characters import CONTROL_CHARACTERS
from registry.normalization.verdict import Verdict

_C1 = re.compile("[\x80-\x9f]")

# The parts of a verbose regular expression: a comment, a class, an escape, white space, the rest.
_TOKENS = re.compile(r"#[^\n]*|\[[^\]]*\]|\\.|\s+|.")

# What Python's classes mean in RE2, or a little more: a suspect too many costs time only.
_IN_RE2 = {
    "^": "(?m:^)",
    r"\s": r"[\t-\r\x1c-\x20\x{85}\pZ]",
    r"\w": r"[^\x00-/:-@\[-^`{-\x7f\x{2000}-\x{206f}]",
}


class RepairMojibakeParameters(Parameters):
    """None."""


class RepairMojibake(Step[RepairMojibakeParameters]):
    """Repairs text that was read in the wrong encoding, where a cheap test makes it suspect."""

    name: ClassVar[str] = "repair_mojibake"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = RepairMojibakeParameters

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; nothing is rejected."""
        text = batch.column("text")
        return Verdict(rewrite_lines(text, find_suspects(text), repair))


def find_suspects(text: pa.Array) -> pa.Array:
    """Return a mask of the documents in which some line may look like mojibake to ftfy."""
    suspects = pc.invert(pc.string_is_ascii(text))
    if not pc.any(suspects).as_py():
        return suspects
    bad = pc.match_substring_regex(text.filter(suspects), _badness_pattern())
    return pc.replace_with_mask(suspects, suspects, bad)


def repair(text: str) -> str:
    """Return a document with its bad lines repaired."""
    return "\n".join([line if line.isascii() else _repair_line(line) for line in text.split("\n")])


def _repair_line(line: str) -> str:
    # Imported here: ftfy takes longer to load than most batches take to normalize.
    from ftfy import fix_encoding  # noqa: PLC0415
    from ftfy.badness import is_bad  # noqa: PLC0415

    begun = settled = line.rstrip(" \t")
    while is_bad(settled):
        fixed = fix_encoding(settled)
        if fixed == settled and not _C1.search(fixed):
            break
        settled = unicodedata.normalize("NFC", CONTROL_CHARACTERS.sub("", fixed)).rstrip(" \t")
    return line if settled == begun else settled


@cache
def _badness_pattern() -> str:
    """Return ftfy's own test for mojibake in the words of RE2, for whole documents."""
    from ftfy.badness import BADNESS_RE  # noqa: PLC0415

    tokens = _TOKENS.findall(BADNESS_RE.pattern)
    return "".join(
        _IN_RE2.get(token, token)
        for token in tokens
        if not (token.startswith("#") or token.isspace())
    )
