"""The special tokens that a policy puts around documents."""

import numpy as np

from registry.domain.tokenizer import CountingPolicy
from registry.tokenization.encoder import Encoded


def add_special_tokens(encoded: Encoded, policy: CountingPolicy) -> Encoded:
    """Return the documents with BOS in front and EOS behind, as the policy says.

    A document of no tokens stays empty: there is nothing to begin or end.

    Example:
        >>> two = Encoded(ids=np.array([5, 6, 7], np.uint32), lengths=np.array([2, 0, 1]))
        >>> add_special_tokens(two, CountingPolicy(eos_id=0)).ids.tolist()
        [5, 6, 0, 7, 0]
    """
    per_document = (policy.bos_id is not None) + (policy.eos_id is not None)
    if per_document == 0:
        return encoded
    is_filled = encoded.lengths > 0
    lengths = encoded.lengths + per_document * is_filled
    ends = np.cumsum(lengths)
    ids = np.empty(int(lengths.sum()), np.uint32)
    is_text = np.ones(len(ids), np.bool_)
    if policy.bos_id is not None:
        starts = (ends - lengths)[is_filled]
        ids[starts] = policy.bos_id
        is_text[starts] = False
    if policy.eos_id is not None:
        lasts = ends[is_filled] - 1
        ids[lasts] = policy.eos_id
        is_text[lasts] = False
    ids[is_text] = encoded.ids
    return Encoded(ids=ids, lengths=lengths)
