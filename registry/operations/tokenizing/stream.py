"""Documents on the fly, for a training loop: normalized, encoded, shuffled; nothing is written."""

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from registry.documents import join_outcomes
from registry.domain.engine import EngineChoice
from registry.domain.execution import Part
from registry.domain.names import Reference
from registry.domain.quantities import format_number, format_percent
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import Damage, MaxRejected
from registry.errors import InputError, TooManyRejectedError
from registry.normalization.pipeline import Pipeline, Processed
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import Context
from registry.operations.passes.damage import damage_of_pass, find_limit
from registry.operations.passes.inputs import open_input
from registry.operations.passes.planning import PlannedUnit, plan_units
from registry.operations.passes.shards import read_slice
from registry.operations.tokenizing.counting import Counting, refuse_too_long
from registry.operations.tokenizing.engines import choose_encoder
from registry.operations.tokenizing.stream_state import StreamState, take_up
from registry.tokenization.special_tokens import add_special_tokens
from registry.tokenization.stored_tokens import shuffled

INPUT_IDS: Final = "input_ids"
_WHOLE: Final = Part(index=0, count=1)


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What the batches of a stream depend on, besides the documents."""

    recipe: Recipe | None = None
    """None: decoded strictly, and otherwise as they are."""

    counting: Counting | None = None
    """The tokenizer and its special tokens; None: no ids."""

    engine: EngineChoice = EngineChoice.AUTO
    shuffle_seed: int | None = None
    """None: in the order of the version."""

    epoch: int = 0
    """With a seed, each epoch has another order."""

    part: Part = _WHOLE
    """Which of how many readers this is."""

    max_rejected: MaxRejected = None
    """How many of this reader's rows may be damaged, as for a pass."""


