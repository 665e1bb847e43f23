"""BERT's `vocab.txt`: one WordPiece entry a line, the line's number its id.

Whether text is lower-cased first is not written there. The published lower-casing vocabularies
hold no capital outside of their special tokens, and the others hold many, which decides it.

Source: Devlin et al., "BERT" (2019); github.com/google-research/bert, `tokenization.py`.
"""

from pathlib import Path

from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Engine

from registry.errors import UnreadableError

UNKNOWN = "[UNK]"
_SPECIAL = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")


def read_wordpiece(data: bytes, *, path: Path, lowercase: bool | None = None) -> Engine:
    """Return BERT's WordPiece over a vocabulary.

    Args:
        data: The file's bytes.
        path: The file's name, for errors.
        lowercase: Whether text is lower-cased and loses its accents first; None: as the
            vocabulary suggests.

    Raises:
        UnreadableError: An entry stands twice, or there is no `[UNK]`.
    """
    entries = data.decode("utf-8").replace("\r\n", "\n").removesuffix("\n").split("\n")
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    if len(vocabulary) < len(entries):
        twice = next(entry for number, entry in enumerate(entries) if vocabulary[entry] != number)
        raise UnreadableError(path=str(path), reason=f"the entry {twice!r} stands twice")
    if UNKNOWN not in vocabulary:
        raise UnreadableError(path=str(path), reason=f"a vocabulary without {UNKNOWN}")
    if lowercase is None:
        lowercase = not any(_has_capital(entry) for entry in entries)
    engine = Engine(models.WordPiece(vocabulary, unk_token=UNKNOWN))
    engine.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    engine.decoder = decoders.WordPiece()
    engine.add_special_tokens(
        [
            AddedToken(token, normalized=False, special=True)
            for token in _SPECIAL
            if token in vocabulary
        ]
    )
    return engine


def _has_capital(entry: str) -> bool:
    return not (entry.startswith("[") and entry.endswith("]")) and entry != entry.lower()
