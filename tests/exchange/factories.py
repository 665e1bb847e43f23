"""Documents of other tools that are valid by default; a test varies one thing."""

import json
import uuid

HOSTILE = "<script>alert(1)</script> \x1b[2J'; DROP TABLE run; -- [x](http://evil) `rm` &amp;"


def croissant(**fields):
    return {
        "@context": {"@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"},
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": "letters",
        "description": "Letters of the alphabet.",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "url": "https://example.org/letters",
        "creator": {"@type": "sc:Person", "name": "Ada"},
        "inLanguage": ["en", "de"],
        "rai:dataBiases": "Only 26 of them.",
        "distribution": [{"@type": "cr:FileObject", "@id": "a", "contentUrl": "a.txt"}],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "name": "rows",
                "annotation": [{"name": "num_documents", "sc:value": 26}],
                "field": [{"name": "letter"}],
            }
        ],
    } | fields


def card(front=None, body="# Letters\n\nLetters of the alphabet.\n"):
    lines = front or [
        "pretty_name: Letters",
        "license: odc-by",
        "language: [en]",
        "a_key_of_ours: {nested: [1, 2]}",
        "num_tokens: 12345",
        "dataset_info: {dataset_size: 99, splits: [{name: train, num_examples: 26}]}",
    ]
    return "---\n" + "\n".join(lines) + "\n---\n\n" + body


def summary(**fields):
    entry = {
        "Unique Dataset Identifier": "letters-made",
        "Dataset Name": "letters",
        "Collection": "Alphabets",
        "Dataset URL": "https://example.org/made",
        "Languages": ["English", "Klingonese"],
        "Licenses": [
            {"License": "CC BY 4.0", "License URL": "https://example.org/licence"},
            {"License": "Unspecified", "License URL": "None"},
        ],
        "Creators": ["Ada"],
        "Model Generated": ["OpenAI GPT-4"],
        "Text Metrics": {"Num Dialogs": 7},
        "Inferred Metadata": {"HF Yaml License": "MIT License"},
    }
    return {"letters-made": entry | fields}


def dataset(name, *, namespace="s3://lake", version=None, facets=None):
    told = dict(facets or {})
    if version is not None:
        told["version"] = {"datasetVersion": version}
    return {"namespace": namespace, "name": name, "facets": told}


def run_id(number):
    return str(uuid.UUID(int=number))


def event(number, kind="COMPLETE", *, at=None, inputs=(), outputs=(), **more):
    """Return an event as the integrations of Spark, Airflow and dbt write them."""
    seconds = number if at is None else at
    return {
        "eventType": kind,
        "eventTime": f"2026-03-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z",
        "run": {"runId": run_id(number), "facets": {"spark_unknown": {"kept": True}}},
        "job": {"namespace": "airflow", "name": f"dag.task_{number}"},
        "inputs": list(inputs),
        "outputs": list(outputs),
        "producer": "https://github.com/OpenLineage/OpenLineage/tree/1.20.0/integration/spark",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    } | more


def write_events(path, events):
    path.write_text("".join(json.dumps(one) + "\n" for one in events))
    return path
