"""Who wrote versions, and the graph through which shares and depth come down.

A fixed number of queries whatever the size of the graph; what follows from it is found by the pure
rules of `registry.domain.genealogy`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import CTE, Connection, Select, bindparam, exists, func, or_, select, update

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.collector import collector_paused
from registry.catalog.engine import Database
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.loading import STANDS, AnyRow
from registry.catalog.models import find_model, name_versions
from registry.catalog.origins import Origins, load_origins, reach_origins
from registry.catalog.parents import join_parents, read_ids
from registry.catalog.resolving import resolve, resolve_all
from registry.catalog.tables import (
    AS_IS,
    DatasetRow,
    GenerationGroundingRow,
    GenerationRow,
    LedgerEntryRow,
    LineageEdgeRow,
    MixturePartRow,
    ModelRow,
    RunRow,
    TokenCountRow,
    TokenizerRow,
    VersionRow,
)
from registry.domain.count import WHOLE_VERSION, CountMethod
from registry.domain.digest import Digest
from registry.domain.genealogy import GenealogyGraph, GenealogyNode, ModelNode
from registry.domain.generation import (
    Generation,
    GenerationDraft,
    GenerationList,
    Retraction,
    Role,
)
from registry.domain.model import ModelReference
from registry.domain.names import Reference, reference_to
from registry.domain.run import Operation
from registry.domain.tokenizer import CountingPolicy
from registry.domain.words import require_words
from registry.errors import InputError, UnknownError

Generations: TypeAlias = list[Generation]


class GenerationStore:
    """Records who wrote a version, and reads it for everything upstream."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, reference: Reference, draft: GenerationDraft, *, actor: str, at: datetime
    ) -> GenerationList:
        """Append a statement in one transaction; the same one again changes nothing.

        Raises:
            UnknownError: There is no such version or model.
            InputError: The version was there before what it is said to be made by or from, or has
                parents and is said to be people's.
        """
        with self._database.writing() as connection:
            version_id = resolve(connection, reference)
            name = name_versions(connection, {version_id})[version_id]
            changes = record_generation(connection, version_id, name, draft, actor=actor, at=at)
            audit.append(connection, changes, actor=actor, at=at)
            return GenerationList(
                reference=name,
                status="created" if changes else "unchanged",
                generations=tuple(_load(connection, version_id, name).values()),
            )

    def retract(
        self,
        reference: Reference,
        *,
        role: Role | None,
        model: ModelReference | None,
        reason: str,
        actor: str,
        at: datetime,
    ) -> GenerationList:
        """Take back what was stated of a version by mistake, in one transaction.

        The rows stay, and so does the audit log; nothing that is computed follows them any more.

        Args:
            reference: The version.
            role: The role in the statement; None: any.
            model: The model in it; None: any, or people.
            reason: Why it was a mistake.
            actor: Who takes it back.
            at: When.

        Raises:
            InputError: No reason is given, or it is not said which of several is meant.
            UnknownError: There is no such version, or no such statement of it stands.
        """
        reason = require_words(reason, what="reason")
        with self._database.writing() as connection:
            version_id = resolve(connection, reference)
            name = name_versions(connection, {version_id})[version_id]
            said = str(model) if model else None
            found = {
                key: one
                for key, one in _load(connection, version_id, name).items()
                if role in (None, one.role) and said in (None, one.model)
            }
            if not found:
                raise UnknownError(
                    what=f"statement of who wrote {name}, by",
                    value=" ".join(filter(None, (role, said))),
                    hint=f"muster generation show {name}",
                )
            retracted = tuple(found.values())
            _require_one(name, retracted, role)
            connection.execute(
                update(GenerationRow)
                .where(GenerationRow.id.in_(found.keys()))
                .values(retracted_at=at)
            )
            changes = [
                Change(audit.RETRACT, name, {"what": one.label, "reason": reason})
                for one in retracted
            ]
            audit.append(connection, changes, actor=actor, at=at)
            return GenerationList(
                reference=name,
                status="retracted",
                generations=tuple(_load(connection, version_id, name).values()),
                retracted=retracted,
                kind=connection.execute(_KIND, {"version": version_id}).scalar_one(),
            )

    def list_for(self, reference: Reference) -> Generations:
        """Return what is stated of a version and stands, oldest first.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.reading() as connection:
            version_id = resolve(connection, reference)
            name = name_versions(connection, {version_id})[version_id]
            return list(_load(connection, version_id, name).values())

    def list_retracted(self, reference: str) -> Sequence[Retraction]:
        """Return what was taken back of a version, by its canonical reference, oldest first."""
        with self._database.reading() as connection:
            return audit.list_retractions(connection, [reference]).get(reference, [])

    def upstream(
        self,
        references: Sequence[Reference],
        *,
        tokenizer_fingerprint: Digest | None = None,
        parse_special: bool = False,
    ) -> GenealogyGraph:
        """Return versions with everything they were made from, through the models that wrote it.

        Args:
            references: The versions.
            tokenizer_fingerprint: Whose exact counts go with the versions; None: none do.
            parse_special: Which of its counts: how special tokens in text were taken.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with collector_paused(), self._database.reading() as connection:
            ids = list(dict.fromkeys(resolve_all(connection, references).values()))
            reached = reach_origins(connection.dialect, ids)
            origins = load_origins(connection, reached)
            parts = _load_parts(connection, reached)
            tokens = (
                _load_tokens(connection, reached, tokenizer_fingerprint, parse_special)
                if tokenizer_fingerprint
                else {}
            )
            rows = connection.execute(_graph_query(reached)).all()
        names = {row.id: reference_to(row.name, row.number) for row in rows}
        return GenealogyGraph(
            nodes={row.id: _node(row, names, origins, parts, tokens.get(row.id)) for row in rows},
            models={
                model_id: ModelNode(
                    reference=f"{row.name}@{row.revision}",
                    name=row.name,
                    trained_on=origins.trained_on[model_id],
                )
                for model_id, row in origins.models.items()
            },
            starts={names[one]: one for one in ids},
        )


