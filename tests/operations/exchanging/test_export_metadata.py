"""Exports are valid by their own validators, say what they left out, and come back unchanged."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.resources import files

import jsonschema
import pytest
import yaml
from sqlalchemy import event

from registry.domain.card import Card
from registry.domain.names import Reference
from registry.domain.run import RunState
from registry.domain.version import DatasetKind
from registry.errors import InputError, MissingExtraError, StorageError
from registry.exchange.croissant_check import list_faults
from registry.exchange.croissant_context import list_missing
from registry.exchange.events import render_events
from registry.operations.exchanging.dossier import gather
from registry.reporting.eu_summary import find_band
from tests.exchange.factories import HOSTILE, card, croissant, summary
from tests.operations.factories import records, write_jsonl

FORMATS = ("croissant", "card", "openlineage", "eu-summary", "datasheet")


@pytest.fixture
def made(muster, tmp_path):
    """A corpus with licence and source, normalized, counted and tokenized."""
    source = write_jsonl(tmp_path / "in" / "a.jsonl", records())
    stated = Card(
        licence="CC-BY-4.0",
        description="Short documents.",
        url="https://example.org/corpus",
        publisher="Ada",
        language=("en",),
    )
    muster.register([str(source)], name="web/cc", card=stated)
    muster.normalize("web/cc", recipe="text-default")
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    muster.tokenize("web/cc.text-default", tokenizer="tiny")
    return muster


@pytest.fixture
def hostile(muster, tmp_path):
    """A version whose every statement is an attack."""
    path = tmp_path / "c.json"
    document = croissant(
        name="h", description=HOSTILE, license=HOSTILE, creator={"name": HOSTILE}, citeAs=HOSTILE
    )
    path.write_text(json.dumps(document))
    muster.exchange.read([path])
    return muster


@pytest.mark.parametrize("reference", ["web/cc", "web/cc.text-default", "web/cc.text-default.tiny"])
def test_croissant_is_valid_by_the_library(made, reference):
    answer = made.exchange.write(reference, format="croissant")
    document = json.loads(answer.text)

    assert [] == list_faults(document)
    assert "http://mlcommons.org/croissant/1.1" == document["conformsTo"]


def test_the_library_finds_what_is_wrong(made):
    document = json.loads(made.exchange.write("web/cc", format="croissant").text)
    (field, *_) = document["recordSet"][0]["field"]
    field["source"]["fileSet"]["@id"] = "nowhere"
    del document["license"]

    faults = list_faults(document)
    assert "license is required by the specification" == faults[0]
    assert len(faults) > 1


def test_croissant_tells_provenance_and_counts(made):
    document = json.loads(made.exchange.write("web/cc.text-default", format="croissant").text)
    parent = made.show("web/cc").version
    (count,) = made.show("web/cc.text-default").counts
    (told,) = [one for one in document["recordSet"][0]["annotation"] if one["name"] == "num_tokens"]

    assert "https://spdx.org/licenses/CC-BY-4.0" == document["license"]
    assert [parent.digest] == [one["prov:value"] for one in document["prov:wasDerivedFrom"]]
    assert "normalize" in document["prov:wasGeneratedBy"]["prov:label"]
    assert count.num_tokens == told["sc:value"]
    assert count.tokenizer_fingerprint in told["description"]
    assert ["https://example.org/corpus"] == document["rai:dataCollectionRawData"]


def test_what_is_missing_is_said(muster, tmp_path):
    source = write_jsonl(tmp_path / "in" / "a.jsonl", records())
    muster.register([str(source)], name="web/bare")
    answer = muster.exchange.write("web/bare", format="croissant")

    assert ["license"] == list_missing(json.loads(answer.text))
    assert any(line.startswith("license is required") for line in answer.left_out)
    assert str(tmp_path) not in answer.text


def test_a_card_is_read_by_the_hub_and_finds_its_version_again(made, tmp_path):
    answer = made.exchange.write(
        "web/cc.text-default", format="card", destination=str(tmp_path / "README.md")
    )
    front = yaml.safe_load(answer.text.split("---\n")[1])
    (back,) = made.exchange.read([tmp_path / "README.md"]).datasets

    assert ("cc-by-4.0", ["web/cc@1"]) == (front["license"], front["source_datasets"])
    assert 20 == front["dataset_info"]["splits"][0]["num_examples"]
    assert ("claimed", "web/cc.text-default@1") == (back.status, back.reference)


def test_keys_and_text_of_a_card_come_back(muster, tmp_path):
    path = tmp_path / "README.md"
    path.write_text(card(body="# Letters\n\nText with *marks*.\n"))
    (made,) = muster.exchange.read([path]).datasets
    text = muster.exchange.write(made.reference, format="card").text
    front = yaml.safe_load(text.split("---\n")[1])

    assert {"nested": [1, 2]} == front["a_key_of_ours"]
    assert ("odc-by", 12345, ["en"]) == (front["license"], front["num_tokens"], front["language"])
    assert text.endswith("---\n\n# Letters\n\nText with *marks*.\n")


def test_claims_of_rai_and_citation_go_back_into_croissant(muster, tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(croissant(citeAs="Ada, 1843")))
    (made,) = muster.exchange.read([path]).datasets
    document = json.loads(muster.exchange.write(made.reference, format="croissant").text)

    assert ("Ada, 1843", "Only 26 of them.") == (document["citeAs"], document["rai:dataBiases"])
    assert [] == list_faults(document)


def events_of(muster, reference):
    text = muster.exchange.write(reference, format="openlineage").text
    return [json.loads(line) for line in text.splitlines()]


def test_events_begin_and_end_each_run_with_both_sides(made):
    events = events_of(made, "web/cc.text-default.tiny")
    ends = [one for one in events if one["eventType"] == "COMPLETE"]

    assert ["START", "COMPLETE"] * 3 == [one["eventType"] for one in events]
    assert ["web/cc", "web/cc.text-default", "web/cc.text-default.tiny"] == [
        one["outputs"][0]["name"] for one in ends
    ]
    assert [[], ["web/cc"], ["web/cc.text-default"]] == [
        [source["name"] for source in one["inputs"]] for one in ends
    ]
    statistics = ends[1]["outputs"][0]["outputFacets"]["outputStatistics"]
    assert (20, 1) == (statistics["rowCount"], statistics["fileCount"])


def test_fields_are_traced_from_text_to_ids(made):
    ends = [
        one for one in events_of(made, "web/cc.text-default.tiny") if one["eventType"] == "COMPLETE"
    ]
    facets = [one["outputs"][0]["facets"] for one in ends]
    origins = [
        {
            field: [(one["name"], one["field"]) for one in told["inputFields"]]
            for field, told in facet.get("columnLineage", {"fields": {}})["fields"].items()
        }
        for facet in facets
    ]

    assert [("web/cc", "text")] == origins[1]["text"]
    assert [("web/cc.text-default", "text")] == origins[2]["input_ids"]


def test_token_counts_have_a_facet_with_a_schema(made):
    ends = [one for one in events_of(made, "web/cc.text-default") if one["eventType"] == "COMPLETE"]
    facet = ends[-1]["outputs"][0]["facets"]["muster_tokenCount"]
    schema = json.loads((files("registry.exchange") / "token_count_facet.json").read_text())
    (count,) = made.show("web/cc.text-default").counts

    jsonschema.validate(facet, schema)
    assert schema["$id"] == facet["_schemaURL"]
    assert count.num_tokens == facet["counts"][0]["numTokens"]


def test_events_are_valid_by_the_specification(made, shared_data):
    validator = jsonschema.Draft202012Validator(
        json.loads((shared_data / "api" / "openlineage" / "OpenLineage.json").read_text("utf-8"))
    )

    for told in events_of(made, "web/cc.text-default.tiny"):
        validator.validate(told)


def test_our_own_events_are_known_when_they_come_back(made, tmp_path):
    path = tmp_path / "e.jsonl"
    made.exchange.write("web/cc.text-default", format="openlineage", destination=str(path))
    counts = made.exchange.read([path]).events

    assert (0, 2, 0) == (counts.num_runs, counts.num_known_runs, counts.num_versions)


def test_a_file_of_events_is_replaced(made, tmp_path):
    path = tmp_path / "e.jsonl"
    for _ in range(2):
        answer = made.exchange.write("web/cc", format="openlineage", destination=str(path))

    assert answer.text == path.read_text()


class Server(HTTPServer):
    """A server of lineage on the loopback interface."""

    def __init__(self, code):
        self.code, self.taken = code, []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, self.headers.get("Authorization"), json.loads(body)))
        self.send_response(self.server.code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def serve():
    started = []

    def start(code=201):
        server = Server(code)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return server, f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def test_events_are_sent_to_a_server_in_order(make_context, made, serve):
    from registry.api import Registry  # noqa: PLC0415 - only here

    server, url = serve()
    muster = Registry(make_context(openlineage_token="s3cret"))
    answer = muster.exchange.write("web/cc.text-default", format="openlineage", destination=url)

    assert [json.loads(line) for line in answer.text.splitlines()] == [
        body for _, _, body in server.taken
    ]
    assert {("/api/v1/lineage", "Bearer s3cret")} == {(path, key) for path, key, _ in server.taken}


def test_a_run_that_failed_is_told_by_a_fail_event_that_the_schema_accepts(made):
    catalog = made._context.catalog
    version = catalog.versions.get(Reference.parse("web/cc"))
    dossier = gather(made._context, Reference.parse(version.reference))
    (run,) = dossier.runs
    failed = run.model_copy(update={"state": RunState.FAILED, "error": "out of disk"})
    rendered = render_events(dossier.model_copy(update={"runs": (failed,)}))
    start, end = map(json.loads, rendered.text.splitlines())

    assert ["START", "FAIL"] == [start["eventType"], end["eventType"]]
    assert "out of disk" == end["run"]["facets"]["errorMessage"]["message"]
    assert "errorMessage" not in start["run"]["facets"]
    assert start["run"]["runId"] == end["run"]["runId"] == run.id


def test_the_sections_and_bands_of_the_summary_are_those_of_the_template(made):
    text = made.exchange.write("web/cc.text-default", format="eu-summary").text
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    numbers = [heading.split()[0] for heading in headings if heading[0].isdigit()]

    assert ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3"] == (
        numbers
    )
    assert "authorised representative" in text
    assert "date of placement on the Union market" in text
    for number, band in (
        (10**9 - 1, "less than 1 billion tokens"),
        (10**9, "1 billion to 10 trillion tokens"),
        (10**13, "1 billion to 10 trillion tokens"),
        (10**13 + 1, "more than 10 trillion tokens"),
    ):
        assert band == find_band(number)


def test_a_server_that_refuses_is_an_error(made, serve):
    _, url = serve(code=400)

    with pytest.raises(StorageError, match="took no event"):
        made.exchange.write("web/cc", format="openlineage", destination=url)


def test_gaps_are_marked_and_counted(made):
    for name in ("eu-summary", "datasheet"):
        answer = made.exchange.write("web/cc.text-default", format=name)

        assert f"{answer.text.count('Not stated.')} answers" in answer.left_out[0]
        assert "https://example.org/corpus" in answer.text
        assert "CC\\-BY" not in answer.text


def test_generators_are_told_in_the_summary(muster, tmp_path):
    path = tmp_path / "s.json"
    path.write_text(json.dumps(summary()))
    (made,) = muster.exchange.read([path]).datasets
    text = muster.exchange.write(made.reference, format="eu-summary").text

    assert DatasetKind.SYNTHETIC is muster.show(made.reference).version.kind
    assert "generated by OpenAI GPT-4, as claimed" in text
    assert "num\\_documents: 7, declared" in text


def test_what_a_registered_model_wrote_is_synthetic_data_of_the_summary(muster, tmp_path):
    seeds = write_jsonl(tmp_path / "seeds.jsonl", records(3))
    written = write_jsonl(tmp_path / "written.jsonl", records(3, first=9))
    muster.register([str(seeds)], name="web/seeds")
    muster.models.add("org/large@1", trained_on=["web/seeds"])
    card = Card(generated_by="org/large@1", derived_from=("web/seeds",))
    muster.register([str(written)], name="made/text", card=card)
    muster.mixtures.make("mix/all", {"web/seeds": 1, "made/text": 1})
    text = muster.exchange.write("mix/all", format="eu-summary").text
    section = text.split("## 2.5 Synthetic data")[1].split("## ")[0]

    assert "made/text@1" in section
    assert "written by org/large@1 (generator); the model was trained on web/seeds@1" in section
    assert "made/text" not in text.split("## 2.1")[1].split("## 2.2")[0]
    for name in FORMATS:
        answer = muster.exchange.write("mix/all", format=name)
        assert "org/large" in answer.text, name
        assert not [line for line in answer.left_out if "model" in line]


@pytest.fixture
def written(muster, tmp_path):
    """What a model wrote from seeds, by another name than the seeds, and what a judge chose."""
    for name in ("seeds", "given", "text"):
        write_jsonl(tmp_path / f"{name}.jsonl", records(3, text=name + " {row}"))
    for name in ("seeds", "given"):
        muster.register([str(tmp_path / f"{name}.jsonl")], name=f"web/{name}")
    muster.models.add("org/large@v1", trained_on=["web/seeds"])
    muster.models.add("org/judge@v2")
    card = Card(generated_by="org/large@v1")
    muster.register([str(tmp_path / "text.jsonl")], name="made/text", card=card)
    muster.generations.add(
        "made/text", role="rewriter", model="org/large@v1", grounded_in=["web/given"]
    )
    muster.generations.add("made/text", role="judge", model="org/judge@v2")
    return muster


def test_events_tell_who_wrote_by_a_facet_with_a_schema(written):
    facet = events_of(written, "made/text")[-1]["outputs"][0]["facets"]["muster_generation"]
    schema = json.loads((files("registry.exchange") / "generation_facet.json").read_text())

    jsonschema.validate(facet, schema)
    assert schema["$id"] == facet["_schemaURL"]
    assert [
        ("org/large", "v1", "generator", ["web/seeds@1"], []),
        ("org/large", "v1", "rewriter", ["web/seeds@1"], ["web/given@1"]),
        ("org/judge", "v2", "judge", [], []),
    ] == [
        tuple(one[key] for key in ("model", "revision", "role", "trainedOn", "groundedIn"))
        for one in facet["generations"]
    ]


def test_croissant_tells_who_wrote_as_software_agents(written):
    document = json.loads(written.exchange.write("made/text", format="croissant").text)
    _, *wrote = document["prov:wasGeneratedBy"]

    assert [] == [fault for fault in list_faults(document) if "license" not in fault]
    assert [("generator", "org/large", "v1"), ("rewriter", "org/large", "v1")] == [
        (
            one["prov:type"],
            one["prov:wasAssociatedWith"]["prov:label"],
            one["prov:wasAssociatedWith"]["version"],
        )
        for one in wrote[:2]
    ]
    assert {"prov:SoftwareAgent"} == {one["prov:wasAssociatedWith"]["@type"] for one in wrote}
    assert ["web/seeds@1", "web/given@1"] == [one["prov:label"] for one in wrote[1]["prov:used"]]


@pytest.mark.parametrize(("name", "file"), [("croissant", "c.json"), ("card", "README.md")])
def test_who_wrote_comes_back_as_a_claim_and_what_nobody_stated_does_not(
    written, tmp_path, name, file
):
    text = written.exchange.write("made/text", format=name).text
    (tmp_path / file).write_text(text.replace("made/text", "else/where"))
    (back,) = written.exchange.read([tmp_path / file]).datasets
    described = written.show("else/where")

    assert [["org/large@v1"]] == [one.value for one in back.claims if one.name == "generated_by"]
    assert "synthetic" == described.version.kind
    assert [None] == [one.publisher for one in described.version.sources]
    if name == "croissant":
        assert not described.dataset.description


def test_a_datasheet_and_a_card_have_a_line_for_each_model(written):
    said = (
        "- made/text@1: rewritten by org/large, revision v1, trained on web/seeds@1, given "
        "web/given@1"
    )
    for name in ("datasheet", "card"):
        lines = written.exchange.write("made/text", format=name).text.splitlines()
        assert said in lines
        assert "- made/text@1: judged by org/judge, revision v2" in lines


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_are_inert(hostile, tmp_path, name):
    text = hostile.exchange.write("imported/h", format=name).text

    assert "\x1b" not in text
    if name == "card":
        front = yaml.safe_load(text.split("---\n")[1])
        assert front["muster"]["reference"] == "imported/h@1"
    if name in {"eu-summary", "datasheet"}:
        assert "<script" not in text
        assert "](http" not in text
    if name == "croissant":
        assert HOSTILE == json.loads(text)["citeAs"]


@pytest.mark.parametrize("name", ["eu-summary", "datasheet"])
def test_pages_are_written_as_html(hostile, tmp_path, name):
    path = tmp_path / "page.html"
    hostile.exchange.write("imported/h", format=name, destination=str(path))
    html = path.read_text()

    assert html.startswith("<!doctype html>")
    assert "<mark>Not stated.</mark>" in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\\" not in html


def test_wrong_destinations_are_refused(made, tmp_path):
    with pytest.raises(InputError, match="read, not written"):
        made.exchange.write("web/cc", format="data-provenance")
    with pytest.raises(InputError, match="not sent to a server"):
        made.exchange.write("web/cc", format="card", destination="http://localhost:1")
    with pytest.raises(InputError, match="no folder"):
        made.exchange.write("web/cc", format="card", destination=str(tmp_path / "no" / "x.md"))


def test_a_missing_library_names_its_extra(made, monkeypatch):
    for name in ("openlineage", "openlineage.client", "openlineage.client.event_v2", "mlcroissant"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(MissingExtraError) as caught:
        made.exchange.write("web/cc", format="openlineage")
    assert 'pip install "muster-catalog[exchange]"' == caught.value.hint
    with pytest.raises(MissingExtraError):
        list_faults(croissant())
    assert made.exchange.write("web/cc", format="croissant").text


def test_a_dossier_takes_as_many_statements_for_many_versions_as_for_few(made, tmp_path):
    def count(reference):
        seen = []
        engine = made._context.catalog._database._engine
        listen = lambda *args: seen.append(args[2])  # noqa: E731 - removed again below
        event.listen(engine, "before_cursor_execute", listen)
        made.exchange.write(reference, format="croissant")
        event.remove(engine, "before_cursor_execute", listen)
        return len(seen)

    before = count("web/cc.text-default")
    for number in range(6):
        source = write_jsonl(tmp_path / f"{number}" / "a.jsonl", records(first=number))
        made.register(
            [str(source)],
            name=f"web/c{number}",
            card=Card(derived_from=("web/cc" if number == 0 else f"web/c{number - 1}",)),
        )

    assert count("web/c5") <= before + 2
