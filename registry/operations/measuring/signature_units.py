"""The work on one unit of `measure near-duplicates`: sign its documents."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from registry.document_index.rows import keys_of
from registry.documents import KEY, Outcome, signature_schema
from registry.domain.digest import Digest
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.near_duplicates import SignatureMethod
from registry.domain.progress import Done
from registry.embedding.signatures import sign
from registry.execution.base import Report
from registry.operations.measuring.signature_files import write_signatures
from registry.operations.passes.planning import PlannedUnit
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.units import Unit, UnitWork


class SignedUnit(Unit):
    """What a finished unit of signatures left behind."""

    signatures: Digest

    def objects(self) -> list[Digest]:
        """Return the objects that must be there for the unit to count as finished."""
        return [*super().objects(), self.signatures]


@dataclass
class Signing(UnitWork[SignedUnit]):
    """Write the signatures of a unit's documents."""

    method: SignatureMethod

    unit_kind = SignedUnit
    core_bytes_per_second = 15e6

    def carry_out(
        self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report
    ) -> SignedUnit:
        """See `UnitWork.carry_out`."""
        del unit
        quarantine = QuarantineWriter(self.place.store)
        ledgers: list[Ledger] = []

        def signed() -> Iterator[pa.RecordBatch]:
            for outcome in outcomes:
                processed = self.pipeline(outcome)
                quarantine.write(processed.rejected)
                ledgers.append(processed.ledger)
                yield _sign(processed.kept.column("text"), self.method)
                report(Done.of(processed.ledger))

        stored = write_signatures(self.place.store, signed(), self.method)
        return SignedUnit(
            shards=(),
            ledger=add_ledgers(ledgers).check(),
            index=None,
            quarantine=quarantine.finish(),
            state=self.encode_state(),
            signatures=stored.digest,
        )


def _sign(texts: pa.Array, method: SignatureMethod) -> pa.RecordBatch:
    keys, _ = keys_of(texts)
    return pa.RecordBatch.from_arrays(
        [pa.array(keys, KEY), *map(pa.array, sign(texts, method))],
        schema=signature_schema(method.bands),
    )