class DocumentStream(Iterator[pa.RecordBatch]):
    """Batches of `DOCUMENTS`; with a tokenizer `input_ids` stands behind their columns.

    Documents and ids are, byte for byte, those that `normalize` and `tokenize` would write; without
    a seed they come in the same order. Nothing is written. Rejected rows are left out; damaged ones
    only as many as a pass would allow, counted in `rejected`. The version is cut into units; they
    are dealt out in turn to the parts, so that all parts together have each document once. With a
    seed the units are shuffled, and the documents of each batch.
    """

    def __init__(
        self,
        context: Context,
        reference: Reference,
        plan: StreamPlan,
        *,
        resume: Mapping[str, object] | None = None,
    ) -> None:
        """Open the version.

        Raises:
            UnknownError: There is no such version, recipe or tokenizer.
            InputError: The state is of another stream, the limit is none, or the recipe remembers
                earlier documents and they would come in another order, or not all of them.
        """
        self._context = context
        self._plan = plan
        self._version = open_input(context, reference)
        self._pipeline = Pipeline(plan.recipe or AS_IS)
        self._check_order()
        self._state = self._first_state()
        if resume is not None:
            self._state = take_up(resume, self._state)
        self._limit = find_limit(context, plan.max_rejected)
        self._units = self._deal_out()
        self._num_rows = sum(part.num_documents for unit in self._units for part in unit.slices)
        self._encoder = (
            None if plan.counting is None else choose_encoder(context, plan.counting, plan.engine)
        )
        self._batches = self._iterate()

    def __next__(self) -> pa.RecordBatch:
        """Return the next batch.

        Raises:
            TooManyRejectedError: Of the rows of this reader more are damaged than may be.
        """
        return next(self._batches)

    @property
    def rejected(self) -> Mapping[str, int]:
        """The damaged rows that were left out so far, by reason."""
        return self._state.rejected

    def state(self) -> dict[str, object]:
        """Return where the stream stands behind the batch handed out last, for `resume`."""
        return self._state.model_dump(mode="json")

    def _iterate(self) -> Iterator[pa.RecordBatch]:
        done, skipped = self._state.num_units, self._state.num_batches
        keeps_state = self._pipeline.keeps_state
        for place, unit in enumerate(self._units):
            if place < done and not keeps_state:
                continue
            skip = skipped if place == done else 0
            for number, (batch, damaged) in enumerate(self._read(unit, skip=skip), start=1):
                if place < done or (place == done and number <= skip):
                    continue
                self._note(place, number, rejected=self._add_damage(damaged))
                if len(batch):
                    yield batch
            if place >= done:
                self._note(place + 1, 0, rejected=self._state.rejected)

    def _read(self, unit: PlannedUnit, *, skip: int) -> Iterator[tuple[pa.RecordBatch, Damage]]:
        place = self._context.place
        outcomes = (outcome for part in unit.slices for outcome in read_slice(place, part))
        joined = join_outcomes(outcomes, num_bytes=self._context.settings.batch_bytes)
        for number, outcome in enumerate(joined):
            if number < skip and not self._pipeline.keeps_state:
                yield _NOTHING, Damage(num_rows=0)
                continue
            processed = self._pipeline(outcome)
            batch = self._encode(processed)
            if self._plan.shuffle_seed is not None:
                batch = self._shuffle(batch, unit, number)
            yield batch, damage_of_pass([processed.ledger], [])

    def _add_damage(self, damaged: Damage) -> Mapping[str, int]:
        """Return the damage so far, as soon as it is more than all rows may have: an error."""
        rejected = Counter(self._state.rejected) + Counter(damaged.reasons)
        damage = Damage(num_rows=self._num_rows, reasons=rejected)
        if not self._limit.allows(damage):
            reference = self._version.reference
            share = format_percent(self._limit.share)
            raise TooManyRejectedError(
                num_damaged=damage.num_damaged,
                num_rows=damage.num_rows,
                limit=self._limit.share,
                message=f"{reference}: {damage.num_damaged:,} of "
                f"{format_number(damage.num_rows, 'row')} are damaged, and there may be more; at "
                f"most {share} may be: {damage.describe_reasons()}",
                hint=f"muster normalize {reference} --recipe text-default keeps them all in "
                'quarantine; to let more pass, max_rejected="5%"',
            )
        return dict(rejected)

    def _encode(self, processed: Processed) -> pa.RecordBatch:
        encoder, counting = self._encoder, self._plan.counting
        if encoder is None or counting is None:
            return processed.kept
        kept = refuse_too_long(processed, encoder).kept
        encoded = add_special_tokens(encoder.encode(kept.column("text")), counting.policy)
        ends = np.concatenate([[0], np.cumsum(encoded.lengths)])
        ids = pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), pa.array(encoded.ids))
        return kept.append_column(INPUT_IDS, ids)

    def _shuffle(self, batch: pa.RecordBatch, unit: PlannedUnit, number: int) -> pa.RecordBatch:
        seed = self._plan.shuffle_seed or 0
        order = shuffled(len(batch), seed, self._plan.epoch, unit.number, number)
        return batch.take(pa.array(order))

    def _deal_out(self) -> list[PlannedUnit]:
        shards = self._context.catalog.versions.list_shards(
            Reference.parse(self._version.reference)
        )
        units = plan_units(self._context.place, shards)
        plan = self._plan
        if plan.shuffle_seed is not None:
            order = shuffled(len(units), plan.shuffle_seed, plan.epoch)
            units = [units[number] for number in order]
        if plan.part.index >= len(units):
            warnings.warn(
                f"{self._version.reference} is cut into {format_number(len(units), 'unit')}: "
                f"shard {plan.part.index} of {plan.part.count} gets no document",
                stacklevel=4,
            )
        return units[plan.part.index :: plan.part.count]

    def _check_order(self) -> None:
        plan = self._plan
        for name, value in (("shuffle_seed", plan.shuffle_seed), ("epoch", plan.epoch)):
            if value is not None and (not isinstance(value, int) or value < 0):
                raise InputError(f"{name} {value!r}: a whole number of 0 or more is asked for")
        is_whole = plan.shuffle_seed is None and plan.part.count == 1
        if self._pipeline.keeps_state and not is_whole:
            raise InputError(
                f"{plan.recipe.name if plan.recipe else ''} remembers earlier documents, so they "
                "must all come, in their order",
                hint="normalize the version first, and stream the result",
            )

    def _first_state(self) -> StreamState:
        plan, counting = self._plan, self._plan.counting
        return StreamState(
            digest=self._version.digest,
            recipe=plan.recipe.fingerprint if plan.recipe else None,
            tokenizer=counting.tokenizer.fingerprint if counting else None,
            policy=counting.policy if counting else None,
            shuffle_seed=plan.shuffle_seed,
            epoch=plan.epoch,
            part=str(plan.part),
            batch_bytes=self._context.settings.batch_bytes,
            num_units=0,
            num_batches=0,
        )

    def _note(self, num_units: int, num_batches: int, *, rejected: Mapping[str, int]) -> None:
        done = {"num_units": num_units, "num_batches": num_batches, "rejected": rejected}
        self._state = self._state.model_copy(update=done)


_NOTHING: Final = pa.RecordBatch.from_pylist([], schema=pa.schema([]))
