import json
import string

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from registry.domain.declaration import Declaration
from registry.errors import InputError, UnreadableError
from registry.exchange.declaration import read_declaration, render_declaration

names = st.text(string.ascii_lowercase, min_size=1, max_size=8)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
licences = st.fixed_dictionaries(
    {"license": st.sampled_from(["MIT", "CC-BY-NC-4.0", "unknown"]), "by": texts},
    optional={"confidence": st.sampled_from(["low", "high"])},
)
versions = st.fixed_dictionaries(
    {},
    optional={
        "languages": st.lists(st.sampled_from(["en", "no", "zh-Hant"]), min_size=1, unique=True),
        "licenses": st.lists(licences, min_size=1, max_size=3),
        "sources": st.lists(
            st.fixed_dictionaries({"publisher": texts, "retrieved_at": st.datetimes()}), max_size=2
        ),
    },
)
datasets = st.dictionaries(
    st.tuples(names, names).map("/".join),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["text", "code"])},
        optional={
            "owner": texts,
            "description": texts,
            "tags": st.dictionaries(names, st.integers(1, 9), max_size=2),
            "versions": st.dictionaries(st.integers(1, 99), versions, max_size=3),
        },
    ),
    max_size=3,
)
costs = st.fixed_dictionaries(
    {
        "version": st.just("web/cc@1"),
        "kind": st.just("human"),
        "amount": st.decimals(0, 10**9, places=6).map(str),
        "currency": st.just("EUR"),
    },
    optional={"note": texts, "incurred_on": st.dates().map(str)},
)


@hypothesis_settings(max_examples=60)
@given(datasets=datasets, costs=st.lists(costs, max_size=3))
def test_what_is_written_is_read_as_the_same(datasets, costs):
    declaration = Declaration(muster=1, datasets=datasets, costs=costs)

    assert declaration == read_declaration(render_declaration(declaration), origin="x").declaration


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("datasets:\n  web/cc:\n    ownr: x\n", "3: datasets.web/cc.ownr: there is no such key; did"
         " you mean owner?"),
        ("datasets:\n  web/cc:\n    kind: poem\n", "3: datasets.web/cc.kind: must be 'text'"),
        ("datasets:\n  Web: {}\n", "2: datasets.Web: 'Web' is not a dataset name"),
        ("datasets:\n  web/cc:\n    tags: {prod: x}\n", "3: datasets.web/cc.tags.prod: must be"),
        (
            "datasets:\n  web/cc:\n    versions:\n      1:\n        languages: [en, no]\n",
            "5: datasets.web/cc.versions.1.languages.1: YAML reads yes, no",
        ),
        ("models:\n  org/m: {}\n", "2: models.org/m: 'org/m' is not a model"),
        ("models:\n  org/m@1:\n    trained_on: [web/cc]\n", "names no version by its number"),
        ("targets:\n  a:\n    parameters: 1B\n    hardware: {devcie: h100}\n", "mean device"),
        ("costs:\n- {version: web/cc@1, kind: api, amount: -1, currency: EUR}\n", "is negative"),
        ("costs:\n- {kind: api, amount: 1, currency: EUR}\n", "of one version, run or source"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(text, message):
    with pytest.raises(InputError) as caught:
        read_declaration("muster: 1\n" + text, origin="r.yaml")

    line, _, said = message.partition(": ")
    expected = f"r.yaml:{int(line) + 1}: {said}" if line.isdecimal() else message
    assert expected in caught.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("muster: 1\nmuster: 1\n", "r.yaml:2: the key 'muster' stands here a second time"),
        ("muster: 1\nx: [1\ny: 2\n", "r.yaml:3: "),
        ("muster: 1\nx: 2026-13-44\n", "r.yaml:2: '2026-13-44' is not valid"),
        ("muster: !!python/object/apply:os.getcwd []\n", "r.yaml:1: could not determine"),
        ("muster: 1\na: &a {b: *a}\n", "r.yaml:2: holds an alias of itself"),
        ("[" * 100_000, "r.yaml:1: is nested over 40 levels deep"),
    ],
)
def test_what_is_no_safe_yaml_is_refused_with_its_line(text, message):
    with pytest.raises(UnreadableError) as caught:
        read_declaration(text, origin="r.yaml")

    assert message in caught.value.message


def test_aliases_are_counted_each_time(monkeypatch):
    monkeypatch.setattr("registry.exchange.declaration._MOST_NODES", 10_000)
    nested = ["a: &a0 [1, 1]"] + [f"b{n}: &a{n} {json.dumps(['*'] * 8)}" for n in range(1, 9)]
    lines = [line.replace('"*"', f"*a{n - 1}") for n, line in enumerate(nested)]

    with pytest.raises(UnreadableError, match="aliases make over 10,000 values"):
        read_declaration("\n".join(lines), origin="r.yaml")


@pytest.mark.parametrize("text", ["", "- 1\n", "{}\n", "muster: 2\n"])
def test_a_file_of_another_format_is_refused(text):
    with pytest.raises(InputError):
        read_declaration(text, origin="r.yaml")


def test_a_size_that_is_none_is_told_with_its_line():
    text = "muster: 1\ntargets:\n  big:\n    parameters: 7BB\n"

    with pytest.raises(InputError, match=r"f\.yaml:4: .*'7BB' is not a model size; write it"):
        read_declaration(text, origin="f.yaml")
