"""Seal a run whose parts were worked on by processes that know nothing of each other."""

from registry.domain.answers import Normalization, Tokenization
from registry.domain.names import DatasetName, Reference
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import MaxRejected
from registry.domain.run import Operation, Run, RunState
from registry.domain.tokenizer import CountingPolicy
from registry.domain.version import Version
from registry.errors import ConflictError, InputError
from registry.operations.context import Context
from registry.operations.normalizing.normalize import derive as derive_normalization
from registry.operations.normalizing.normalize import normalize
from registry.operations.passes.planning import plan_units
from registry.operations.passes.units import Unit, list_unfinished
from registry.operations.tokenizing import counting as counts
from registry.operations.tokenizing.counting import Counting
from registry.operations.tokenizing.token_units import TokenUnit
from registry.operations.tokenizing.tokenize import tokenize

_SHOWN = 8


def merge(
    context: Context, run_id: str, *, max_rejected: MaxRejected = None
) -> Normalization | Tokenization:
    """Seal what all parts of a run made, as the one command that they stand for would have.

    Raises:
        UnknownError: There is no such run.
        InputError: It is no run over units, or some of them are not finished; they are named.
        ConflictError: It is closed already, or was opened under other settings.
        TooManyRejectedError: More of the documents are damaged than `max_rejected` allows.
    """
    run = context.catalog.runs.get(run_id)
    if run.state is not RunState.OPEN:
        raise ConflictError(
            f"run {run.id} is closed: {run.state}", hint=f"muster run show {run.id}"
        )
    if run.operation not in (Operation.NORMALIZE, Operation.TOKENIZE):
        raise InputError(f"run {run.id} is of {run.operation}, which has no parts")
    reference = Reference.parse(context.catalog.runs.inputs(run.id)[0])
    version = context.catalog.versions.get(reference)
    text = run.parameters.get("name")
    name = None if text is None else DatasetName.parse(str(text))
    if run.operation is Operation.NORMALIZE:
        recipe = Recipe.model_validate(run.parameters["recipe"])
        _require_same(run, derive_normalization(context, version, recipe))
        _require_finished(context, run, version, Unit)
        return normalize(context, reference, recipe=recipe, name=name, max_rejected=max_rejected)
    counting = read_counting(context, run)
    _require_same(run, counts.derive(context, version, counting))
    _require_finished(context, run, version, TokenUnit)
    return tokenize(context, reference, counting, name=name, max_rejected=max_rejected)


def read_counting(context: Context, run: Run) -> Counting:
    """Return by what a run counts, as its parameters say."""
    parameters = run.parameters
    recipe = parameters["recipe_document"]
    return Counting(
        tokenizer=context.catalog.tokenizers.get(str(parameters["tokenizer"])),
        policy=CountingPolicy.model_validate(parameters["policy"]),
        recipe=None if recipe is None else Recipe.model_validate(recipe),
        count_only=bool(parameters["count_only"]),
    )


def _require_same(run: Run, derivation: str) -> None:
    if derivation != run.derivation:
        raise ConflictError(
            f"run {run.id} was opened under other settings, or by another version of muster",
            hint="set MUSTER_SHARD_BYTES and MUSTER_MAX_DOCUMENT_BYTES as its parts had them",
        )


def _require_finished(context: Context, run: Run, version: Version, kind: type[Unit]) -> None:
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    planned = plan_units(context.place, shards)
    missing = list_unfinished(context, planned, kind, derivation=run.derivation)
    if missing:
        shown = ", ".join(str(unit.number) for unit in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
        raise InputError(
            f"{len(missing):,} of the {len(planned):,} units of run {run.id} are not finished: "
            f"{shown}{more}",
            hint="run their parts again: unit U belongs to --shard (U mod COUNT)/COUNT",
        )
