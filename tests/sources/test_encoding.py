"""Files that are not UTF-8: found out from their bytes, read as what they say."""

# ruff: noqa: RUF001 - Cyrillic letters look like others

import io

import pytest

from registry.domain.reading import Encoding, EncodingBasis, Format, Reading, Split
from registry.errors import InputError
from registry.sources.detecting import detect
from registry.sources.encoding import as_utf8, find_encoding, is_suspect
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents

TEXT = Reading(format=Format.TEXT)

RUSSIAN = """Все люди рождаются свободными и равными в своём достоинстве и правах.
Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства.
Каждый человек имеет право на жизнь, на свободу и на личную неприкосновенность.
"""
FRENCH = """L'été dernier, nous étions allés à la mer près de Bordeaux, où l\u2019eau était déjà
tiède en mai. Ma sœur préférait rester à l'ombre d'un arbre, après le déjeuner, à lire un
roman très épais ; moi, j'ai nagé jusqu'à la bouée. Ç'aurait été une journée parfaite.
"""
JAPANESE = """すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて
平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。
"""

UDHR = {
    "Latin1": "cp1252",
    "Latin2": "cp1250",
    "Latin2-err": "cp1250",
    "Cyrillic": "cp1251",
    "Greek": "cp1253",
    "Hebrew": "cp1255",
    "Arabic": "cp1256",
    "Turkish": "cp1254",
    "GB2312": "gb18030",
    "HZ": "hz",
    "EUC": "euc_jp",
    "JIS": "iso2022_jp",
    "SJIS": "cp932",
    "Unicode": "utf-16",
    "UTF8": "utf-8",
    "UTF8~": "utf-8",
    "ALRN-UTF8": "utf-8",
}
"""What the end of a name means. The files hold the marks of Windows where ISO has controls."""


def file_of(data, name="a.txt"):
    return SourceFile(name, lambda: io.BytesIO(data), len(data))


def text_of(data, reading=TEXT):
    """Return the text that a file becomes, as `registration` reads it."""
    file = file_of(data)
    encoding = find_encoding(file, reading)
    plain, _ = as_utf8(file, reading.model_copy(update={"encoding": encoding}))
    with plain.open() as stream:
        return stream.read().decode().removeprefix("\ufeff"), encoding


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "utf-16"),
        (FRENCH, "cp1252"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
    ],
)
def test_an_encoding_is_found_from_the_bytes_alone(text, name):
    found, encoding = text_of(text.encode(name))

    assert text == found
    assert 0 == encoding.num_replaced


def test_the_first_bytes_may_be_ascii_for_long():
    text = "plain words\n" * 300_000 + RUSSIAN
    found, encoding = text_of(text.encode("cp1251"))

    assert ("cp1251", True) == (encoding.name, found.endswith(RUSSIAN))


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(128, 256)) * 40,
        b"caf\xe9",
        b"see~{foo} and ~{\\em bar}\n" * 50,
        b"\x1b$ grep x \x1b[0m\n" * 50,
    ],
    ids=["all bytes", "too short", "latex", "terminal"],
)
def test_what_cannot_be_told_stays_as_it_is(data):
    assert find_encoding(file_of(data), TEXT) is None


def test_a_damaged_file_is_read_and_its_rows_are_judged_one_by_one():
    data = RUSSIAN[:-20].encode() + b"\xff\xfe" + RUSSIAN.encode()[:101]
    found, encoding = text_of(data)

    assert (EncodingBasis.DAMAGED, 3) == (encoding.basis, encoding.num_replaced)
    assert 3 == found.count("\ufffd")
    assert find_encoding(file_of(data), Reading(format=Format.TEXT, split=Split.LINES)) is None


@pytest.mark.parametrize("data", [b"plain", "größe".encode(), b"", b"a \xef\xbf\xbd b"])
def test_utf8_is_not_looked_at_again(data):
    import pyarrow as pa  # noqa: PLC0415

    assert not is_suspect(pa.array([data], pa.large_binary()))


@pytest.mark.parametrize("batch_bytes", [1 << 10, 1 << 20])
def test_rows_in_another_encoding_are_rows_as_ever(batch_bytes):
    rows = "имя,текст\n" + "".join(f'{row},"Анна, {row}"\n' for row in range(100))
    file = file_of(rows.encode("utf-16"), "a.csv")
    wanted = Reading(encoding=Encoding.declare("utf-16"), text_columns=("текст",))
    detected = detect(file, wanted)
    outcomes = list(read_documents(file, detected.reading, batch_bytes=batch_bytes))
    texts = [text.decode() for one in outcomes for text in one.kept.column("text").to_pylist()]

    assert [f"Анна, {row}" for row in range(100)] == texts
    assert ["имя", "текст"] == [field.name for field in detected.fields]


def test_what_says_its_own_encoding_takes_none(tmp_path):
    with pytest.raises(InputError, match="says by itself how text is encoded"):
        detect(
            file_of(b"PAR1" + bytes(100), "a.parquet"), Reading(encoding=Encoding.declare("utf-16"))
        )
    with pytest.raises(InputError, match="no such encoding of text"):
        Encoding.declare("base64")


def test_the_declaration_in_many_encodings_is_read_right(shared_data):
    """45 of the 46 files that Python has an encoding for; the others are left as they are."""
    right, wrong, others = [], [], []
    for path in sorted((shared_data / "text" / "udhr").iterdir()):
        data = path.read_bytes()
        name = UDHR.get(path.name.split("-", 1)[1])
        if path.name == "Czech_Cesky-UTF8":
            name = "cp1250"
        if name is None:
            others.append(find_encoding(file_of(data), TEXT))
            continue
        truth = data.decode(name, "replace").removeprefix("\ufeff")
        (right if truth == text_of(data)[0] else wrong).append(path.name)

    assert 45 == len(right)
    # Its letters are those of Latin-2; read as its name says, ten of them would be foreign.
    assert ["Hungarian_Magyar-Latin1"] == wrong
    assert [None] * 3 == others
