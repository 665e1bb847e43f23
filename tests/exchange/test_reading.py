"""What each reader makes of a document."""

import json

import pytest
import yaml

from registry.domain.exchange import MetadataFormat
from registry.errors import InputError, UnreadableError
from registry.exchange.card import hub_licence
from registry.exchange.card_reading import FIELDS, read_card
from registry.exchange.croissant_context import list_missing
from registry.exchange.croissant_reading import read_croissant
from registry.exchange.detecting import detect, read_descriptions
from registry.exchange.initiative import read_summary
from registry.exchange.stating import state_licence
from tests.exchange.factories import HOSTILE, card, croissant, event, summary


def claims_of(stated):
    return {claim.name: claim.value for claim in stated.claims}


def test_croissant_is_read_with_its_claims():
    stated = read_croissant(croissant())

    assert ("letters", "Ada", ("en", "de")) == (stated.name, stated.by, stated.languages)
    assert ["CC-BY-4.0"] == [one.expression for one in stated.licences]
    assert 26 == claims_of(stated)["declared.num_documents"]
    assert "Only 26 of them." == claims_of(stated)["croissant.rai:dataBiases"]


@pytest.mark.parametrize("base", ["http://schema.org/", "https://schema.org/", "sc:", ""])
def test_every_spelling_of_schema_org_is_read(base):
    document = {base + key if key[0] != "@" else key: one for key, one in croissant().items()}
    document["@type"] = (base or "https://schema.org/") + "Dataset"

    assert read_croissant(croissant()) == read_croissant(document)


def test_texts_by_language_are_read():
    stated = read_croissant(croissant(description={"en": "Letters."}, name={"@value": "abc"}))

    assert ("abc", "Letters.") == (stated.name, stated.description)


def test_what_is_no_dataset_is_refused():
    with pytest.raises(InputError, match="describes no dataset"):
        read_croissant(croissant(**{"@type": "sc:Person"}))


def test_the_required_list_is_that_of_the_specification():
    assert [] == list_missing(croissant(datePublished="2026-01-01"))
    assert ["license", "datePublished"] == list_missing(croissant(license=""))


def test_a_card_keeps_all_of_its_front_matter():
    stated = read_card(card(), origin="README.md")
    claims = claims_of(stated)

    assert ("Letters", "Letters of the alphabet.") == (stated.name, stated.description)
    assert ["ODC-By-1.0"] == [one.expression for one in stated.licences]
    assert {"nested": [1, 2]} == claims[FIELDS]["a_key_of_ours"]
    assert (12345, 26, 99) == (
        claims["declared.num_tokens"],
        claims["declared.num_documents"],
        claims["declared.num_bytes"],
    )


@pytest.mark.parametrize(
    ("listed", "expression"),
    [
        (["cc-by-nc-4.0", "mit"], "CC-BY-NC-4.0 AND MIT"),
        (["mit", "cc-by-nc-4.0"], "MIT AND CC-BY-NC-4.0"),
        (["mit", "mit"], "MIT"),
        (["mit", "unknown"], "MIT AND LicenseRef-unspecified"),
        (["unknown", "unknown"], "unknown"),
    ],
)
def test_licences_in_a_list_all_hold(listed, expression):
    """Of several statements by one speaker the newest counts, which would free the others."""
    front = "\n".join(["---", "license:", *(f"- {one}" for one in listed), "---", ""])
    (of_card,) = read_card(front, origin="README.md").licences
    (of_croissant,) = read_croissant({**croissant(), "license": listed}).licences

    assert (expression, expression) == (of_card.expression, of_croissant.expression)


