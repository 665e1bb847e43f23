"""What is held, and whether it is enough."""

from collections.abc import Sequence
from typing import Unpack

from registry import operations
from registry.api.options import ReportOptions, read_question
from registry.domain.answers import Sample, VersionDescription
from registry.domain.embedding import Neighbours
from registry.domain.lineage import Lineage
from registry.domain.names import Reference
from registry.domain.paths import Paths
from registry.domain.report import Report
from registry.domain.report_answers import TrainingPlan
from registry.operations.context import Context


class Asking:
    """The verbs that answer questions; of them only `report` keeps its answer."""

    _context: Context
    _reader: Context

    def report(self, references: Sequence[str] = (), **options: Unpack[ReportOptions]) -> Report:
        """Say whether the data is enough; see `operations.report.report`."""
        return operations.report.report(self._context, read_question(references, options))

    def plan(
        self,
        references: Sequence[str] = (),
        *,
        flops: float | None = None,
        device_hours: str | None = None,
        utilisation: float = 0.4,
        tokenizer: str | None = None,
        law: str | None = None,
        epochs: int = 4,
    ) -> TrainingPlan:
        """Say what to train with a budget of compute; see `operations.plan.plan`."""
        return operations.plan.plan(
            self._context,
            [Reference.parse(text) for text in references],
            flops=flops,
            device_hours=device_hours,
            utilisation=utilisation,
            tokenizer=tokenizer,
            law=law,
            epochs=epochs,
        )

    def show(self, reference: str) -> VersionDescription:
        """Return a version with its dataset, counts and neighbours."""
        return operations.describe.show(self._reader, Reference.parse(reference))

    def sample(self, reference: str, *, num_documents: int = 5, seed: int = 0) -> Sample:
        """Return documents drawn by a seed."""
        return operations.sample.sample(
            self._context, Reference.parse(reference), num_documents=num_documents, seed=seed
        )

    def similar(
        self,
        reference: str,
        *,
        text: str | None = None,
        document: str | None = None,
        term: str | None = None,
        num_neighbours: int = 10,
    ) -> Neighbours:
        """Return what is nearest to one of a text, a document by its id, and a term."""
        return operations.similar.find_similar(
            self._context,
            Reference.parse(reference),
            {"text": text, "document": document, "term": term},
            num_neighbours=num_neighbours,
        )

    def lineage(
        self,
        reference: str,
        *,
        up: int | None = None,
        down: int | None = None,
        limit: int | None = None,
        fields: bool = False,
    ) -> Lineage:
        """Return all that a version was made from, or a selection; see `operations.lineage`."""
        return operations.lineage.trace(
            self._reader, reference, up=up, down=down, limit=limit, fields=fields
        )

    def impact(
        self,
        reference: str,
        *,
        down: int | None = None,
        limit: int | None = None,
        fields: bool = False,
    ) -> Lineage:
        """Return everything that a change of a version reaches, or so many steps of it."""
        return operations.lineage.trace_impact(
            self._reader, Reference.parse(reference), down=down, limit=limit, fields=fields
        )

    def why(self, reference: str, *, source: str, limit: int = 20) -> Paths:
        """Return the paths from a source to a version, with what each run kept and dropped."""
        return operations.why.why(
            self._reader, Reference.parse(reference), source=Reference.parse(source), limit=limit
        )
