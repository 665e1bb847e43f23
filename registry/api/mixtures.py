"""`Registry.mixtures`: weights over versions."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Unpack

from registry import operations
from registry.api.options import ExportOptions
from registry.domain.mixture import Mixture, MixtureMade, parse_weight
from registry.domain.mixture_export import MixtureExport
from registry.domain.mixture_solution import AskedShare, MixtureSolution, MixtureUse
from registry.domain.names import DatasetName, Reference
from registry.domain.tokens import OutputFormat
from registry.operations.context import Context


class Mixtures:
    """Mixtures are versions; `Registry.report` takes one in place of its parts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def make(self, name: str, weights: Mapping[str, float | str]) -> MixtureMade:
        """Seal weights over versions as a version; see `operations.mixtures.make`."""
        return operations.mixtures.make(
            self._context,
            DatasetName.parse(name),
            [(Reference.parse(one), _weight(weight)) for one, weight in weights.items()],
        )

    def get(self, reference: str) -> Mixture:
        """Return a mixture with its parts."""
        return operations.mixtures.get(self._context, Reference.parse(reference))

    def use(self, reference: str, *, num_tokens: int, tokenizer: str | None = None) -> MixtureUse:
        """Return what a run of so many tokens takes from each part."""
        return operations.solve_mixture.use(
            self._context, Reference.parse(reference), num_tokens=num_tokens, tokenizer=tokenizer
        )

    def export_tokens(
        self,
        reference: str,
        folder: Path,
        *,
        output_format: OutputFormat | str,
        tokenizer: str | None = None,
        **options: Unpack[ExportOptions],
    ) -> MixtureExport:
        """Write the tokens of every part; see `operations.export_mixture`."""
        return operations.export_mixture.export_mixture(
            self._context,
            Reference.parse(reference),
            folder,
            operations.export_plan.read_options(output_format=output_format, **options),
            tokenizer=tokenizer,
        )

    def solve(
        self,
        references: Sequence[str] = (),
        *,
        num_tokens: int,
        floors: Sequence[str] = (),
        caps: Sequence[str] = (),
        most_epochs: float = 16,
        tokenizer: str | None = None,
        name: str | None = None,
    ) -> MixtureSolution:
        """Find the weights that lose the least to repetition; see `operations.solve_mixture`."""
        return operations.solve_mixture.solve(
            self._context,
            [Reference.parse(text) for text in references],
            num_tokens=num_tokens,
            floors=[AskedShare.parse(text) for text in floors],
            caps=[AskedShare.parse(text) for text in caps],
            most_epochs=most_epochs,
            tokenizer=tokenizer,
            name=None if name is None else DatasetName.parse(name),
        )


def _weight(weight: float | str) -> Fraction:
    return parse_weight(weight if isinstance(weight, str) else f"{weight:.12f}")
