"""Take the control tokens out of a tokenizer, so that no text can spell one.

To rename them is not enough, for some text is spelt like the new name; nor is it enough to stop
looking for them before the model runs: a Unigram model knows `</s>` as an entry like any other and
would give its id to the literal text. So the engine gets a vocabulary without them, numbered anew,
and its ids are put back through a table in which no control token stands. Two cannot be left out:

1. The unknown token, which a model needs. It becomes the empty entry, so that it stands for what
   the vocabulary cannot express and for nothing else: no model looks up an empty piece of text.
2. The entries of a Unigram model, whose scores decide what an unknown character costs. They become
   empty entries as well.
"""

from registry.tokenization.description import Description, ModelFacts, keep_merges

_EMPTY = ""


def take_out_control_tokens(description: Description) -> tuple[Description, list[int]]:
    """Return a tokenizer whose control tokens no text can spell.

    Returns:
        The tokenizer with ids of its own, and for each of these the id that is meant.
    """
    model, ids = _take_out(description.model, description.special_tokens)
    added = tuple(token for token in description.added_tokens if not token.special)
    entries = frozenset(model.ids)
    # The engine numbers tokens that are no entries of the model behind it, in this order.
    ids += [token.id for token in added if token.content not in entries]
    return description.model_copy(update={"added_tokens": added, "model": model}), ids


def _take_out(model: ModelFacts, special: frozenset[str]) -> tuple[ModelFacts, list[int]]:
    """Return the model without the special tokens, and for each of its ids the one meant."""
    if isinstance(model.vocab, list):
        scores = [(_EMPTY if entry in special else entry, score) for entry, score in model.vocab]
        return model.model_copy(update={"vocab": scores}), list(range(len(scores)))
    kept = {
        entry: id_ for entry, id_ in model.vocab.items() if entry != _EMPTY and entry not in special
    }
    update: dict[str, object] = {}
    if model.unknown_token is not None and model.unknown_token not in kept:
        kept[_EMPTY] = model.vocab[model.unknown_token]
        update["unk_token"] = _EMPTY
    ids = sorted(kept.values())
    update["vocab"] = {entry: new for new, entry in enumerate(sorted(kept, key=kept.__getitem__))}
    if model.merges:
        update["merges"] = keep_merges(model.merges, without=special)
    return model.model_copy(update=update), ids