@pytest.mark.parametrize(
    "front",
    [["a: [1"], ["- a", "- b"], ["!!python/object/apply:os.system ['echo no']"], ["a: b: c"]],
)
def test_front_matter_that_is_no_mapping_is_refused(front):
    with pytest.raises(UnreadableError, match="no YAML mapping"):
        read_card(card(front), origin="README.md")


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("license: [[]]", "license: [] is no text"),
        ("language: {a: 1}", "language: {'a': 1} is no text"),
        ("dataset_info: 7", "dataset_info: 7 is no mapping"),
        ("muster: text", "muster: 'text' is no mapping"),
        ("num_tokens: lots", "num_tokens: 'lots' is no count"),
        ("token_count: -3", "token_count: -3 is no count"),
        ("num_tokens: true", "num_tokens: True is no count"),
        ("homepage: 'javascript:alert(1)'", "homepage: 'javascript:alert(1)' is no web address"),
        (
            "dataset_info: {splits: [{num_examples: many}]}",
            "dataset_info.splits.num_examples: 'many' is no count",
        ),
    ],
)
def test_wrong_types_in_a_card_are_left_out_and_named(front, said):
    stated = read_card(card([front]), origin="README.md")

    assert (said,) == stated.left_out
    assert not [one for one in stated.claims if one.name.startswith("declared.")]
    assert "Letters" == stated.name


@pytest.mark.parametrize(
    ("text", "own"), [("MIT AND AND", "LicenseRef-mit-and-and"), ("12", "LicenseRef-12")]
)
def test_a_licence_that_nobody_knows_is_named(text, own):
    stated = read_card(f"---\nlicense: {text}\n---\n# Name\n", origin="x")

    assert (f"license {text!r}: no licence that is known; it stands as {own}",) == stated.left_out
    assert own == stated.licences[0].expression


def test_a_count_in_croissant_that_is_none_is_left_out_and_named():
    document = croissant()
    annotation = {"@type": "cr:Field", "name": "num_tokens", "value": "lots"}
    document["recordSet"] = [{"@type": "cr:RecordSet", "name": "r", "annotation": annotation}]

    assert ("annotation num_tokens: 'lots' is no count",) == read_croissant(document).left_out


def test_a_page_that_is_no_card_is_not_taken_for_one(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n")
    with pytest.raises(InputError, match="does not begin with front matter"):
        detect(path)


def test_a_card_without_front_matter_is_read():
    assert "Plain" == read_card("# Plain\n\nText.\n", origin="README.md").name


def test_a_summary_is_read_with_sources_and_generators():
    (stated,) = read_summary(summary())

    assert [
        ("MIT", "Hugging Face, according to Data Provenance Initiative"),
        ("CC-BY-4.0 AND LicenseRef-unspecified", "Data Provenance Initiative"),
    ] == [(one.expression, one.by) for one in stated.licences]
    assert ["OpenAI GPT-4"] == claims_of(stated)["generated_by"]
    assert 7 == claims_of(stated)["declared.num_documents"]
    assert ("en",) == stated.languages
    assert ("language 'Klingonese': names none",) == stated.left_out


@pytest.mark.parametrize("text", [HOSTILE, "((((", "MIT AND", "x" * 5_000, "💥", "unbekannt/1"])
def test_a_licence_that_does_not_parse_is_a_reference_and_never_free(text):
    assert state_licence(text, by="x").expression.startswith("LicenseRef-")


@pytest.mark.parametrize(
    ("expression", "hub"),
    [
        ("MIT", {"license": "mit"}),
        ("ODC-By-1.0", {"license": "odc-by"}),
        ("unknown", {"license": "unknown"}),
        ("LicenseRef-hf-gemma", {"license": "gemma"}),
        ("MIT AND ISC", {"license": "other", "license_name": "MIT AND ISC"}),
    ],
)
def test_licences_are_told_in_ids_of_the_hub(expression, hub):
    assert hub == hub_licence(expression)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.json", json.dumps(croissant()), MetadataFormat.CROISSANT),
        ("README.md", card(), MetadataFormat.CARD),
        ("a.json", json.dumps(summary()), MetadataFormat.DATA_PROVENANCE),
        ("a.jsonl", json.dumps(event(1)), MetadataFormat.OPENLINEAGE),
    ],
)
def test_formats_are_recognised(tmp_path, name, text, expected):
    path = tmp_path / name
    path.write_text(text)

    assert expected is detect(path)


@pytest.mark.parametrize("data", [b"{", b"[1]", b"\xff\xfe\x00", b'{"a":' * 100_000])
def test_a_broken_document_is_one_clear_error(tmp_path, data):
    with pytest.raises(UnreadableError):
        read_descriptions(tmp_path / "a.json", data, MetadataFormat.CROISSANT)


def test_yaml_of_a_card_is_what_the_hub_reads():
    assert "odc-by" == yaml.safe_load(card().split("---")[1])["license"]
