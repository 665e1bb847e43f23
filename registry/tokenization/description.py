"""What stands in a `tokenizer.json`, as the engine itself writes it out: every default included.

Source: the serialised form of huggingface/tokenizers, `tokenizers/src/tokenizer/serialization.rs`.
"""

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from tokenizers import Tokenizer as Engine

from registry.errors import UnreadableError


class AddedTokenFacts(BaseModel):
    """A token that is looked for before the model sees the text."""

    model_config = ConfigDict(frozen=True)

    id: int
    content: str
    single_word: bool
    lstrip: bool
    rstrip: bool
    normalized: bool
    special: bool


class ModelFacts(BaseModel):
    """The model: the fields that this package looks at by name, and whatever else it has."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    vocab: dict[str, int] | list[tuple[str, float]]
    """Entry to id; in a Unigram model entry and score, in the order of the ids."""

    merges: list[tuple[str, str]] = []
    unk_token: str | None = None
    unk_id: int | None = None
    dropout: float | None = None

    @property
    def ids(self) -> dict[str, int]:
        """Each entry and its id."""
        if isinstance(self.vocab, list):
            return {entry: id_ for id_, (entry, _) in enumerate(self.vocab)}
        return self.vocab

    @property
    def unknown_id(self) -> int | None:
        """The id that stands for what the vocabulary cannot express."""
        if isinstance(self.vocab, list):
            return self.unk_id
        return None if self.unk_token is None else self.vocab.get(self.unk_token)

    @property
    def unknown_token(self) -> str | None:
        """The entry that stands for what the vocabulary cannot express."""
        if isinstance(self.vocab, list):
            return None if self.unk_id is None else self.vocab[self.unk_id][0]
        return self.unk_token if self.unk_token in self.vocab else None


class Description(BaseModel):
    """A whole `tokenizer.json`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    added_tokens: tuple[AddedTokenFacts, ...]
    normalizer: JsonValue
    pre_tokenizer: JsonValue
    model: ModelFacts

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """Return the description of a loaded tokenizer."""
        return cls.model_validate_json(engine.to_str())

    @classmethod
    def parse(cls, data: bytes, *, path: str) -> Self:
        """Read what `of` described, without the cost of loading it first.

        Raises:
            UnreadableError: The bytes are no such description.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise UnreadableError(path=path, reason="is no stored tokenizer") from error

    @property
    def special_tokens(self) -> frozenset[str]:
        """The text of the control tokens."""
        return frozenset(token.content for token in self.added_tokens if token.special)

    @property
    def ids(self) -> dict[str, int]:
        """Each entry of the vocabulary and its id, added tokens included."""
        return {**self.model.ids, **{token.content: token.id for token in self.added_tokens}}

    def load(self) -> Engine:
        """Return the tokenizer that it describes."""
        return Engine.from_str(self.to_json())

    def to_json(self) -> str:
        """Return it as a `tokenizer.json`."""
        return self.model_dump_json(exclude_unset=True)


def keep_merges(
    merges: Iterable[tuple[str, str]], *, without: Iterable[str]
) -> list[tuple[str, str]]:
    """Return the merges that neither make nor use one of some entries."""
    gone = frozenset(without)
    return [pair for pair in merges if gone.isdisjoint((*pair, pair[0] + pair[1]))]
