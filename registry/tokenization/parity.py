"""Whether two engines give the same ids: the texts on which they are compared, and the comparison.

Engines that agree on ordinary text differ on the texts below: characters whose class depends on the
version of Unicode, white space of every kind, runs that no pre-token ends, and whatever the
tokenizer looks for in the text before its model sees it.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from registry.domain.engine import EngineDifference
from registry.tokenization.description import Description
from registry.tokenization.encoder import Encoded

_SHOWN_IDS = 16
_SHOWN_CHARACTERS = 1_000

_SURROGATES = range(0xD800, 0xE000)
_CODE_POINTS = (
    # Every character where scripts, marks and blanks are many; a few of each large block.
    range(0x3400),
    range(0x3400, 0xA000, 64),
    range(0xA000, 0xAC00),
    range(0xAC00, 0xD800, 64),
    range(0xE000, 0xF900, 256),
    range(0xF900, 0x10000),
    range(0x10000, 0x20000, 8),
    range(0x20000, 0x110000, 4096),
)
_CHARACTERS_A_TEXT = 32

_RUNS = ("a", "A", "7", " ", "\t", "\n", "\r", ".", "-", "_", "'", "é", "e\u0301", "\u00a0", "一")
_RUN_LENGTHS = (*range(1, 18), 31, 32, 33, 255, 256, 257, 900)

_PLAIN = (
    "",
    " ",
    "it's we'll I'm you've they're he'd don't 's 'S 'LL 'Ve ’s ’LL ''s",
    "IT'S WE'LL I'M YOU'VE THEY'RE HE'D DON'T it'sn't'll o'clock rock'n'roll",
    "1 12 123 1234 12345 1,234,567.89 -0.5e-10 0x1F 1_000 ½ ² ٣٤ 三十",
    "a  b   c    d \t e\t\tf \n g\n\nh\r\ni\r\n\r\nj \r k\x0bl\x0cm\x85n\u2028o\u2029p",
    "  leading and trailing  ",
    "\n\n  indented\n    more\n\ttab\n \n  \nend\n ",
    "def f(x: int = 0) -> None:\n    return {k: v for k, v in x.items() if k != '__main__'}\n",
    '#include <stdio.h>\nint main(void) { printf("%d\\n", a[i]->b++); return 0; } // end\n',
    "https://example.org/a/b?c=d&e=%20f#g user@example.org C:\\temp\\x.txt $PATH ${HOME} `ls -la`",
    "camelCase snake_case SCREAMING_CASE kebab-case HTTPServer2 iPhone15Pro x86_64 a1b2c3",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 ☃️ ☃ 🫠 1️⃣ ©️",
    "e\u0301 é ﬁ ﬀ ① ㎏ Å Å ſ İ ı ß ẞ ǆ ʼn \u0345 \ufb03 Ａｂｃ",
    "क्षत्रिय ক্ষ க்ஷ ක්‍ෂ ကျွန်တော် ខ្ញុំ สวัสดี ລາວ བོད་ አማርኛ ᚠᚢᚦ ᏣᎳᎩ ᠮᠣᠩᠭᠣᠯ",
    "שָׁלוֹם السَّلامُ عليكم \u200fabc\u200e \u202eabc\u202c پارسی می‌خواهم",
    "我能吞下玻璃而不伤身体。私はガラスを食べられます。나는 유리를 먹을 수 있어요. ｶﾞｷﾞ",
    "a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg \u3000 \u2003 \u202f \u1680 \x00 \x7f \x80",
    "\ufffe \uffff \U0001fffe \U0010ffff",
)


def adversarial_texts(description: Description) -> list[str]:
    """Return the texts on which an engine is compared before it is used for a tokenizer.

    Args:
        description: The tokenizer with all its added tokens.
    """
    tokens = [token.content for token in description.added_tokens]
    entries = _spread(list(description.model.ids), 2_000)
    return [
        *_PLAIN,
        *chain.from_iterable(_in_context(text) for text in _spread(_PLAIN, 8)),
        *(run * length for run in _RUNS for length in _RUN_LENGTHS),
        *_code_points(),
        *_words(),
        *chain.from_iterable(_in_context(token) for token in _spread(tokens, 256)),
        *_spread(entries, 2_000),
        *(
            " ".join(pair)
            for pair in zip(_spread(entries, 500), _spread(entries, 499), strict=False)
        ),
    ]


def find_difference(
    texts: Sequence[str], encoded: Encoded, reference: Encoded
) -> EngineDifference | None:
    """Return the first text to which two engines give other ids; None: they agree on all.

    Args:
        texts: What was encoded.
        encoded: By the engine in question.
        reference: By the reference.
    """
    if np.array_equal(encoded.lengths, reference.lengths) and np.array_equal(
        encoded.ids, reference.ids
    ):
        return None
    for text, ids, expected in zip(texts, _split(encoded), _split(reference), strict=True):
        if ids != expected:
            start = next(
                (place for place, (a, b) in enumerate(zip(ids, expected, strict=False)) if a != b),
                min(len(ids), len(expected)),
            )
            return EngineDifference(
                text=text[:_SHOWN_CHARACTERS],
                reference_ids=tuple(expected[start : start + _SHOWN_IDS]),
                ids=tuple(ids[start : start + _SHOWN_IDS]),
            )
    raise AssertionError("two encodings differ as wholes and in no part")


def _split(encoded: Encoded) -> Iterator[list[int]]:
    ends = np.cumsum(encoded.lengths)
    for start, end in zip((ends - encoded.lengths).tolist(), ends.tolist(), strict=True):
        yield encoded.ids[start:end].tolist()


def _spread(items: Sequence[str], number: int) -> Sequence[str]:
    """Return at most so many of the items, evenly spread."""
    return items[:: max(1, -(-len(items) // number))]


def _in_context(text: str) -> Iterator[str]:
    yield from (text, f" {text}", f"{text} ", f" {text} ", f"  {text}\n", f"{text}{text}")
    yield from (f"{text} {text}", f"a{text}b", f"A.{text}9", text[:-1], text[1:])
    yield from (text.upper(), text.lower(), text.swapcase(), f"é{text}é")


def _code_points() -> Iterator[str]:
    """Yield characters among letters, digits and blanks, where their class decides the cut."""
    for held in _chunks(chain.from_iterable(_CODE_POINTS)):
        yield "".join(held)
        yield "".join(f"a{character}b {character}1" for character in held)


def _words() -> Iterator[str]:
    """Yield words of each script: letters with their marks, of one to six characters."""
    for held in _chunks(chain.from_iterable(_CODE_POINTS)):
        letters = [character for character in held if unicodedata.category(character)[0] in "LM"]
        if letters:
            words = ("".join(letters[start : start + 1 + start % 6]) for start in range(0, 24, 3))
            yield " ".join(word for word in words if word)


def _chunks(codes: Iterable[int]) -> Iterator[list[str]]:
    held: list[str] = []
    for code in codes:
        if code not in _SURROGATES:
            held.append(chr(code))
        if len(held) == _CHARACTERS_A_TEXT:
            yield held
            held = []
    if held:
        yield held
