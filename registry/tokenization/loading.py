"""Import a tokenizer from whatever form it is published in, and load it to encode."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer as Engine

from registry.domain.digest import digest_of_bytes
from registry.domain.tokenizer import Tokenizer, TokenizerEngine, TokenizerKind
from registry.errors import EngineRefusedError, InputError, UnknownError, UnreadableError
from registry.tokenization.description import Description
from registry.tokenization.encoder import Encoder, TokenizersEncoder
from registry.tokenization.fast_encoder import FAST_ENGINE, GuardedEncoder
from registry.tokenization.fingerprint import fingerprint_of
from registry.tokenization.gpt2_files import read_gpt2
from registry.tokenization.recognition import EXPECTED, find_files, read_file, recognise
from registry.tokenization.sentencepiece_model import SentencePieceEncoder, read_sentencepiece
from registry.tokenization.tiktoken_ranks import read_tiktoken
from registry.tokenization.wordpiece import read_wordpiece

_EOS_TOKENS = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>")
_BOS_TOKENS = ("<|begin_of_text|>", "<s>", "<bos>")


@dataclass(frozen=True, slots=True)
class Imported:
    """A tokenizer's facts, and the bytes under which it is stored."""

    tokenizer: Tokenizer
    data: bytes
    """A `tokenizer.json` as the engine writes it, or the `.model` as it came."""


@dataclass(frozen=True, slots=True)
class _Options:
    eos: str | None
    bos: str | None
    pattern: str | None
    lowercase: bool | None


def import_tokenizer(
    paths: Sequence[Path],
    *,
    name: str,
    eos: str | None = None,
    bos: str | None = None,
    pattern: str | None = None,
    lowercase: bool | None = None,
) -> Imported:
    """Read a tokenizer in any of its published forms.

    Args:
        paths: One file, GPT-2's two files in either order, or a directory that holds one of the
            forms under its usual name.
        name: The name it gets here.
        eos: The token that ends a document; None: the well-known one among its special tokens,
            if there is one.
        bos: The token that begins a document; None: as for `eos`.
        pattern: How a tiktoken file splits text; see `read_tiktoken`.
        lowercase: Whether a BERT vocabulary is for lower-cased text; see `read_wordpiece`.

    Raises:
        UnreadableError: The files are none of the forms, or broken.
        InputError: An option does not fit the form, or its ids are random.
        UnknownError: The vocabulary has no such EOS or BOS token.
        MissingExtraError: A SentencePiece model without its library.
    """
    options = _Options(eos=eos, bos=bos, pattern=pattern, lowercase=lowercase)
    files = find_files(paths)
    contents = [read_file(path) for path in files]
    forms = [recognise(data, path=path) for data, path in zip(contents, files, strict=True)]
    if forms == ["sentencepiece"]:
        _refuse_options(options, form="a SentencePiece model")
        return _import_sentencepiece(contents[0], path=files[0], name=name, options=options)
    engine = _read_engine(forms, contents, files, options)
    return _from_engine(engine, name=name, options=options)


def import_engine_json(data: bytes, *, name: str, path: str = "tokenizer.json") -> Imported:
    """Return the tokenizer in the bytes of a `tokenizer.json`, such as `train_bpe` makes.

    Raises:
        UnreadableError: The bytes are no such tokenizer.
        InputError: Its ids are random.
    """
    options = _Options(eos=None, bos=None, pattern=None, lowercase=None)
    return _from_engine(_load_engine(data, path=Path(path)), name=name, options=options)


def load_encoder(tokenizer: Tokenizer, data: bytes, *, parse_special: bool = False) -> Encoder:
    """Return an encoder for a tokenizer.

    Args:
        tokenizer: The facts.
        data: The stored bytes, `Imported.data`.
        parse_special: Whether a special token's text inside a document becomes its control id;
            otherwise it stays text.

    Raises:
        InputError: A SentencePiece model is asked to parse special tokens, which it never does.
        MissingExtraError: A SentencePiece model without its library.
        UnreadableError: The bytes are not what the facts say.
    """
    if tokenizer.engine is TokenizerEngine.SENTENCEPIECE:
        return SentencePieceEncoder(data, path=tokenizer.name, parse_special=parse_special)
    return _load_reference(data, name=tokenizer.name, parse_special=parse_special)[1]


