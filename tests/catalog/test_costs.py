"""The ledger of costs: appended, taken back, counted once through lineage."""

import pytest
from sqlalchemy.exc import IntegrityError

from registry.domain.cost import SubjectKind
from registry.domain.money import Money
from registry.domain.version import SourceFacts
from registry.errors import ConflictError, InputError, UnknownError
from tests.catalog.factories import WHO, make_cost, make_subject, ref, seal
from tests.catalog.test_lineage import build


def add(catalog, name, micros=1_000_000, kind=SubjectKind.VERSION, **fields):
    return catalog.costs.add(make_cost(micros, **fields), subject=make_subject(name, kind), **WHO)


def totals(catalog, *references):
    found = catalog.costs.upstream([ref(name) for name in references])
    return {(item.kind.value, item.amount.currency): item.amount.micros for item in found.sums}


def test_an_entry_keeps_all_that_was_said(catalog):
    seal(catalog)
    entry = add(
        catalog,
        "web/cc",
        kind=SubjectKind.VERSION,
        quantity=40,
        unit="gpu-hour",
        incurred_on="2026-11-01",
        note="spot",
    )

    assert [entry] == catalog.costs.list_for(ref("web/cc"))
    assert (1, "web/cc@1", 40, "gpu-hour", "2026-11-01", "spot", "ada") == (
        entry.id,
        entry.subject.name,
        entry.quantity,
        entry.unit,
        entry.incurred_on,
        entry.note,
        entry.actor,
    )
    assert "cost.add" == catalog.audit.list(1)[0].action


def test_a_mistake_is_taken_back_and_both_stay(catalog):
    seal(catalog)
    add(catalog, "web/cc", 5_000_000, quantity=3, unit="hour")
    opposite = catalog.costs.reverse(1, note="typing error", **WHO)
    first, second = catalog.costs.list_for(ref("web/cc"))

    assert (-5_000_000, -3, 1) == (opposite.amount.micros, opposite.quantity, opposite.reverses)
    assert (2, opposite) == (first.reversed_by, second)
    assert {("acquire", "EUR"): 0} == totals(catalog, "web/cc")


def test_an_entry_is_taken_back_once(catalog):
    seal(catalog)
    add(catalog, "web/cc")
    catalog.costs.reverse(1, note="x", **WHO)

    for entry in (1, 2):
        with pytest.raises(ConflictError):
            catalog.costs.reverse(entry, note="x", **WHO)
    with pytest.raises(UnknownError):
        catalog.costs.reverse(3, note="x", **WHO)


def test_a_negative_amount_is_refused(catalog):
    seal(catalog)

    with pytest.raises(InputError, match="negative"):
        add(catalog, "web/cc", -1)


@pytest.mark.parametrize("kind", SubjectKind)
def test_an_unknown_subject_is_refused(catalog, kind):
    with pytest.raises(UnknownError):
        add(catalog, "web/none", kind=kind)


def test_a_shared_ancestor_counts_once(catalog):
    build(catalog, [set(), {0}, {0}, {1, 2}])
    add(catalog, "g/d0", 100)
    add(catalog, "g/d1", 10)
    add(catalog, "g/d3", 1)

    assert {("acquire", "EUR"): 111} == totals(catalog, "g/d3", "g/d2")
    assert {("acquire", "EUR"): 100} == totals(catalog, "g/d2")


def test_a_source_of_many_versions_counts_once_whatever_is_stated_of_it_later(catalog):
    source = SourceFacts(kind="http", uri="https://example.org/data")
    said = source.model_copy(update={"publisher": "Example"})
    seal(catalog, "web/a", "a", sources=(source,))
    seal(catalog, "web/b", "b", sources=(said,))
    seal(catalog, "web/c", "c", inputs=("web/a@1", "web/b@1"))
    add(catalog, "https://example.org/data", 70, kind=SubjectKind.SOURCE)

    assert {("acquire", "EUR"): 70} == totals(catalog, "web/c")
    assert {("acquire", "EUR"): 70} == totals(catalog, "web/b")
    assert 1 == len(catalog.costs.list_for(ref("web/b")))
    assert 1 == catalog.costs.upstream([ref("web/c")]).num_versions_without_cost


def test_a_name_that_fits_several_sources_is_refused(catalog):
    sources = tuple(
        SourceFacts(kind="http", uri=f"https://example.org/{part}", url="https://example.org")
        for part in range(2)
    )
    seal(catalog, sources=sources)

    with pytest.raises(InputError, match="fits 2 sources"):
        add(catalog, "https://example.org", kind=SubjectKind.SOURCE)


def test_a_run_is_paid_by_what_it_made(catalog):
    run = seal(catalog, "web/in").version.run
    seal(catalog, "web/out", "out", inputs=("web/in@1",))
    seal(catalog, "web/other", "other")
    entry = add(catalog, run[:30], 9, kind=SubjectKind.RUN)

    assert run == entry.subject.name
    assert {("acquire", "EUR"): 9} == totals(catalog, "web/out")
    assert {} == totals(catalog, "web/other")


def test_currencies_and_kinds_stand_apart(catalog):
    seal(catalog)
    add(catalog, "web/cc", 1)
    add(catalog, "web/cc", 2, currency="USD")
    catalog.costs.add(make_cost(4, kind="api"), subject=make_subject("web/cc"), **WHO)

    assert {("acquire", "EUR"): 1, ("acquire", "USD"): 2, ("api", "EUR"): 4} == totals(
        catalog, "web/cc"
    )


def test_sums_beyond_a_float_are_exact(catalog):
    seal(catalog)
    most = 2**60
    add(catalog, "web/cc", most)
    add(catalog, "web/cc", 1)

    assert Money(micros=most + 1, currency="EUR") == (
        catalog.costs.upstream([ref("web/cc")]).sums[0].amount
    )


@pytest.mark.parametrize("size", [2, 60])
def test_the_number_of_statements_does_not_grow_with_the_graph(catalog, statements, size):
    build(catalog, [{number - 1} if number else set() for number in range(size)])
    statements.clear()
    catalog.costs.upstream([ref(f"g/d{size - 1}")])

    assert 4 == len(statements)


def test_the_database_refuses_an_entry_of_two_subjects(catalog):
    seal(catalog)
    statement = (
        "INSERT INTO cost_entry (id, kind, amount_micros, currency, version_id, run_id, actor, "
        "recorded_at) VALUES (1, 'api', 1, 'EUR', 1, 1, 'ada', '2026-01-01 00:00:00.000000+00:00')"
    )

    with (
        pytest.raises(IntegrityError, match="ck_cost_entry_subject"),
        catalog._database._writers.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
