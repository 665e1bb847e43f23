"""`Registry.tokenizers`: added, trained, looked at."""

from collections.abc import Sequence
from pathlib import Path

from registry import operations
from registry.domain.answers import AddedTokenizer, TokenizerDescription
from registry.domain.names import Reference
from registry.domain.tokenizer import Tokenizer
from registry.operations.context import Context


class Tokenizers:
    """Tokenizers by name and fingerprint."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(
        self,
        paths: Sequence[Path],
        *,
        name: str | None = None,
        eos: str | None = None,
        bos: str | None = None,
        pattern: str | None = None,
        lowercase: bool | None = None,
    ) -> AddedTokenizer:
        """Add a tokenizer from its files; one that gives the same ids is not added twice."""
        return operations.tokenizers.add_tokenizer(
            self._context,
            paths,
            name=name,
            eos=eos,
            bos=bos,
            pattern=pattern,
            lowercase=lowercase,
        )

    def train(self, references: Sequence[str], *, name: str, vocab_size: int) -> AddedTokenizer:
        """Train a byte-level BPE on versions; the same call gives the same tokenizer."""
        return operations.tokenizers.train_tokenizer(
            self._context,
            [Reference.parse(text) for text in references],
            name=name,
            vocab_size=vocab_size,
        )

    def get(self, name: str) -> Tokenizer:
        """Return a tokenizer by name or by the beginning of its fingerprint."""
        return self._context.catalog.tokenizers.get(name)

    def show(self, name: str) -> TokenizerDescription:
        """Return a tokenizer, with what was found of engines that stood in for its reference."""
        found = self.get(name)
        return TokenizerDescription(
            tokenizer=found,
            engine_checks=tuple(self._context.catalog.engine_checks.list(found.fingerprint)),
        )

    def list(self) -> list[Tokenizer]:
        """Return all tokenizers, by name."""
        return self._context.catalog.tokenizers.list()
