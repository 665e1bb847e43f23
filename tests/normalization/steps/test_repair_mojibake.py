# ruff: noqa: RUF001 - mojibake is made of look-alikes

import json

import ftfy
import pyarrow as pa
import pytest
from ftfy.badness import MOJIBAKE_CATEGORIES, is_bad
from hypothesis import given
from hypothesis import strategies as st

from registry.normalization.steps.repair_mojibake import find_suspects, repair

from ..factories import hostile_texts, rewrite_with

CHARACTERS = sorted(
    set("".join(MOJIBAKE_CATEGORIES.values())) | set("aZ ÂÃŒœ_9日\t\n\x0b\x1f\u3000")
)
mojibake = st.text(st.sampled_from(CHARACTERS), max_size=8)


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("â€œquotesâ€\x9d and a dash â€” here", "“quotes” and a dash — here"),
        ("Ã©tÃ©", "été"),
        ("РґРѕСЂРѕРіРµ РґРѕРј #С„СѓС‚Р±РѕР»", "дороге дом #футбол"),
        ("un r√©gime √©quilibr√©.", "un régime équilibré."),
        ("\x84Handwerk\x93", "„Handwerk“"),
        ("ÃƒÂ©", "é"),
    ],
)
def test_text_read_in_the_wrong_encoding_is_read_again(broken, right):
    assert [right] == rewrite_with("repair_mojibake", [broken])


@pytest.mark.parametrize(
    "text",
    [
        "Ein Märchen für Ägypten – „süß“, 5 € und 20 °C",
        "L’été à Nîmes, « où l’on s’aime »…",
        "Η ¨ανατροφή¨ δυστυχώς",
        "吾輩は猫である。名前はまだ無い。",
        "तुम्हारा नाम क्या है?",
        "x² + y² ± 3½ × 2",
    ],
)
def test_sound_text_stays_as_it_is(text):
    assert [text] == rewrite_with("repair_mojibake", [text])


def test_each_line_is_judged_alone():
    lines = ["sound “quotes” 日本  ", "", "Ã©tÃ© \t", "plain"]

    assert "sound “quotes” 日本  \n\nété\nplain" == repair("\n".join(lines))


def test_c1_controls_that_mean_nothing_are_removed():
    assert ["a£\n"] == rewrite_with("repair_mojibake", ["a£\x81\n"])


@given(texts=st.lists(mojibake | hostile_texts, max_size=4))
def test_no_document_with_a_line_that_ftfy_deems_bad_escapes_the_test(texts):
    suspects = find_suspects(pa.array(texts, pa.large_string())).to_pylist()
    for text, is_suspect in zip(texts, suspects, strict=True):
        assert is_suspect or not any(map(is_bad, text.split("\n")))


@given(text=mojibake | hostile_texts)
def test_a_repaired_document_needs_no_repair(text):
    once = repair(text)

    assert once == repair(once)


@pytest.mark.parametrize(
    "name", ["in-the-wild", "known-failures", "language-names", "negative", "synthetic"]
)
def test_the_answers_are_those_of_ftfy_but_for_what_is_stripped_anyway(shared_data, name):
    file = shared_data / "hostile" / "ftfy" / f"{name}.json"
    originals = [case["original"] for case in json.loads(file.read_text("utf-8"))]

    expected = [ftfy.fix_encoding(text) for text in originals]
    repaired = rewrite_with("repair_mojibake", originals)
    assert _strip(expected) == _strip(repaired)


@pytest.mark.parametrize(
    "name", ["text/tinyshakespeare.txt", "text/german_law/gg.md", "text/wikitext-2/test.txt"]
)
def test_real_text_stays_as_it_is(shared_data, name):
    text = (shared_data / name).read_text("utf-8")

    assert [text] == rewrite_with("repair_mojibake", [text])


def _strip(texts):
    stripped = rewrite_with("strip_control_characters", texts)
    return rewrite_with("strip_trailing_whitespace", stripped)
