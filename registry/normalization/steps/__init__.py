"""The steps that recipes are made of, one a module, known by name."""

from typing import Any

from registry.normalization.steps.base import Step
from registry.normalization.steps.decode import Decode
from registry.normalization.steps.drop_empty import DropEmpty
from registry.normalization.steps.drop_exact_duplicates import DropExactDuplicates
from registry.normalization.steps.remove_nulls import RemoveNulls
from registry.normalization.steps.repair_mojibake import RepairMojibake
from registry.normalization.steps.strip_control_characters import StripControlCharacters
from registry.normalization.steps.strip_trailing_whitespace import StripTrailingWhitespace
from registry.normalization.steps.unicode_normalize import UnicodeNormalize
from registry.normalization.steps.unify_newlines import UnifyNewlines

# Any: the steps differ in the model of their parameters, and each checks its own.
STEPS: dict[str, type[Step[Any]]] = {
    step.name: step
    for step in (
        Decode,
        DropEmpty,
        DropExactDuplicates,
        RemoveNulls,
        RepairMojibake,
        StripControlCharacters,
        StripTrailingWhitespace,
        UnicodeNormalize,
        UnifyNewlines,
    )
}
"""Every step by its name, in alphabetical order."""

__all__ = ["STEPS", "Step"]
