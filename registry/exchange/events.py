"""OpenLineage: the runs of a dossier as events, by the classes of its own client library.

START, then COMPLETE with all inputs and outputs, or FAIL. Consumers read COMPLETE alone, so it
repeats everything.

Source:
    OpenLineage 2-0-2; `openlineage-python` for classes, schema addresses and transports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from registry.domain.exchange import Dossier, Rendered
from registry.domain.run import Run, RunState
from registry.domain.version import Version
from registry.errors import MissingExtraError
from registry.exchange.facets import GENERATION, TOKEN_COUNT, count_tokens, tell_writers
from registry.exchange.naming import NAMESPACE, PRODUCER

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset, RunEvent


def make_events(dossier: Dossier) -> list[RunEvent]:
    """Return the events of every run of a dossier, the oldest run first.

    Raises:
        MissingExtraError: `openlineage-python` is not installed.
    """
    _require_library()
    return [event for run in dossier.runs for event in _events(run, dossier)]


def render_events(dossier: Dossier) -> Rendered:
    """Return the events as JSON lines, and what was left out of them.

    Raises:
        MissingExtraError: `openlineage-python` is not installed.
    """
    events = make_events(dossier)
    from openlineage.client.serde import Serde  # noqa: PLC0415 - an extra

    text = "".join(Serde.to_json(event) + "\n" for event in events)
    return Rendered(text=text, left_out=list_gaps(dossier))


def list_gaps(dossier: Dossier) -> tuple[str, ...]:
    """Return what events have no place for."""
    gaps = ["licences, ledgers and shards have no standard facet and are left out"]
    if any(version.state != "sealed" for version in dossier.versions.values()):
        gaps.append("that a version was withdrawn is not told")
    return tuple(gaps)


def _require_library() -> None:
    try:
        import openlineage.client.event_v2  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(task="OpenLineage", extra="exchange") from error


def _events(run: Run, dossier: Dossier) -> Iterator[RunEvent]:
    from openlineage.client.event_v2 import RunState as State  # noqa: PLC0415 - an extra

    yield _event(run, State.START, run.started_at.isoformat(), dossier)
    if run.state is RunState.OPEN:
        return
    end = State.COMPLETE if run.state is RunState.DONE else State.FAIL
    yield _event(run, end, (run.finished_at or run.started_at).isoformat(), dossier)


def _event(run: Run, state: Any, at: str, dossier: Dossier) -> RunEvent:  # noqa: ANN401 - an extra's
    from openlineage.client import event_v2, facet_v2  # noqa: PLC0415 - an extra

    edges = [edge for edge in dossier.lineage.edges if edge.run == run.id]
    outputs = [one for one in dossier.versions.values() if one.run == run.id]
    parents = dict.fromkeys(edge.parent for edge in edges)
    inputs = [dossier.versions[one] for one in parents if one in dossier.versions]
    facets: dict[str, Any] = {
        "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet(
            version=run.environment.get("muster-catalog", "unknown"),
            name="muster",
            openlineageAdapterVersion=run.environment.get("muster-catalog", "unknown"),
            producer=PRODUCER,
        )
    }
    if run.state is RunState.FAILED and state.value == "FAIL":
        facets["errorMessage"] = facet_v2.error_message_run.ErrorMessageRunFacet(
            message=run.error or "failed", programmingLanguage="Python", producer=PRODUCER
        )
    recipe = next((edge.recipe for edge in edges if edge.recipe), None)
    return event_v2.RunEvent(
        eventType=state,
        eventTime=at,
        run=event_v2.Run(runId=run.id, facets=facets),
        job=event_v2.Job(
            namespace=NAMESPACE,
            name=".".join(filter(None, (run.operation.value, (recipe or "").replace(" ", "-")))),
            facets=_job_facets(run, outputs),
        ),
        inputs=[_input(one) for one in inputs],
        outputs=[_output(one, dossier) for one in outputs],
        producer=PRODUCER,
    )


def _job_facets(run: Run, outputs: Sequence[Version]) -> dict[str, Any]:
    from openlineage.client import facet_v2  # noqa: PLC0415 - an extra

    facets: dict[str, Any] = {
        "jobType": facet_v2.job_type_job.JobTypeJobFacet(
            processingType="BATCH",
            integration="MUSTER",
            jobType=run.operation.value.upper(),
            producer=PRODUCER,
        )
    }
    recipe = next((one.recipe for one in outputs if one.recipe), None)
    if recipe is not None:
        facets["sourceCode"] = facet_v2.source_code_job.SourceCodeJobFacet(
            language="muster-recipe",
            sourceCode=recipe.model_dump_json(),
            producer=PRODUCER,
        )
    return facets


def _facets(version: Version) -> dict[str, Any]:
    from openlineage.client import facet_v2  # noqa: PLC0415 - an extra

    facets: dict[str, Any] = {
        "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet(
            datasetVersion=version.digest, producer=PRODUCER
        ),
        "schema": facet_v2.schema_dataset.SchemaDatasetFacet(
            fields=[
                facet_v2.schema_dataset.SchemaDatasetFacetFields(name=one.name, type=one.type)
                for one in version.fields
            ],
            producer=PRODUCER,
        ),
    }
    source = next((one for one in version.sources if one.url or one.publisher), None)
    if source is not None:
        facets["dataSource"] = facet_v2.datasource_dataset.DatasourceDatasetFacet(
            name=source.publisher or source.kind, uri=source.url, producer=PRODUCER
        )
    return facets


def _input(version: Version) -> InputDataset:
    from openlineage.client import event_v2, facet_v2  # noqa: PLC0415 - an extra

    statistics = facet_v2.input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
        rowCount=version.num_documents,
        size=version.num_bytes,
        fileCount=version.num_shards,
        producer=PRODUCER,
    )
    return event_v2.InputDataset(
        namespace=NAMESPACE,
        name=str(version.dataset),
        facets=_facets(version),
        inputFacets={"inputStatistics": statistics},
    )


def _output(version: Version, dossier: Dossier) -> OutputDataset:
    from openlineage.client import event_v2, facet_v2  # noqa: PLC0415 - an extra

    facets = _facets(version)
    columns = _column_lineage(version, dossier)
    if columns:
        facets["columnLineage"] = facet_v2.column_lineage_dataset.ColumnLineageDatasetFacet(
            fields=columns, producer=PRODUCER
        )
    counts = [count for count in dossier.counts if count.reference == version.reference]
    if counts:
        facets[TOKEN_COUNT] = count_tokens(counts)
    writers = [one for one in dossier.lineage.writers if one.reference == version.reference]
    if writers:
        facets[GENERATION] = tell_writers(writers)
    statistics = facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=version.num_documents,
        size=version.num_bytes,
        fileCount=version.num_shards,
        producer=PRODUCER,
    )
    return event_v2.OutputDataset(
        namespace=NAMESPACE,
        name=str(version.dataset),
        facets=facets,
        outputFacets={"outputStatistics": statistics},
    )


def _column_lineage(version: Version, dossier: Dossier) -> dict[str, Any]:
    from openlineage.client import facet_v2  # noqa: PLC0415 - an extra

    column = facet_v2.column_lineage_dataset
    fields: dict[str, Any] = {}
    for one in dossier.lineage.fields or ():
        if one.child != version.reference or not one.origins:
            continue
        known = fields.setdefault(one.field, column.Fields(inputFields=[]))
        known.inputFields.extend(
            column.InputField(
                namespace=NAMESPACE,
                name=origin.reference.partition("@")[0],
                field=origin.field,
                transformations=[
                    column.Transformation(
                        type="DIRECT", subtype="TRANSFORMATION", description=one.making
                    )
                ],
            )
            for origin in one.origins
        )
    return fields
