from ..factories import rewrite_with


def test_nulls_are_removed_and_other_controls_stay():
    assert rewrite_with("remove_nulls", ["\0a\0b\x01\x7f\0"]) == ["ab\x01\x7f"]


def test_a_mark_behind_leading_nulls_goes_with_them():
    assert rewrite_with("remove_nulls", ["\0\ufeff\0x\ufeff"]) == ["x\ufeff"]


def test_a_mark_behind_text_stays():
    assert rewrite_with("remove_nulls", ["x\0\ufeff"]) == ["x\ufeff"]
