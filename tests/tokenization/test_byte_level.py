from tokenizers import pre_tokenizers

from registry.tokenization.byte_level import BYTE_SYMBOLS, to_symbols


def test_the_alphabet_is_the_engines_own():
    assert sorted(pre_tokenizers.ByteLevel.alphabet()) == sorted(BYTE_SYMBOLS)


def test_each_byte_has_the_symbol_that_the_engine_gives_it():
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    text = "".join(map(chr, range(0x800)))

    symbols = "".join(piece for piece, _ in splitter.pre_tokenize_str(text))

    assert symbols == to_symbols(text.encode())
