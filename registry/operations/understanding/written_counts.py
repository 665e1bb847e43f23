"""The counts of a version: of its own documents, or of the documents behind its token shards."""

from collections.abc import Mapping

from pydantic import JsonValue

from registry.domain.count import CountMethod, RecordedCount
from registry.domain.names import Reference
from registry.domain.tokenizer import CountingPolicy
from registry.domain.version import Content, Version
from registry.operations.context import Context


def counts_of(context: Context, version: Version) -> list[RecordedCount]:
    """Return what was counted of a version; of token shards, the count that they were written by.

    A count belongs to the version whose text was counted, so that of token shards stands with
    their input.
    """
    if version.content is Content.DOCUMENTS:
        return context.catalog.counts.list_for(Reference.parse(version.reference))
    parameters = context.catalog.runs.get(version.run or "").parameters
    parents = context.catalog.lineage.parents(Reference.parse(version.reference))
    listed = context.catalog.counts.list_many([Reference.parse(parent) for parent in parents])
    return [count for counts in listed.values() for count in counts if is_of_run(count, parameters)]


def is_of_run(count: RecordedCount, parameters: Mapping[str, JsonValue]) -> bool:
    """Return whether a run of `tokenize` counted in the way of a count, by its parameters."""
    return (
        count.tokenizer_fingerprint == parameters.get("tokenizer")
        and count.recipe == parameters.get("recipe")
        and count.policy == CountingPolicy.model_validate(parameters.get("policy"))
        and count.method is CountMethod.EXACT
    )
