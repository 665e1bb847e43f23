import pytest

from registry.errors import InputError, UnknownError
from tests.catalog.factories import LATER, WHO
from tests.reporting.factories import make_report, make_target


def test_a_kept_report_comes_back_as_it_was(catalog):
    kept = catalog.reports.keep(make_report(), **WHO)

    assert kept == catalog.reports.get(kept.id)
    assert make_report().digest.removeprefix("sha256:").startswith(kept.id)
    assert kept.digest == make_report().digest


def test_the_same_report_is_kept_once_with_its_first_moment(catalog):
    first = catalog.reports.keep(make_report(), **WHO)
    again = catalog.reports.keep(make_report(created_at=LATER), actor="bob", at=LATER)

    assert first == again
    assert 1 == len(catalog.reports.list())
    assert ["report.keep"] == [entry.action for entry in catalog.audit.list()]


def test_reports_are_listed_newest_first_with_their_verdicts(catalog):
    ids = [
        catalog.reports.keep(make_report(unique_tokens=number), **WHO).id for number in (1, 2, 3)
    ]
    found = catalog.reports.list(limit=2)

    assert ids[:0:-1] == [item.id for item in found]
    (verdict,) = found[0].verdicts
    assert make_target().verdict is verdict.verdict
    assert make_target().num_parameters == verdict.num_parameters


def test_an_id_may_be_shortened_until_it_fits_several(catalog):
    kept = [catalog.reports.keep(make_report(unique_tokens=number), **WHO) for number in range(40)]

    assert kept[0] == catalog.reports.get(kept[0].digest)
    assert kept[0] == catalog.reports.get(kept[0].id[:10])
    with pytest.raises(UnknownError, match="report"):
        catalog.reports.get("")


def test_an_id_that_fits_several_asks_for_more_digits(catalog):
    first = {}
    for number in range(2_000):
        report = make_report(unique_tokens=number)
        start = report.digest[7:11]
        if start in first:
            for one in (first[start], report):
                catalog.reports.keep(one, **WHO)
            with pytest.raises(InputError, match="fits several"):
                catalog.reports.get(start)
            return
        first[start] = report
    pytest.fail("no two digests begin alike")


def test_an_unknown_report_offers_the_nearest(catalog):
    kept = catalog.reports.keep(make_report(), **WHO)
    with pytest.raises(UnknownError) as raised:
        catalog.reports.get(kept.id[:-1] + "x")

    assert [kept.id] == list(raised.value.nearest)


def test_what_stands_in_names_is_kept_as_it_is(catalog):
    target = make_target(reasons=("naïve \x00 <script>",))
    kept = catalog.reports.keep(make_report(targets=(target,)), **WHO)

    assert target.reasons == catalog.reports.get(kept.id).targets[0].reasons
