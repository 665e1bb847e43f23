"""Models: stated once a revision, with what they were trained on and what they wrote."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, func, select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.loading import STANDS, AnyRow
from registry.catalog.origins import WRITING, load_trainings
from registry.catalog.resolving import chunked, resolve_all
from registry.catalog.tables import (
    DatasetRow,
    GenerationRow,
    ModelRow,
    ModelTrainingRow,
    VersionRow,
)
from registry.domain.model import AddedModel, Model, ModelDescription, ModelDraft, ModelReference
from registry.domain.names import Reference, reference_to
from registry.domain.terms import Terms
from registry.errors import ConflictError, UnknownError

Models: TypeAlias = list[Model]

_WROTE = GenerationRow.role.in_(WRITING) & STANDS
_NUM_GENERATED = (
    select(func.count(GenerationRow.version_id.distinct()))
    .where(GenerationRow.model_id == ModelRow.id, _WROTE)
    .correlate(ModelRow)
    .scalar_subquery()
)
_MODELS = select(ModelRow, _NUM_GENERATED.label("num_generated"))


class ModelStore:
    """Adds and reads models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, draft: ModelDraft, *, actor: str, at: datetime) -> AddedModel:
        """Add a model with what it was trained on, in one transaction.

        The same statement again changes nothing.

        Raises:
            ConflictError: Something else is stated of this revision.
            UnknownError: There is no such version.
        """
        with self._database.writing() as connection:
            changes = record_model(connection, draft, actor=actor, at=at)
            audit.append(connection, changes, actor=actor, at=at)
            (model,) = _load(connection, _is(draft.reference))
            return AddedModel(status="created" if changes else "unchanged", model=model)

    def get(self, reference: ModelReference) -> ModelDescription:
        """Return a model with the versions that it wrote and judged.

        Raises:
            UnknownError: There is none; the nearest are offered.
        """
        with self._database.reading() as connection:
            found = _load(connection, _is(reference))
            if not found:
                raise unknown_model(connection, str(reference))
            query = (
                select(DatasetRow.name, VersionRow.number, GenerationRow.role)
                .join_from(GenerationRow, ModelRow, ModelRow.id == GenerationRow.model_id)
                .join(VersionRow, VersionRow.id == GenerationRow.version_id)
                .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
                .where(_is(reference), STANDS)
                .order_by(VersionRow.id)
            )
            uses = connection.execute(query).all()
        wrote = dict.fromkeys(reference_to(n, v) for n, v, role in uses if role.writes)
        judged = dict.fromkeys(reference_to(n, v) for n, v, role in uses if not role.writes)
        return ModelDescription(model=found[0], generated=tuple(wrote), judged=tuple(judged))

    def list(self) -> Models:
        """Return all models by name, of one name the newest first."""
        with self._database.reading() as connection:
            return _load(connection)

    def check_name(self, name: str) -> None:
        """Accept a name, or `name@revision`, that means a model.

        Raises:
            UnknownError: There is none; the nearest are offered.
        """
        with self._database.reading() as connection:
            text = ModelRow.name + "@" + ModelRow.revision
            query = select(ModelRow.id).where((ModelRow.name == name) | (text == name)).limit(1)
            if connection.execute(query).first() is None:
                raise unknown_model(connection, name)


def record_model(
    connection: Connection, draft: ModelDraft, *, actor: str, at: datetime
) -> list[Change]:
    """Write a model; return what the audit log says of it: nothing if the same is stated already.

    Raises:
        ConflictError: Something else is stated of this revision.
        UnknownError: There is no such version.
    """
    wanted = [Reference.parse(text) for text in draft.trained_on]
    found = resolve_all(connection, wanted)
    trained_on = list(dict.fromkeys(found[reference] for reference in wanted))
    known = _load(connection, _is(draft.reference))
    if known:
        _require_same(known[0], draft)
        return []
    _insert(connection, draft, trained_on, actor=actor, at=at)
    names = name_versions(connection, set(trained_on))
    detail = draft.model_dump(mode="json", exclude={"reference", "trained_on"})
    detail["trained_on"] = [names[one] for one in trained_on]
    return [Change("model.add", str(draft.reference), detail)]


