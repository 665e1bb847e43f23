"""What is stated in a catalog, in the terms of a declaration; facts are left out."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from pydantic import JsonValue
from sqlalchemy import Connection, select

from registry.catalog.declared_versions import load_declared_versions
from registry.catalog.loading import AnyRow
from registry.catalog.models import name_versions
from registry.catalog.origins import load_trainings
from registry.catalog.resolving import chunked
from registry.catalog.series import Series, load_series
from registry.catalog.tables import (
    CostEntryRow,
    DatasetRow,
    ModelRow,
    RunRow,
    SourceRow,
    TargetRow,
    VersionRow,
)
from registry.domain.declaration import (
    FORMAT,
    Declaration,
    DeclaredCost,
    DeclaredDataset,
    DeclaredModel,
    DeclaredVersion,
)
from registry.domain.model_target import Target
from registry.domain.money import Money
from registry.domain.terms import Answer, Term, Terms

_COSTS = (
    select(
        CostEntryRow,
        RunRow.public_id,
        SourceRow.uri,
        SourceRow.url,
    )
    .outerjoin_from(CostEntryRow, RunRow, RunRow.id == CostEntryRow.run_id)
    .outerjoin(SourceRow, SourceRow.id == CostEntryRow.source_id)
    .where(
        CostEntryRow.reverses.is_(None),
        CostEntryRow.id.not_in(
            select(CostEntryRow.reverses).where(CostEntryRow.reverses.is_not(None))
        ),
    )
    .order_by(CostEntryRow.id)
)


def load_declared(
    connection: Connection, like: Declaration | None = None, *, others: Collection[str] = ()
) -> Declaration:
    """Return what is stated: all of it, or of datasets and models what another one names.

    Args:
        connection: The catalog's.
        like: What names them; None: all.
        others: More datasets, without their versions.
    """
    if like is None:
        datasets = list(connection.execute(select(DatasetRow.name)).scalars())
        models = None
    else:
        datasets = [*like.datasets, *others]
        models = [*like.models, *_written_by(like)]
    return Declaration(
        muster=FORMAT,
        datasets=_load_datasets(connection, datasets, like),
        models=_load_models(connection, models),
        targets=_load_targets(connection),
        costs=_load_costs(connection),
    )


def _written_by(like: Declaration) -> list[str]:
    return [
        one.model
        for dataset in like.datasets.values()
        for version in dataset.versions.values()
        for one in version.generations
        if one.model is not None
    ]


def _load_datasets(
    connection: Connection, names: Collection[str], like: Declaration | None
) -> dict[str, DeclaredDataset]:
    series = load_series(connection, names)
    numbers = _load_numbers(connection, [one.id for one in series.values()])
    named = None if like is None else like.datasets
    wanted = [
        key
        for one in series.values()
        for key, number in numbers[one.id].items()
        if named is None or (one.name in named and number in named[one.name].versions)
    ]
    stated = load_declared_versions(connection, wanted)
    return {
        name: _dataset(series[name], numbers[series[name].id], stated) for name in sorted(series)
    }


def _dataset(
    series: Series, numbers: dict[int, int], stated: dict[int, DeclaredVersion]
) -> DeclaredDataset:
    versions = {number: stated[key] for key, number in numbers.items() if key in stated}
    return DeclaredDataset.trusted(
        {
            "kind": series.kind,
            "description": series.description,
            "owner": series.owner,
            "lifecycle": series.lifecycle,
            "tags": {tag: numbers[key] for tag, key in sorted(series.tags.items())},
            "versions": dict(sorted(versions.items())),
        }
    )


def _load_numbers(connection: Connection, ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """Return the number of each version by its id, for each dataset."""
    numbers: defaultdict[int, dict[int, int]] = defaultdict(dict)
    query = select(VersionRow.dataset_id, VersionRow.id, VersionRow.number)
    for chunk in chunked(ids):
        for dataset, key, number in connection.execute(
            query.where(VersionRow.dataset_id.in_(chunk))
        ):
            numbers[dataset][key] = number
    return numbers


def _load_models(
    connection: Connection, wanted: Collection[str] | None
) -> dict[str, DeclaredModel]:
    text = ModelRow.name + "@" + ModelRow.revision
    query = select(ModelRow).order_by(ModelRow.id)
    rows: list[AnyRow] = []
    if wanted is None:
        rows += connection.execute(query)
    for chunk in chunked(dict.fromkeys(wanted or ())):
        rows += connection.execute(query.where(text.in_(chunk)))
    trained: dict[int, tuple[int, ...]] = {}
    for ids in chunked(row.id for row in rows):
        trained |= load_trainings(connection, ids)
    names = name_versions(connection, {one for found in trained.values() for one in found})
    return {
        f"{row.name}@{row.revision}": DeclaredModel.trusted(
            {
                "weights_digest": row.weights_digest,
                "output_license": row.output_licence,
                "output_terms": _terms(row.output_terms),
                "terms_url": row.terms_url,
                "trained_on": tuple(names[one] for one in trained[row.id]),
            }
        )
        for row in rows
    }


def _terms(stored: JsonValue) -> dict[Term, Answer] | None:
    if stored is None:
        return None
    terms = Terms.model_validate(stored)
    return {term: terms[term] for term in Term if terms[term] is not Answer.UNKNOWN}


def _load_targets(connection: Connection) -> dict[str, Target]:
    query = select(TargetRow.name, TargetRow.definition).order_by(TargetRow.name, TargetRow.number)
    # Of several with one name the newest stays.
    rows = {row.name: row.definition for row in connection.execute(query)}
    return {name: Target.model_validate_json(text) for name, text in rows.items()}


def _load_costs(connection: Connection) -> tuple[DeclaredCost, ...]:
    """Return the entries that were not taken back."""
    rows = connection.execute(_COSTS).all()
    names = name_versions(connection, {row.version_id for row in rows if row.version_id})
    return tuple(
        DeclaredCost.trusted(
            {
                "version": names.get(row.version_id),
                "run": row.public_id,
                "source": row.url or row.uri,
                "kind": row.kind,
                "amount": _amount(row.amount_micros),
                "currency": row.currency,
                "quantity": row.quantity,
                "unit": row.unit,
                "incurred_on": row.incurred_on,
                "evidence": row.evidence,
                "note": row.note,
            }
        )
        for row in rows
    )


def _amount(micros: int) -> str:
    text = f"{Money(micros=micros, currency='').amount:f}".rstrip("0")
    return text + "00"[: max(0, 2 - len(text.partition(".")[2]))]