def load_guarded_encoder(
    tokenizer: Tokenizer, data: bytes, *, parse_special: bool
) -> GuardedEncoder:
    """Return the fast encoder for a tokenizer, with the reference beside it.

    Args:
        tokenizer: The facts.
        data: The stored bytes, `Imported.data`.
        parse_special: As in `load_encoder`.

    Raises:
        MissingExtraError: The fast engine is not installed.
        EngineRefusedError: It does not take such a tokenizer.
        UnreadableError: The bytes are not what the facts say.
    """
    if tokenizer.engine is TokenizerEngine.SENTENCEPIECE:
        raise EngineRefusedError(engine=FAST_ENGINE, reason="it is a SentencePiece model")
    return GuardedEncoder(*_load_reference(data, name=tokenizer.name, parse_special=parse_special))


@lru_cache(maxsize=1)
def _load_reference(
    data: bytes, *, name: str, parse_special: bool
) -> tuple[Description, TokenizersEncoder]:
    # Kept: it serves several threads at once, and takes a fifth of a second to load.
    description = Description.parse(data, path=name)
    return description, TokenizersEncoder(description, parse_special=parse_special)


def find_token_id(tokenizer: Tokenizer, data: bytes, token: str) -> int:
    """Return the id of an entry of a tokenizer's vocabulary, special tokens included.

    Args:
        tokenizer: The facts.
        data: The stored bytes, `Imported.data`.
        token: The entry's text.

    Raises:
        UnknownError: There is no such entry; the nearest special tokens are offered.
        MissingExtraError: A SentencePiece model without its library.
        UnreadableError: The bytes are not what the facts say.
    """
    if tokenizer.engine is TokenizerEngine.SENTENCEPIECE:
        facts = read_sentencepiece(data, path=tokenizer.name)
        vocabulary, nearest = facts.vocabulary, frozenset[str]()
    else:
        description = Description.parse(data, path=tokenizer.name)
        vocabulary, nearest = description.ids, description.special_tokens
    return _get_id(token, vocabulary, nearest=nearest, tokenizer=tokenizer.name)


def _read_engine(
    forms: list[str], contents: list[bytes], files: list[Path], options: _Options
) -> Engine:
    """Return the engine for one file, or a pair, of known form."""
    by_form = dict(zip(forms, zip(contents, files, strict=True), strict=True))
    if forms == ["tiktoken"]:
        _refuse_options(options, form="a tiktoken rank file", but="pattern")
        return read_tiktoken(contents[0], path=files[0], pattern=options.pattern)
    if forms == ["wordpiece"]:
        _refuse_options(options, form="a BERT vocabulary", but="lowercase")
        return read_wordpiece(contents[0], path=files[0], lowercase=options.lowercase)
    _refuse_options(options, form="this form of tokenizer")
    if forms == ["json"]:
        return _load_engine(contents[0], path=files[0])
    if by_form.keys() == {"vocabulary", "merges"}:
        vocabulary, vocabulary_path = by_form["vocabulary"]
        merges, merges_path = by_form["merges"]
        return read_gpt2(
            vocabulary=_read_vocabulary(vocabulary, path=vocabulary_path),
            merges=merges,
            merges_path=merges_path,
        )
    if forms in (["vocabulary"], ["merges"]):
        other = "its merges (merges.txt)" if forms[0] == "vocabulary" else "its vocab.json"
        raise InputError(f"{files[0]} is half of a tokenizer", hint=f"give {other} as well")
    both = " and ".join(map(str, files))
    raise InputError(f"{both} do not belong together: {EXPECTED}")