def find_model(connection: Connection, reference: ModelReference) -> tuple[int, int]:
    """Return the id of a model, and the highest id of a version it was trained on.

    Raises:
        UnknownError: There is none; the hint offers the nearest, and states it.
    """
    query = select(ModelRow.id, ModelRow.trained_until).where(_is(reference))
    found = connection.execute(query).one_or_none()
    if found is None:
        error = unknown_model(connection, str(reference))
        stated = f"muster model add {reference}"
        error.hint = f"{error.hint} Else state it: {stated}" if error.nearest else stated
        raise error
    return found.id, found.trained_until


def unknown_model(connection: Connection, text: str) -> UnknownError:
    """Return the error for a model that is not there, with the nearest ones."""
    known = connection.execute(select(ModelRow.name, ModelRow.revision)).all()
    names = [f"{name}@{revision}" for name, revision in known]
    names += [] if "@" in text else [name for name, _ in known]
    return UnknownError(what="model", value=text, known=names, hint="muster model list")


def _is(reference: ModelReference) -> ColumnElement[bool]:
    return (ModelRow.name == reference.name) & (ModelRow.revision == reference.revision)


def _load(connection: Connection, condition: ColumnElement[bool] | None = None) -> Models:
    query = _MODELS.order_by(ModelRow.name, ModelRow.id.desc())
    rows = connection.execute(query if condition is None else query.where(condition)).all()
    trained: dict[int, tuple[int, ...]] = {}
    for chunk in chunked(row.id for row in rows):
        trained |= load_trainings(connection, chunk)
    names = name_versions(connection, {one for found in trained.values() for one in found})
    return [_model(row, [names[one] for one in trained[row.id]]) for row in rows]


def name_versions(connection: Connection, ids: set[int]) -> dict[int, str]:
    """Return the canonical references of versions by their ids."""
    query = select(VersionRow.id, DatasetRow.name, VersionRow.number).join_from(
        VersionRow, DatasetRow, DatasetRow.id == VersionRow.dataset_id
    )
    return {
        key: reference_to(name, number)
        for chunk in chunked(sorted(ids))
        for key, name, number in connection.execute(query.where(VersionRow.id.in_(chunk)))
    }


def _model(row: AnyRow, trained_on: Sequence[str]) -> Model:
    return Model(
        name=row.name,
        revision=row.revision,
        weights_digest=row.weights_digest,
        output_licence=row.output_licence,
        output_terms=None if row.output_terms is None else Terms.model_validate(row.output_terms),
        terms_url=row.terms_url,
        trained_on=tuple(trained_on),
        num_generated=row.num_generated,
        actor=row.actor,
        added_at=row.added_at,
    )


_STATED = ("weights_digest", "output_licence", "output_terms", "terms_url")


def _require_same(known: Model, draft: ModelDraft) -> None:
    differing = [name for name in _STATED if getattr(known, name) != getattr(draft, name)]
    if set(known.trained_on) != set(draft.trained_on):
        differing.append("trained_on")
    if differing:
        words = ", ".join(name.replace("_", " ") for name in differing)
        raise ConflictError(
            f"{known.reference} is there with other facts: {words}",
            hint=f"muster model show {known.reference}; another state is another revision",
        )


def _insert(
    connection: Connection,
    draft: ModelDraft,
    trained_on: Sequence[int],
    *,
    actor: str,
    at: datetime,
) -> None:
    model_id = next(reserve_ids(connection, ModelRow, 1))
    trained_until = max(trained_on, default=0)
    terms = draft.output_terms
    row: dict[str, Any] = {
        "id": model_id,
        "name": draft.reference.name,
        "revision": draft.reference.revision,
        **{name: getattr(draft, name) for name in _STATED},
        "output_terms": None if terms is None else terms.model_dump(mode="json"),
        "trained_until": trained_until,
        "actor": actor,
        "added_at": at,
    }
    insert_rows(connection, ModelRow, [row])
    rows = [
        {
            "model_id": model_id,
            "version_id": version_id,
            "position": position,
            "trained_until": trained_until,
        }
        for position, version_id in enumerate(trained_on)
    ]
    insert_rows(connection, ModelTrainingRow, rows)
