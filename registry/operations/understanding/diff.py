"""Compare two versions, of one dataset or of any two."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from pydantic import JsonValue

from registry.domain.count import WHOLE_VERSION, RecordedCount
from registry.domain.difference import (
    DocumentDifference,
    Members,
    Numbers,
    ParameterChange,
    ShardDifference,
    TokenDifference,
    VersionDifference,
    Words,
)
from registry.domain.digest import Digest
from registry.domain.names import Reference
from registry.domain.recipe import Recipe
from registry.domain.run import DERIVED_FROM, Run
from registry.domain.version import Shard, Version
from registry.operations.context import Context
from registry.operations.passes.changes import compare
from registry.operations.passes.indexes import compare_stored_indexes
from registry.operations.understanding.written_counts import counts_of

_TOLD_ELSEWHERE = {"name", "recipe", "recipe_document", "card", DERIVED_FROM}
"""Parameters of a run that other fields of the answer tell."""


@dataclass(frozen=True)
class _Side:
    """Everything that is compared of one version."""

    version: Version
    shards: Sequence[Shard]
    run: Run
    counts: Sequence[RecordedCount]
    upstream: frozenset[str]

    @classmethod
    def load(cls, context: Context, reference: Reference) -> "_Side":
        version = context.catalog.versions.get(reference)
        exact = Reference.parse(version.reference)
        lineage = context.catalog.lineage.upstream(exact)
        return cls(
            version=version,
            shards=context.catalog.versions.list_shards(exact),
            run=context.catalog.runs.get(version.run or ""),
            counts=counts_of(context, version),
            upstream=frozenset(node.reference for node in lineage.nodes if node.depth),
        )

    @property
    def index(self) -> Digest | None:
        """The index of the documents as they stand in the version."""
        if self.version.document_index is not None:
            return self.version.document_index
        fitting = (one for one in self.counts if one.recipe == self._recipe_of_index)
        return next((one.document_index for one in fitting if one.document_index), None)

    @property
    def _recipe_of_index(self) -> Digest | None:
        recipe = self.run.parameters.get("recipe")
        return recipe if isinstance(recipe, str) else None


def diff(context: Context, before: Reference, after: Reference) -> VersionDifference:
    """Return how two versions differ: files, documents, tokens, terms, and what they come from.

    Documents are compared by the keys of their text where both versions were indexed, that is
    normalized or counted.

    Raises:
        UnknownError: There is no such version, or its index is not in the store.
    """
    old, new = _Side.load(context, before), _Side.load(context, after)
    was, now = old.version, new.version
    return VersionDifference(
        before=was.reference,
        after=now.reference,
        is_same=was.digest == now.digest,
        shards=_compare_shards(old, new),
        num_documents=Numbers(before=was.num_documents, after=now.num_documents),
        num_bytes=Numbers(before=was.num_bytes, after=now.num_bytes),
        num_text_bytes=Numbers(before=was.num_text_bytes, after=now.num_text_bytes),
        documents=_compare_documents(context, old, new),
        unindexed=tuple(side.version.reference for side in (old, new) if side.index is None),
        tokens=_compare_tokens(old.counts, new.counts),
        kind=Words(before=was.kind, after=now.kind),
        content=Words(before=was.content, after=now.content),
        state=Words(before=was.state, after=now.state),
        licence=Words(before=was.licence, after=now.licence),
        languages=_compare_sets(was.languages, now.languages),
        operation=Words(before=old.run.operation, after=new.run.operation),
        recipe=Words(before=_describe(was.recipe), after=_describe(now.recipe)),
        parameters=_compare_parameters(old, new),
        upstream=_compare_sets(old.upstream, new.upstream),
    )


def _compare_shards(old: _Side, new: _Side) -> ShardDifference:
    changes = compare(
        old.version,
        old.shards,
        new.shards,
        num_documents=new.version.num_documents,
        num_bytes=new.version.num_bytes,
    )
    return ShardDifference(
        added=changes.added,
        removed=changes.removed,
        changed=changes.changed,
        num_kept=len(new.shards) - len(changes.added) - len(changes.changed),
    )


def _compare_documents(context: Context, old: _Side, new: _Side) -> DocumentDifference | None:
    if old.index is None or new.index is None:
        return None
    difference = compare_stored_indexes(context.store, old.index, new.index)
    return DocumentDifference(**asdict(difference))


def _compare_tokens(
    before: Iterable[RecordedCount], after: Iterable[RecordedCount]
) -> tuple[TokenDifference, ...]:
    old, new = _by_measure(before), _by_measure(after)
    return tuple(
        TokenDifference(
            tokenizer_name=count.tokenizer_name,
            tokenizer_fingerprint=count.tokenizer_fingerprint,
            policy=count.policy,
            recipe=count.recipe,
            method=count.method,
            num_tokens_before=old[measure].num_tokens if measure in old else None,
            num_tokens_after=new[measure].num_tokens if measure in new else None,
        )
        for measure, count in (old | new).items()
    )


def _by_measure(counts: Iterable[RecordedCount]) -> dict[tuple[object, ...], RecordedCount]:
    return {
        (one.tokenizer_fingerprint, one.policy, one.recipe, one.method): one
        for one in counts
        if one.scope == WHOLE_VERSION
    }


def _compare_sets(before: Iterable[str], after: Iterable[str]) -> Members:
    old, new = set(before), set(after)
    return Members(
        added=tuple(sorted(new - old)), removed=tuple(sorted(old - new)), num_kept=len(old & new)
    )


def _describe(recipe: Recipe | None) -> str | None:
    return None if recipe is None else f"{recipe.name} {recipe.version}"


def _compare_parameters(old: _Side, new: _Side) -> tuple[ParameterChange, ...]:
    """Return which parameters differ, of runs of one operation and of recipes that both had."""
    before: dict[str, JsonValue] = {}
    after: dict[str, JsonValue] = {}
    if old.run.operation is new.run.operation:
        before, after = (_flatten(_own_parameters(side.run), "") for side in (old, new))
    if old.version.recipe is not None and new.version.recipe is not None:
        before |= _recipe_parameters(old.version.recipe)
        after |= _recipe_parameters(new.version.recipe)
    return tuple(
        ParameterChange(name=name, before=before.get(name), after=after.get(name))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )


def _own_parameters(run: Run) -> dict[str, JsonValue]:
    return {name: value for name, value in run.parameters.items() if name not in _TOLD_ELSEWHERE}


def _recipe_parameters(recipe: Recipe) -> dict[str, JsonValue]:
    """Return the order of the steps, then version and parameters of each."""
    flat: dict[str, JsonValue] = {"recipe.steps": [step.step for step in recipe.steps]}
    for step in recipe.steps:
        document = step.model_dump(mode="json")
        values = {"version": document["version"], **document["parameters"]}
        flat |= _flatten(values, f"recipe.{step.step}.")
    return flat


def _flatten(values: Mapping[str, JsonValue], prefix: str) -> dict[str, JsonValue]:
    flat: dict[str, JsonValue] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
