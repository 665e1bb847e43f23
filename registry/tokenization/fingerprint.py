"""Fingerprints of tokenizers: two are equal when nothing in them can make an id differ.

Covered are the model, the normalizer, the pre-tokenizer and the added tokens. Left out are the
decoder, the post-processor, truncation, padding and offsets, which come after the ids or are
switched off when muster encodes.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from registry.domain.digest import Digest, fingerprint
from registry.errors import InputError
from registry.tokenization.description import Description, ModelFacts, keep_merges

_FORM = 1
# Members of the engine's sequences, by the type of the sequence's owner.
_MEMBERS = ("normalizers", "pretokenizers")
_WITHOUT_EFFECT = {"trim_offsets"}


def fingerprint_of(description: Description) -> Digest:
    """Return the fingerprint of a tokenizer that the `tokenizers` library runs.

    Raises:
        InputError: The model drops merges at random, so the same text has no one sequence of ids.
    """
    if description.model.dropout:
        raise InputError(
            f"a tokenizer with dropout {description.model.dropout} gives other ids each time",
            hint="set model.dropout to null in its tokenizer.json",
        )
    return fingerprint(
        {
            "tokenizer": _FORM,
            "engine": "tokenizers",
            "model": _model(description.model, special=description.special_tokens),
            "normalizer": _component(description.normalizer),
            "pre_tokenizer": _component(description.pre_tokenizer),
            "added_tokens": _added_tokens(description),
        }
    )


def _model(model: ModelFacts, *, special: frozenset[str]) -> JsonValue:
    facts: dict[str, JsonValue] = model.model_dump(mode="json", exclude_unset=True)
    facts.pop("dropout", None)
    # The entries of control tokens cannot be reached by text and stand with the added tokens,
    # where alone some programs write them.
    if isinstance(model.vocab, dict):
        facts["vocab"] = {entry: id_ for entry, id_ in model.vocab.items() if entry not in special}
    else:
        facts["vocab"] = [
            [None if entry in special else entry, score] for entry, score in model.vocab
        ]
    if model.type == "BPE":
        facts["merges"] = [list(pair) for pair in keep_merges(model.merges, without=special)]
        for affix in ("continuing_subword_prefix", "end_of_word_suffix"):
            facts[affix] = facts.get(affix) or None
        facts["fuse_unk"] = bool(facts.get("fuse_unk")) and model.unk_token is not None
    return facts


def _component(component: JsonValue) -> JsonValue:
    """Return a normalizer or pre-tokenizer in normal form: flat, without what moves offsets."""
    if not isinstance(component, Mapping):
        return component
    members = _flatten(component)
    if members is not None:
        return members[0] if len(members) == 1 else list(members) or None
    return {key: value for key, value in component.items() if key not in _WITHOUT_EFFECT}


def _flatten(component: Mapping[str, JsonValue]) -> list[JsonValue] | None:
    for key in _MEMBERS:
        members = component.get(key)
        if component.get("type") == "Sequence" and isinstance(members, list):
            flat: list[JsonValue] = []
            for member in map(_component, members):
                flat.extend(member if isinstance(member, list) else [member] if member else [])
            return flat
    return None


def _added_tokens(description: Description) -> JsonValue:
    tokens = sorted(description.added_tokens, key=lambda token: (token.content, token.id))
    # Without a normalizer, text before and after it is the same text. The flag still parts the
    # search in two passes, which only shows where both kinds occur.
    flags = {token.normalized for token in tokens}
    idle = description.normalizer is None and len(flags) == 1
    return [
        token.model_dump(mode="json") | ({"normalized": False} if idle else {}) for token in tokens
    ]