def record_generation(
    connection: Connection,
    version_id: int,
    name: str,
    draft: GenerationDraft,
    *,
    actor: str,
    at: datetime,
) -> list[Change]:
    """Append a statement of a version; return what the audit log says of it: nothing if known."""
    model_id, trained_until = None, None
    if draft.model is not None:
        model_id, trained_until = find_model(connection, draft.model)
    wanted = [Reference.parse(text) for text in draft.grounded_in]
    grounded = sorted(set(resolve_all(connection, wanted).values()))
    _require_order(connection, version_id, name, [trained_until or 0, *grounded], draft)
    known = _load(connection, version_id, name).values()
    said = (draft.role, draft.model and str(draft.model), draft.prompt_digest, draft.sampling)
    names = name_versions(connection, set(grounded))
    grounded_in = tuple(names[one] for one in grounded)
    for one in known:
        if (one.role, one.model, one.prompt_digest, one.sampling) == said and set(
            one.grounded_in
        ) == set(grounded_in):
            return []
    generation_id = next(reserve_ids(connection, GenerationRow, 1))
    row: dict[str, Any] = {
        "id": generation_id,
        "version_id": version_id,
        "model_id": model_id,
        "trained_until": trained_until,
        "role": draft.role,
        "prompt_digest": draft.prompt_digest,
        "sampling": draft.sampling,
        "actor": actor,
        "stated_at": at,
    }
    insert_rows(connection, GenerationRow, [row])
    groundings = [
        {"generation_id": generation_id, "parent_id": parent, "version_id": version_id}
        for parent in grounded
    ]
    insert_rows(connection, GenerationGroundingRow, groundings)
    detail = draft.model_dump(mode="json", exclude={"model"}) | {
        "model": None if draft.model is None else str(draft.model),
        "grounded_in": list(grounded_in),
    }
    return [Change("generation.state", name, detail)]


def _require_order(
    connection: Connection,
    version_id: int,
    name: str,
    upstream: Sequence[int],
    draft: GenerationDraft,
) -> None:
    """Refuse what would make a loop: ids rise with time, so what is upstream has lower ones."""
    if max(upstream) >= version_id:
        later = name_versions(connection, {max(upstream)})[max(upstream)]
        raise InputError(
            f"{name} was registered before {later}, which cannot be upstream of it",
            hint="register the data again under another name, after what it was made from",
        )
    if draft.role is Role.PEOPLE and connection.execute(_FOLLOWS, {"version": version_id}).first():
        raise InputError(
            f"{name} was made from other versions, so who wrote it follows from them",
            hint=f"state it of its sources: muster lineage {name}",
        )


_FOLLOWS = (
    select(VersionRow.id)
    .join(RunRow, RunRow.id == VersionRow.run_id)
    .where(
        VersionRow.id == bindparam("version"),
        exists().where(LineageEdgeRow.child_id == VersionRow.id),
        or_(
            RunRow.operation.not_in([Operation.REGISTER, Operation.DERIVE]),
            VersionRow.recipe_id != AS_IS,
            exists().where(MixturePartRow.version_id == VersionRow.id),
        ),
    )
)
"""The version, if its documents are those of its parents: who wrote them follows from those."""


_KIND = (
    select(DatasetRow.kind)
    .join(VersionRow, VersionRow.dataset_id == DatasetRow.id)
    .where(VersionRow.id == bindparam("version"))
)


def _require_one(name: str, found: Sequence[Generation], role: Role | None) -> None:
    """Refuse to take back several statements where it is not said which are meant."""
    labels = dict.fromkeys(one.label for one in found)
    if len(found) == 1 or (role is not None and len(labels) == 1):
        return
    raise InputError(
        f"{len(found)} statements of who wrote {name} fit: {', '.join(labels)}",
        hint=f"--model NAME@REVISION --role ROLE; muster generation show {name}",
    )