def _refuse_options(options: _Options, *, form: str, but: str | None = None) -> None:
    for option in ("pattern", "lowercase"):
        if option != but and getattr(options, option) is not None:
            raise InputError(f"--{option} says nothing about {form}")


def _read_vocabulary(data: bytes, *, path: Path) -> Mapping[str, int]:
    try:
        entries = json.loads(data)
    except ValueError as error:
        raise UnreadableError(path=str(path), reason=f"not JSON: {error}") from error
    if not entries or not all(type(id_) is int and id_ >= 0 for id_ in entries.values()):
        raise UnreadableError(path=str(path), reason="not a JSON object from entry to id")
    return dict(entries)


def _load_engine(data: bytes, *, path: Path) -> Engine:
    try:
        return Engine.from_buffer(data)
    # The library raises bare Exception for whatever it cannot read.
    except Exception as error:
        raise UnreadableError(
            path=str(path),
            reason=f"the tokenizers library cannot read it: {error}",
            hint="it may be written by a newer release: pip install --upgrade tokenizers",
        ) from error


def _from_engine(engine: Engine, *, name: str, options: _Options) -> Imported:
    engine.no_truncation()
    engine.no_padding()
    description = Description.of(engine)
    data = engine.to_str().encode("utf-8")
    vocabulary = engine.get_vocab(with_added_tokens=True)
    special = description.special_tokens
    eos = options.eos or _first(_EOS_TOKENS, special)
    bos = options.bos or _first(_BOS_TOKENS, special)
    tokenizer = Tokenizer(
        name=name,
        fingerprint=fingerprint_of(description),
        kind=TokenizerKind(description.model.type.lower()),
        engine=TokenizerEngine.TOKENIZERS,
        file_digest=digest_of_bytes(data),
        vocab_size=len(vocabulary),
        highest_id=max(vocabulary.values()),
        unknown_token=description.model.unknown_token,
        eos_token=eos,
        eos_id=_find_id(eos, vocabulary, nearest=special, tokenizer=name),
        bos_token=bos,
        bos_id=_find_id(bos, vocabulary, nearest=special, tokenizer=name),
    )
    return Imported(tokenizer=tokenizer, data=data)


def _import_sentencepiece(data: bytes, *, path: Path, name: str, options: _Options) -> Imported:
    facts = read_sentencepiece(data, path=str(path))
    vocabulary = facts.vocabulary
    eos = options.eos or facts.eos_token
    bos = options.bos or facts.bos_token
    tokenizer = Tokenizer(
        name=name,
        fingerprint=facts.fingerprint,
        kind=facts.kind,
        engine=TokenizerEngine.SENTENCEPIECE,
        file_digest=digest_of_bytes(data),
        vocab_size=len(vocabulary),
        highest_id=len(vocabulary) - 1,
        unknown_token=facts.unknown_token,
        eos_token=eos,
        eos_id=_find_id(eos, vocabulary, nearest=vocabulary, tokenizer=name),
        bos_token=bos,
        bos_id=_find_id(bos, vocabulary, nearest=vocabulary, tokenizer=name),
    )
    return Imported(tokenizer=tokenizer, data=data)


def _first(names: Sequence[str], tokens: Collection[str]) -> str | None:
    return next((name for name in names if name in tokens), None)


def _find_id(
    token: str | None, vocabulary: Mapping[str, int], *, nearest: Collection[str], tokenizer: str
) -> int | None:
    if token is None:
        return None
    return _get_id(token, vocabulary, nearest=nearest, tokenizer=tokenizer)


def _get_id(
    token: str, vocabulary: Mapping[str, int], *, nearest: Collection[str], tokenizer: str
) -> int:
    if token not in vocabulary:
        raise UnknownError(
            what=f"token in the vocabulary of {tokenizer}",
            value=token,
            known=nearest or vocabulary,
            hint="special tokens: " + (", ".join(sorted(nearest)[:8]) or "none"),
        )
    return vocabulary[token]
