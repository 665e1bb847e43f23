"""PROV in Croissant: what a version was derived from, by which run, and which models wrote it.

Source:
    W3C PROV-O, https://www.w3.org/TR/prov-o/: Entity, Activity, SoftwareAgent; Croissant 1.1,
    which takes its terms.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias
from urllib.parse import quote

from pydantic import JsonValue

from registry.domain.exchange import Dossier
from registry.domain.lineage import Writer
from registry.domain.run import Run

Node: TypeAlias = dict[str, JsonValue]


def tell_provenance(dossier: Dossier) -> Node:
    """Return what a version was derived from, what models wrote upstream, its run and models."""
    reference = dossier.version.reference
    writers: defaultdict[str, list[Writer]] = defaultdict(list)
    for one in dossier.lineage.writers:
        writers[one.reference].append(one)
    parents = [edge.parent for edge in dossier.lineage.edges if edge.child == reference]
    upstream = [one for one in (*parents, *writers) if one != reference]
    entities = [
        _entity(one, dossier, writers[one])
        for one in dict.fromkeys(upstream)
        if one in dossier.versions
    ]
    own = next((run for run in dossier.runs if run.id == dossier.version.run), None)
    activities: list[JsonValue] = [] if own is None else [_run(own, dossier)]
    activities += [_generation(one) for one in writers[reference]]
    node: Node = {}
    if entities:
        node["prov:wasDerivedFrom"] = [*entities]
    if activities:
        node["prov:wasGeneratedBy"] = activities[0] if len(activities) == 1 else activities
    return node


def describe_run(run: Run, dossier: Dossier) -> str:
    """Return what a run did: operation, recipe, and what it made of what."""
    made = [edge for edge in dossier.lineage.edges if edge.run == run.id]
    recipe = next((edge.recipe for edge in made if edge.recipe), None)
    ends = ", ".join(dict.fromkeys(f"{edge.parent} to {edge.child}" for edge in made))
    return " ".join(part for part in (run.operation.value, recipe, ends) if part)


def _entity(reference: str, dossier: Dossier, writers: Sequence[Writer]) -> Node:
    entity: Node = {
        "@id": f"urn:muster:{reference}",
        "@type": "prov:Entity",
        "prov:label": reference,
        "prov:value": dossier.versions[reference].digest,
    }
    if writers:
        entity["prov:wasGeneratedBy"] = [_generation(one) for one in writers]
    return entity


def _run(run: Run, dossier: Dossier) -> Node:
    activity: Node = {
        "@id": f"urn:uuid:{run.id}",
        "@type": "prov:Activity",
        "prov:label": describe_run(run, dossier),
        "prov:startedAtTime": run.started_at.isoformat(),
        "prov:wasAssociatedWith": {
            "@id": f"urn:muster:actor:{quote(run.actor, safe='')}",
            "@type": "prov:Agent",
            "prov:label": run.actor,
        },
    }
    if run.finished_at is not None:
        activity["prov:endedAtTime"] = run.finished_at.isoformat()
    return activity


def _generation(writer: Writer) -> Node:
    """Return what a model did as an activity, typed by its role, with the model as its agent."""
    used = dict.fromkeys((*writer.trained_on, *writer.grounded_in))
    model = quote(writer.model, safe="")
    activity: Node = {
        "@id": f"urn:muster:generation:{writer.role}:{model}:{writer.reference}",
        "@type": "prov:Activity",
        "prov:type": writer.role.value,
        "prov:label": f"{writer.role} {writer.model}",
        "prov:wasAssociatedWith": {
            "@id": f"urn:muster:model:{model}",
            "@type": "prov:SoftwareAgent",
            "prov:label": writer.name,
            "version": writer.revision,
        },
    }
    if used:
        activity["prov:used"] = [
            {"@id": f"urn:muster:{one}", "@type": "prov:Entity", "prov:label": one} for one in used
        ]
    return activity
