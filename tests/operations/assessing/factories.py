"""Datasets that are counted."""

from registry.domain.card import Card
from tests.operations.factories import records, write_jsonl


def add(muster, folder, name, *, number=30, first=0, licence="MIT"):
    path = write_jsonl(folder / name / "x.jsonl", records(number, first=first))
    muster.register([str(path)], name=f"web/{name}", card=Card(licence=licence))
    muster.normalize(f"web/{name}", recipe="text-default")


def causes(diff):
    return {change.cause for change in diff.changes}
