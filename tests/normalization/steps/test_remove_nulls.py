from ..factories import rewrite_with


def test_nulls_are_removed_and_other_controls_stay():
    assert ["ab\x01\x7f"] == rewrite_with("remove_nulls", ["\0a\0b\x01\x7f\0"])


def test_a_mark_behind_leading_nulls_goes_with_them():
    assert ["x\ufeff"] == rewrite_with("remove_nulls", ["\0\ufeff\0x\ufeff"])


def test_a_mark_behind_text_stays():
    assert ["x\ufeff"] == rewrite_with("remove_nulls", ["x\0\ufeff"])
