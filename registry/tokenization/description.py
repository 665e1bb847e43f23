"""What stands in a `tokenizer.json`, as the engine itself writes it out: every default included.

Source: the serialised form of huggingface/tokenizers, `tokenizers/src/tokenizer/serialization.rs`.
"""

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from tokenizers import Tokenizer as Engine

from registry.errors import UnreadableError

_UNTYPEABLE = "\U0010ffff"


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

    def load(self) -> Engine:
        """Return the tokenizer that it describes."""
        return Engine.from_str(self.model_dump_json(exclude_unset=True))

    def hide_special_tokens(self) -> Self:
        """Return the same tokenizer with control tokens that no text can spell.

        It is not enough to stop looking for them before the model runs: a Unigram model knows
        `</s>` as an entry like any other and would give its id to the literal text.
        """
        hidden = {
            token.content: f"{_UNTYPEABLE}{token.id}"
            for token in self.added_tokens
            if token.special
        }
        added = tuple(
            token.model_copy(update={"content": hidden.get(token.content, token.content)})
            for token in self.added_tokens
        )
        return self.model_copy(
            update={"added_tokens": added, "model": _rename_entries(self.model, hidden)}
        )


def keep_merges(
    merges: Iterable[tuple[str, str]], *, without: Iterable[str]
) -> list[tuple[str, str]]:
    """Return the merges that neither make nor use one of some entries."""
    gone = frozenset(without)
    return [pair for pair in merges if gone.isdisjoint((*pair, pair[0] + pair[1]))]


def _rename_entries(model: ModelFacts, names: dict[str, str]) -> ModelFacts:
    update: dict[str, object] = {}
    if isinstance(model.vocab, list):
        update["vocab"] = [(names.get(entry, entry), score) for entry, score in model.vocab]
    else:
        update["vocab"] = {names.get(entry, entry): id_ for entry, id_ in model.vocab.items()}
    if model.merges:
        update["merges"] = keep_merges(model.merges, without=names)
    if model.unk_token is not None:
        update["unk_token"] = names.get(model.unk_token, model.unk_token)
    return model.model_copy(update=update)