def _load(connection: Connection, version_id: int, name: str) -> dict[int, Generation]:
    """Return what is stated of a version and stands, by id."""
    query = (
        select(GenerationRow, ModelRow.name, ModelRow.revision)
        .outerjoin_from(GenerationRow, ModelRow, ModelRow.id == GenerationRow.model_id)
        .where(GenerationRow.version_id == version_id, STANDS)
        .order_by(GenerationRow.id)
    )
    rows = connection.execute(query).all()
    grounding = GenerationGroundingRow
    pairs = connection.execute(
        select(grounding.generation_id, grounding.parent_id).where(
            grounding.version_id == version_id
        )
    ).all()
    names = name_versions(connection, {parent for _, parent in pairs})
    return {
        row.id: _generation(row, name, [names[parent] for key, parent in pairs if key == row.id])
        for row in rows
    }


def _generation(row: AnyRow, name: str, grounded_in: Sequence[str]) -> Generation:
    return Generation.trusted(
        {
            "reference": name,
            "role": row.role,
            "model": None if row.model_id is None else f"{row.name}@{row.revision}",
            "prompt_digest": row.prompt_digest,
            "sampling": row.sampling,
            "grounded_in": tuple(grounded_in),
            "actor": row.actor,
            "at": row.stated_at,
        }
    )


def _graph_query(reached: CTE) -> Select[*tuple[Any, ...]]:
    entry = LedgerEntryRow
    parents = join_parents(reached)
    changed = (
        select(func.coalesce(func.sum(entry.documents_changed), 0))
        .where(entry.run_id == VersionRow.run_id)
        .correlate(VersionRow)
        .scalar_subquery()
    )
    return (
        select(
            VersionRow.id,
            DatasetRow.name,
            DatasetRow.kind,
            VersionRow.number,
            VersionRow.num_documents,
            VersionRow.recipe_id,
            RunRow.operation,
            parents.label("parents"),
            changed.label("num_changed"),
        )
        .join_from(reached, VersionRow, VersionRow.id == reached.c.id)
        .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
        .join(RunRow, RunRow.id == VersionRow.run_id)
    )


class _Parts(NamedTuple):
    """What versions took of their parents: documents, or shares of every run."""

    taken: defaultdict[int, dict[int, int]]
    weights: defaultdict[int, dict[int, int]]


def _load_parts(connection: Connection, reached: CTE) -> _Parts:
    part = MixturePartRow
    query = select(part.version_id, part.parent_id, part.num_documents, part.weight).join_from(
        reached, part, part.version_id == reached.c.id
    )
    parts = _Parts(defaultdict(dict), defaultdict(dict))
    for version_id, parent_id, num_documents, weight in connection.execute(query):
        parts.taken[version_id][parent_id] = num_documents
        if weight is not None:
            parts.weights[version_id][parent_id] = weight
    return parts


def _load_tokens(
    connection: Connection, reached: CTE, fingerprint: Digest, parse_special: bool
) -> dict[int, int]:
    """Return the exact counts of the versions as they stand, by one tokenizer."""
    count = TokenCountRow
    query = (
        select(count.version_id, count.num_tokens, count.policy)
        .join_from(reached, count, count.version_id == reached.c.id)
        .join(TokenizerRow, TokenizerRow.id == count.tokenizer_id)
        .where(
            TokenizerRow.fingerprint == fingerprint,
            count.superseded_by.is_(None),
            count.recipe_id == AS_IS,
            count.scope == WHOLE_VERSION,
            count.method == CountMethod.EXACT,
        )
        .order_by(count.id)
    )
    takes: dict[str, bool] = {}
    tokens: dict[int, int] = {}
    for version_id, num_tokens, policy in connection.execute(query):
        if policy not in takes:
            takes[policy] = CountingPolicy.model_validate_json(policy).parse_special
        if takes[policy] == parse_special:
            tokens[version_id] = num_tokens
    return tokens


def _node(
    row: AnyRow,
    names: Mapping[int, str],
    origins: Origins,
    parts: _Parts,
    num_tokens: int | None,
) -> GenealogyNode:
    parents = {*read_ids(row.parents), *origins.groundings(row.id)}
    return GenealogyNode(
        reference=names[row.id],
        parents=tuple(sorted(parents)),
        num_documents=row.num_documents,
        num_tokens=num_tokens,
        kind=row.kind,
        operation=row.operation,
        is_unchanged=not row.num_changed,
        has_recipe=row.recipe_id != AS_IS,
        generations=tuple(
            _generation(
                one,
                names[row.id],
                [names[parent] for parent in origins.grounded_in.get(one.id, ())],
            )
            for one in origins.stated.get(row.id, ())
        ),
        writers=origins.writers(row.id),
        taken=parts.taken.get(row.id),
        weights=parts.weights.get(row.id),
    )
