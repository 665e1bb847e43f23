"""Find the files of a tokenizer and tell in which form it is published.

| form | known by its content |
|---|---|
| `tokenizer.json` | a JSON object with a `model` |
| GPT-2's `encoder.json`, `vocab.json` | a JSON object from entry to id |
| and its `vocab.bpe`, `merges.txt` | lines of two entries |
| tiktoken's ranks | lines of base64 and a number |
| a SentencePiece `.model` | the first bytes of its protocol buffer |
| BERT's `vocab.txt` | lines of one entry, `[UNK]` among them |
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from registry.errors import InputError, UnreadableError
from registry.tokenization.wordpiece import UNKNOWN

_LARGEST_FILE = 1 << 30
EXPECTED = (
    "expected a tokenizer.json, vocab.json and merges.txt, a tiktoken rank file, "
    "a SentencePiece .model or a BERT vocab.txt"
)
"""What an error says when files are no tokenizer."""

# What a directory may hold, the first that is complete wins.
_KNOWN_SETS = (
    ("tokenizer.json",),
    ("vocab.json", "merges.txt"),
    ("encoder.json", "vocab.bpe"),
    ("tokenizer.model",),
    ("*.model",),
    ("*.tiktoken",),
    ("vocab.txt",),
)


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that make up one tokenizer: those given, or those a directory holds.

    Raises:
        InputError: A directory holds none or several, or there are more than two files.
    """
    if len(paths) == 1 and paths[0].is_dir():
        return _find_set(paths[0])
    if not 1 <= len(paths) <= 2:
        raise InputError(f"{len(paths)} files are no tokenizer: {EXPECTED}")
    return list(paths)


def _find_set(folder: Path) -> list[Path]:
    for names in _KNOWN_SETS:
        found = [sorted(folder.glob(pattern)) for pattern in names]
        if any(len(matches) > 1 for matches in found):
            several = ", ".join(path.name for matches in found for path in matches)
            raise InputError(f"{folder} holds several tokenizers: {several}", hint="name one file")
        if all(found):
            return [matches[0] for matches in found]
    raise InputError(f"{folder} holds no tokenizer: {EXPECTED}")


def read_file(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        UnreadableError: It is missing, not allowed, or far too large for a tokenizer.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UnreadableError(path=str(path), reason="too large for a tokenizer")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(path=str(path), reason=error.strerror or str(error)) from error


def recognise(data: bytes, *, path: Path) -> str:
    """Return the form of one file, by its content.

    Returns:
        `json`, `vocabulary`, `merges`, `tiktoken`, `sentencepiece` or `wordpiece`.

    Raises:
        UnreadableError: It is none of them.
    """
    if data.lstrip()[:1] == b"{":
        return "json" if b'"model"' in data and _is_tokenizer_json(data) else "vocabulary"
    if re.match(rb"[A-Za-z0-9+/]+={0,2} [0-9]+\r?\n", data):
        return "tiktoken"
    if _is_sentencepiece(data):
        return "sentencepiece"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(
            path=str(path), reason=f"not a tokenizer: {EXPECTED}", offset=error.start
        ) from error
    if text.startswith("#version") or re.fullmatch(r"([^ \n]+ [^ \n]+\n)+", text):
        return "merges"
    if re.search(rf"^{re.escape(UNKNOWN)}\r?$", text, re.MULTILINE):
        return "wordpiece"
    raise UnreadableError(path=str(path), reason=f"not a tokenizer: {EXPECTED}")


def _is_sentencepiece(data: bytes) -> bool:
    """Whether a piece comes first, with its text first: field 1 and its length, twice."""
    return len(data) > 4 and data[0] == data[2] == 0x0A and data[3] + 2 <= data[1] < 0x80


def _is_tokenizer_json(data: bytes) -> bool:
    # The vocabulary of a pair may well hold the entry "model", but never an object.
    try:
        return isinstance(json.loads(data).get("model"), dict)
    except ValueError:
        return True
