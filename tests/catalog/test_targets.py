import pytest

from registry.domain.architecture import Architecture
from registry.domain.model_target import Hardware, Target
from registry.errors import InputError, UnknownError
from tests.catalog.factories import LATER, WHO


def make_definition(**changes):
    return Target(**({"name": "flagship", "parameters": 7_000_000_000} | changes))


def test_a_kept_target_is_found_by_name_and_number(catalog):
    shape = Architecture(layers=2, width=8, heads=2, feed_forward=16, vocabulary=100)
    target = make_definition(
        parameters=None, architecture=shape, hardware=Hardware(device="h100", devices=8)
    )
    kept = catalog.targets.keep(target, **WHO)

    assert target == kept.target
    assert kept == catalog.targets.get("flagship") == catalog.targets.get("flagship", number=1)
    assert "flagship@1" == kept.reference


def test_the_same_target_again_changes_nothing(catalog):
    first = catalog.targets.keep(make_definition(), **WHO)

    assert first == catalog.targets.keep(make_definition(), actor="bob", at=LATER)
    assert ["target.set"] == [entry.action for entry in catalog.audit.list()]


def test_a_changed_target_is_a_new_version_and_the_old_one_stays(catalog):
    catalog.targets.keep(make_definition(), **WHO)
    changed = catalog.targets.keep(make_definition(overtraining=5), actor="bob", at=LATER)

    assert 2 == changed.number
    assert changed == catalog.targets.get("flagship")
    assert 1 == catalog.targets.get("flagship", number=1).target.overtraining


def test_going_back_is_a_change_too(catalog):
    for ratio in (1, 5, 1):
        kept = catalog.targets.keep(make_definition(overtraining=ratio), **WHO)

    assert "flagship@3" == kept.reference


def test_the_newest_of_each_name_is_listed_by_name(catalog):
    for name in ("small", "Zeta".lower(), "big"):
        catalog.targets.keep(make_definition(name=name), **WHO)
    catalog.targets.keep(make_definition(name="big", parameters=5), **WHO)

    assert ["big@2", "small@1", "zeta@1"] == [item.reference for item in catalog.targets.list()]


def test_a_target_without_a_name_is_not_kept(catalog):
    with pytest.raises(InputError, match="under a name"):
        catalog.targets.keep(make_definition(name=None), **WHO)


@pytest.mark.parametrize("number", [None, 2])
def test_an_unknown_target_offers_the_nearest(catalog, number):
    catalog.targets.keep(make_definition(), **WHO)
    with pytest.raises(UnknownError) as raised:
        catalog.targets.get("flagship" if number else "flagshi", number=number)

    assert "flagship" in raised.value.nearest
