"""Import OpenLineage events: runs elsewhere, the versions they made, the edges between them.

Of such a version only the name is known: it has one shard of no bytes, whose path says which data
it stands for. Schema, statistics and every other facet are kept with the run.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import JsonValue

from registry.domain.digest import Digest, digest_of_bytes, fingerprint
from registry.domain.exchange import EndedRun, EventCounts
from registry.domain.names import DatasetName, reference_to
from registry.domain.reading import Field
from registry.domain.run import Operation, RunDraft
from registry.domain.urls import redact_url
from registry.domain.version import Content, DatasetKind, Shard, SourceFacts, VersionDraft
from registry.errors import UnreadableError
from registry.exchange.event_reading import (
    COMPLETE,
    EventFile,
    EventRun,
    Facets,
    Name,
    order_runs,
    read_events,
    version_of,
)
from registry.exchange.naming import NAMESPACE
from registry.operations.context import Context

_CLEAN = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*")
_OWN = re.compile(r"(?!.*\.\.)(?:(?:^|/)[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?){2}")
_NOTHING = digest_of_bytes(b"")


def import_events(context: Context, paths: Sequence[Path], *, dry_run: bool = False) -> EventCounts:
    """Record the runs of all events that ended; safe to repeat.

    Args:
        context: The open registry.
        paths: Files of events, taken together: a run may begin in one and end in another.
        dry_run: Count and write nothing.

    Raises:
        InputError: Runs read each other's versions in a circle; nothing was written.
        UnreadableError: A file cannot be read.
        ConflictError: A version that events make again was withdrawn.
    """
    found = read_events(_lines(paths))
    return _Import(context, found).run(dry_run=dry_run)


def _lines(paths: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            with path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    yield f"{path}:{number}", line
        except OSError as error:
            raise UnreadableError(
                path=str(path), reason=f"cannot be read: {error.strerror}"
            ) from error


class _Import:
    """One call of `import_events`."""

    def __init__(self, context: Context, found: EventFile) -> None:
        self._context = context
        self._found = found
        self._drafts: list[tuple[VersionDraft, RunDraft]] = []
        self._heads: dict[DatasetName, int] = {}
        self._versions: dict[tuple[DatasetName, str], str] = {}
        self._new: set[DatasetName] = set()
        self._num_edges = 0

    def run(self, *, dry_run: bool) -> EventCounts:
        runs = self._found.runs
        derivations = {one: derivation_of(run) for one, run in runs.items()}
        known = self._context.catalog.imports.known(derivations.values())
        own = self._context.catalog.imports.known_runs(derivations)
        fresh = {one for one in runs if derivations[one] not in known and one not in own}
        earlier = self._take_up([runs[one] for one in sorted(fresh)])
        self._note_late([run for one, run in runs.items() if derivations[one] in known])
        ordered = order_runs(run for run in runs.values() if run.end is not None)
        wanted = [run for run in ordered if run.id in fresh]
        begun = [run for one, run in runs.items() if one in fresh and run.end is None]
        self._look_up(wanted)
        others = []
        for run in wanted:
            inputs = tuple(self._read(name, facets, run) for name, facets in run.inputs.items())
            if not (run.end == COMPLETE and self._make(run, inputs)):
                others.append((run, inputs))
        if not dry_run:
            self._write(others, [run for run in begun if _tell(run) not in earlier])
        return EventCounts(
            num_events=self._found.num_events,
            num_duplicates=self._found.num_duplicates,
            num_runs=len(wanted),
            num_known_runs=len(ordered) - len(wanted),
            num_failed_runs=sum(run.end != COMPLETE for run in wanted),
            num_unfinished_runs=len(begun),
            num_datasets=len(self._new),
            num_versions=len(self._drafts),
            num_edges=self._num_edges,
            skipped=tuple(self._found.skipped),
        )

    def _take_up(self, runs: Sequence[EventRun]) -> list[JsonValue]:
        """Add to runs what earlier imports told of them before their end; return all of it."""
        keys = {begun_derivation_of(run): run for run in runs}
        found = self._context.catalog.imports.told_of(keys, key="openlineage")
        told = [(keys[key], one) for key, many in found.items() for one in many]
        for run, one in told:
            run.add_earlier(one)
        return [one for _, one in told]

    def _note_late(self, runs: Sequence[EventRun]) -> None:
        """Say which datasets of a run that is recorded are named only now: it is sealed."""
        keys = {derivation_of(run): run for run in runs}
        found = self._context.catalog.imports.told_of(keys, key="openlineage")
        for key, many in found.items():
            run, known = keys[key], EventRun(keys[key].id)
            for one in many:
                known.add_earlier(one)
            late = [*(run.inputs.keys() - known.inputs), *(run.outputs.keys() - known.outputs)]
            if late:
                names = ", ".join(sorted("/".join(name) for name in late))
                self._found.skipped.append(
                    f"run {run.id}: it ended in an earlier import, and {names} is told only now"
                )

    def _look_up(self, runs: Iterable[EventRun]) -> None:
        """Read once which versions are there of every dataset that the runs name."""
        names = {dataset_of(name) for run in runs for name in (*run.inputs, *run.outputs)}
        for name, number, digest, path in self._context.catalog.imports.versions_of(names):
            self._heads[name] = max(self._heads.get(name, 0), number)
            reference = reference_to(name, number)
            self._versions.setdefault((name, digest), reference)
            if path is not None:
                self._versions.setdefault((name, path), reference)

    def _read(self, name: Name, facets: Facets, run: EventRun) -> str:
        """Return the version that a run read; a dataset that nobody made gets its first one."""
        dataset, stated = dataset_of(name), version_of(facets)
        if stated is not None:
            # A registry's own versions are known by their digest.
            for key in ((dataset, stated), (dataset, path_of(name, stated))):
                if key in self._versions:
                    return self._versions[key]
        elif dataset in self._heads:
            return reference_to(dataset, self._heads[dataset])
        return self._add(name, facets, path_of(name, stated or "as-found"), run, inputs=())

    def _make(self, run: EventRun, inputs: tuple[str, ...]) -> bool:
        """Add the versions that a run made; False: it made none that is not known already."""
        draft = _draft_of(run, derivation_of(run), actor=self._context.actor)
        before = len(self._drafts)
        for name, facets in run.outputs.items():
            path = path_of(name, version_of(facets) or run.id)
            if (dataset_of(name), path) not in self._versions:
                self._add(name, facets, path, run, inputs=inputs, draft=draft)
        return len(self._drafts) > before

    def _add(
        self,
        name: Name,
        facets: Facets,
        path: str,
        run: EventRun,
        *,
        inputs: tuple[str, ...],
        draft: RunDraft | None = None,
    ) -> str:
        dataset = dataset_of(name)
        if dataset not in self._heads:
            self._new.add(dataset)
        number = self._heads[dataset] = self._heads.get(dataset, 0) + 1
        reference = self._versions[dataset, path] = reference_to(dataset, number)
        self._num_edges += len(set(inputs))
        parents = tuple(dict.fromkeys(inputs))
        version = VersionDraft(
            dataset=dataset,
            kind=DatasetKind.TABULAR,
            content=Content.DOCUMENTS,
            shards=(
                Shard(path=path, digest=_NOTHING, num_bytes=0, num_documents=0, num_text_bytes=0),
            ),
            fields=_fields(facets),
            derivation=None if draft is None else draft.derivation,
            inputs=parents,
            sources=(
                SourceFacts(kind="openlineage", uri=redact_url("/".join(name)), url=_url(facets)),
            ),
        )
        self._drafts.append((version, draft or _sighting(name, facets, run, self._context.actor)))
        return reference

    def _write(
        self, others: Sequence[tuple[EventRun, tuple[str, ...]]], begun: Sequence[EventRun]
    ) -> None:
        if self._drafts:
            self._context.store.put_bytes(b"")
            self._context.catalog.versions.seal_many(
                self._drafts, actor=self._context.actor, at=self._context.clock()
            )
        self._context.catalog.imports.record_runs(
            [
                EndedRun(
                    draft=_draft_of(run, derivation_of(run), actor=self._context.actor),
                    inputs=inputs,
                    finished_at=run.ended_at or run.started_at,
                    error=None if run.end == COMPLETE else _error(run),
                )
                for run, inputs in others
            ]
            + [
                EndedRun(
                    draft=_draft_of(run, begun_derivation_of(run), actor=self._context.actor),
                    inputs=(),
                    finished_at=run.started_at,
                    error=None,
                )
                for run in begun
            ],
            actor=self._context.actor,
            at=self._context.clock(),
        )


def dataset_of(name: Name) -> DatasetName:
    """Return the dataset here that stands for one elsewhere; different ones stay different.

    A name that does not fit is made to fit, with the beginning of a digest of the original.
    """
    namespace, rest = name
    space = _slug(namespace) or "default"
    if namespace == NAMESPACE and _OWN.fullmatch(rest):
        return DatasetName.parse(rest)
    is_clean = _CLEAN.fullmatch(namespace) and _CLEAN.fullmatch(rest) and len(rest) <= 90
    if is_clean and space == namespace and _slug(rest) == rest:
        return DatasetName(space=space, name=rest)
    mark = fingerprint([namespace, rest]).removeprefix("sha256:")[:8]
    return DatasetName(space=space, name=f"{_slug(rest)[-80:].strip('-._') or 'data'}-{mark}")


def path_of(name: Name, version: str) -> str:
    """Return the path of the one shard of a version that is known by name alone."""
    return f"{redact_url('/'.join(name))}@{version}"


def derivation_of(run: EventRun) -> Digest:
    """Return what a run elsewhere is known by here."""
    return fingerprint({"operation": "openlineage", "run": run.id})


def begun_derivation_of(run: EventRun) -> Digest:
    """Return what is told of a run before its end is known by here."""
    return fingerprint({"operation": "openlineage", "begun": run.id})


def _draft_of(run: EventRun, derivation: Digest, *, actor: str) -> RunDraft:
    return RunDraft(
        operation=Operation.DERIVE,
        derivation=derivation,
        parameters={"openlineage": _tell(run)},
        actor=actor,
        started_at=run.started_at,
        ended_at=run.ended_at or run.started_at,
    )


def _tell(run: EventRun) -> dict[str, JsonValue]:
    """Return all that is known of a run."""
    return {
        "run": run.id,
        "job": list(run.job),
        "producer": run.producer,
        "started_at": run.started_at.isoformat(),
        "ended_at": None if run.ended_at is None else run.ended_at.isoformat(),
        "end": run.end,
        "run_facets": run.facets,
        "job_facets": run.job_facets,
        "inputs": _named(run.inputs),
        "outputs": _named(run.outputs),
    }


def _named(datasets: dict[Name, Facets]) -> JsonValue:
    return [
        {"namespace": name[0], "name": name[1], "facets": facets}
        for name, facets in datasets.items()
    ]


def _sighting(name: Name, facets: Facets, run: EventRun, actor: str) -> RunDraft:
    """Return the run that stands for a dataset having been read before anybody made it."""
    return RunDraft(
        operation=Operation.REGISTER,
        derivation=fingerprint({"operation": "openlineage", "seen": list(name), "by": run.id}),
        parameters={"openlineage": {"seen": list(name), "by": run.id, "facets": facets}},
        actor=actor,
        started_at=run.started_at,
        ended_at=run.started_at,
    )


def _error(run: EventRun) -> str:
    facet = run.facets.get("errorMessage")
    message = facet.get("message") if isinstance(facet, dict) else None
    return str(message or f"ended as {run.end}")


def _fields(facets: Facets) -> tuple[Field, ...]:
    schema = facets.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    return tuple(
        Field(name=str(one["name"]), type=str(one.get("type") or "unknown"))
        for one in (fields if isinstance(fields, list) else [])
        if isinstance(one, dict) and "name" in one
    )


def _url(facets: Facets) -> str | None:
    source = facets.get("dataSource")
    uri = source.get("uri") if isinstance(source, dict) else None
    return redact_url(uri) if isinstance(uri, str) else None


def _slug(text: str) -> str:
    return re.sub(r"\.\.+|[^a-z0-9._]+", "-", text.lower())[:100].strip("-._")
