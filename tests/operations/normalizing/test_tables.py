"""A table from its file to a version, to another version, to documents, and back."""

import csv
import pickle
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, RobustScaler, StandardScaler

from registry.api import Registry
from registry.catalog.catalog import Catalog
from registry.catalog.copying import copy_catalog
from registry.domain.card import Card
from registry.domain.execution import Execution, ExecutorKind, Part
from registry.errors import InputError
from registry.normalization.recipe_files import load_recipe
from registry.operations.normalizing.table_units import Fitting, Transforming

RECIPE = """
name = "features"
version = "1.0.0"
[[step]]
use = "read_columns"
numbers = ["mass"]
integers = ["year"]
texts = ["species"]
[[step]]
use = "impute"
columns = ["mass"]
method = "median"
indicator = true
[[step]]
use = "scale"
columns = ["mass"]
method = "robust"
[[step]]
use = "scale"
columns = ["year"]
[[step]]
use = "encode"
columns = ["species"]
method = "one_hot"
unseen = "reject"
"""

SENTENCES = """
name = "sentences"
version = "1.0.0"
[[step]]
use = "read_columns"
texts = ["species"]
numbers = ["mass"]
[[step]]
use = "impute"
columns = ["mass"]
[[step]]
use = "to_text"
template = "A {species} of {mass} g."
"""

SPECIES = ("Adélie", "Gentoo", "Chinstrap")


def birds(number, *, first=0):
    rows = []
    for row in range(first, first + number):
        mass = "" if row % 7 == 3 else f"{3000 + row * 37 % 1500 + 0.25}"
        rows.append((SPECIES[row % 3], mass, str(2007 + row % 4)))
    return rows


def write_csv(path, rows, header=("species", "mass", "year")):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "features.toml"
    path.write_text(RECIPE)
    return str(path)


@pytest.fixture
def train(muster, tmp_path):
    rows = [*birds(30), ("Gentoo", "heavy", "2008"), ("Gentoo", "1e999", "2008"), ("", "", "")]
    path = write_csv(tmp_path / "train.csv", rows)
    return muster.register([str(path)], name="lab/train", card=Card(kind="tabular")).reference


def read_table(muster, reference, folder):
    """Return the rows of a version, as they are exported."""
    files = muster.export(reference, folder).files
    return pa.concat_tables([pq.read_table(file.path) for file in files])


def test_a_table_is_sealed_with_its_ledger_its_quarantine_and_what_was_learned(
    muster, train, recipe
):
    made = muster.normalize(train, recipe=recipe)
    shown, run = muster.show(made.reference), muster.runs.get(made.run)
    rejected = muster.quarantine.show(made.reference).rows

    assert ("lab/train.features@1", "created", "table") == (
        made.reference,
        made.status,
        made.content,
    )
    # The empty row was no document when the file was registered, and is in no table.
    assert (33, 30) == (made.ledger.documents_in, made.ledger.documents_kept)
    assert {"null-text": 1, "not-finite:mass": 1, "wrong-type:mass": 1} == made.ledger.rejected
    assert {"read": 33, "read_columns": 32, "impute": 30, "scale": 30, "encode": 30} == {
        entry.step: entry.documents_in for entry in run.ledger.entries
    }
    assert [("read", 33), ("read_columns", 31), ("read_columns", 32)] == [
        (row.step, row.row) for row in rejected
    ]
    assert '"mass":"heavy"' in rejected[1].raw
    assert (30, run.ledger.bytes_kept) == (
        shown.version.num_documents,
        shown.version.num_text_bytes,
    )
    assert ("lab/train@1",) == shown.parents
    fitted = shown.version.recipe.fitted
    assert {"categories": sorted(SPECIES), "has_null": False} == fitted[4]["species"]
    assert ["mass", "year", *(f"species={one}" for one in sorted(SPECIES)), "mass_missing"] == [
        field.name for field in shown.version.fields
    ]
    assert muster.verify(made.reference).is_intact
    assert muster.verify_all().is_intact
    assert "unchanged" == muster.normalize(train, recipe=recipe).status


def test_what_was_learned_is_applied_to_another_version_as_scikit_learn_does(
    muster, train, recipe, tmp_path
):
    muster.normalize(train, recipe=recipe)
    rows = [*birds(9, first=100), ("Emperor", "22000", "2009")]
    other = muster.register(
        [str(write_csv(tmp_path / "other.csv", rows))],
        name="lab/other",
        card=Card(kind="tabular"),
    ).reference
    made = muster.normalize(other, fitted_on="lab/train.features", name="lab/applied")
    again = muster.normalize(other, recipe=recipe, fitted_on="lab/train", name="lab/applied")

    def matrix(rows):
        cells = [[species, float(mass or "nan"), float(year)] for species, mass, year in rows]
        return np.array(cells, dtype=object)

    peer = ColumnTransformer(
        [
            ("mass", make_pipeline(SimpleImputer(strategy="median"), RobustScaler()), [1]),
            ("year", StandardScaler(), [2]),
            ("species", OneHotEncoder(sparse_output=False), [0]),
        ]
    ).fit(matrix(birds(30)))
    expected = peer.transform(matrix(rows[:-1])).astype(float)
    table = read_table(muster, made.reference, tmp_path / "out").drop_columns(["mass_missing"])
    found = np.column_stack([column.to_numpy() for column in table.columns])
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert {"unseen:species": 1} == made.ledger.rejected
    assert ("lab/other@1", "lab/train.features@1") == muster.show(made.reference).parents
    assert ("unchanged", made.reference) == (again.status, again.reference)


def test_undoing_gives_the_table_back(muster, train, recipe, tmp_path):
    made = muster.normalize(train, recipe=recipe)
    undone = muster.undo(made.reference)
    table = read_table(muster, undone.reference, tmp_path / "out")

    assert "lab/train.features.inverse@1" == undone.reference
    expected = birds(30)
    assert [species for species, _, _ in expected] == table.column("species").to_pylist()
    assert [mass == "" for _, mass, _ in expected] == [
        value is None for value in table.column("mass").to_pylist()
    ]
    found = table.column("year").to_numpy()
    np.testing.assert_allclose(found, [int(year) for _, _, year in expected], rtol=1e-12)
    with pytest.raises(InputError, match="no table that a recipe made"):
        muster.undo(undone.reference)


def test_a_copied_catalog_has_what_was_learned_and_goes_on_with_it(
    muster, context, train, recipe, tmp_path, engine, catalog_url, request
):
    rows = [*birds(9, first=100), ("Emperor", "22000", "2009")]
    other = str(write_csv(tmp_path / "other.csv", rows))
    made = muster.normalize(train, recipe=recipe)
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    if engine == "sqlite":
        url = request.getfixturevalue("make_postgres_database")()
    assert not copy_catalog(catalog_url, url).findings

    def go_on(registry):
        registry.register([other], name="lab/other", card=Card(kind="tabular"))
        applied = registry.normalize("lab/other", fitted_on=made.reference, name="lab/applied")
        return applied.digest, registry.undo(made.reference).digest

    with Catalog.open(url) as copied:
        elsewhere = Registry(replace(context, catalog=copied))
        version = elsewhere.show(made.reference).version

        assert muster.show(made.reference).version == version
        assert "year" in version.recipe.fitted[3]
        assert "unchanged" == elsewhere.normalize(train, recipe=recipe).status
        assert go_on(muster) == go_on(elsewhere)
        assert elsewhere.verify_all().is_intact


def test_a_table_becomes_documents_that_can_be_tokenized(muster, train, tmp_path):
    path = tmp_path / "sentences.toml"
    path.write_text(SENTENCES)
    made = muster.normalize(train, recipe=str(path))
    muster.tokenizers.train([made.reference], name="tiny", vocab_size=300)
    counted = muster.tokenize(made.reference, tokenizer="tiny", count_only=True)
    (first,) = muster.sample(made.reference, num_documents=1, seed=3).documents

    # Of the four masses that were missing, two are of one species.
    assert (made.content, made.duplicate_documents) == ("documents", 1)
    row = int(first.source.partition("#")[2])
    species, mass, _ = birds(30)[row - 1]
    assert f"A {species} of {mass} g." == first.text
    assert f"train.csv#{row}" == first.id
    assert counted.num_documents == made.ledger.documents_kept


def test_rows_of_a_table_are_looked_at_and_not_taken_for_text(muster, train, recipe, tmp_path):
    made = muster.normalize(train, recipe=recipe)
    muster.tokenizers.train([train], name="tiny", vocab_size=300)
    (row,) = muster.sample(made.reference, num_documents=1).documents

    assert "species=Gentoo: " in row.text
    for refused in (
        lambda: muster.tokenize(made.reference, tokenizer="tiny"),
        lambda: muster.normalize(made.reference, recipe="text-default"),
        lambda: muster.stream(made.reference),
        lambda: muster.report([made.reference], num_parameters=[10**9]),
    ):
        with pytest.raises(InputError, match="is a table, "):
            refused()
    with pytest.raises(InputError, match="fitted to all rows"):
        muster.normalize_part(train, recipe=recipe, part=Part.of(0, 2))
    with pytest.raises(InputError, match="no column 'year', which features reads"):
        write_csv(tmp_path / "b.csv", [("a", "1")], header=("species", "mass"))
        card = Card(kind="tabular")
        other = muster.register([str(tmp_path / "b.csv")], name="lab/narrow", card=card)
        muster.normalize(other.reference, recipe=recipe)


@pytest.fixture
def many(muster, tmp_path):
    """A version of several units, once they are small: Parquet and CSV, of several row groups."""
    rows = birds(400)
    write_csv(tmp_path / "many" / "a.csv", rows[:120])
    table = pa.table(
        dict(zip(("species", "mass", "year"), map(list, zip(*rows, strict=True)), strict=True))
    )
    pq.write_table(table.slice(120), tmp_path / "many" / "b.parquet", row_group_size=40)
    card = Card(kind="tabular")
    return muster.register([str(tmp_path / "many")], name="lab/many", card=card).reference


def test_neither_workers_nor_batches_nor_a_crash_change_a_byte(
    make_context, many, recipe, monkeypatch
):
    def by(name, *, num_workers=1, **settings):
        context = make_context(shard_bytes=2000, **settings)
        execution = Execution(kind=ExecutorKind.IN_PROCESS, num_workers=num_workers)
        muster = Registry(replace(context, execution=execution))
        return muster.normalize(many, recipe=recipe, name=name)

    whole = by("lab/whole")
    assert whole.num_shards > 3
    assert whole.digest == by("lab/two", num_workers=2).digest
    assert whole.digest == by("lab/batches", batch_bytes=1024).digest
    assert whole.recipe == by("lab/batches").recipe
    for work in (Fitting, Transforming):
        with monkeypatch.context() as patch:
            calls = interrupt_third(work, patch)
            with pytest.raises(KeyboardInterrupt):
                by(f"lab/{work.__name__.lower()}")
            resumed = by(f"lab/{work.__name__.lower()}")
        assert 1 == calls.count(0) or work is Fitting
        assert (whole.digest, whole.ledger) == (resumed.digest, resumed.ledger)


def test_work_travels_to_other_processes(make_context, recipe):
    place, loaded = make_context().place, load_recipe(recipe)
    schema = pa.schema([("mass", pa.large_string())])
    for work in (Fitting(place, loaded, schema, 0), Transforming(place, loaded, schema)):
        assert work.table.num_fitting_passes == 2
        found = pickle.loads(pickle.dumps(work))
        assert (work.recipe, work.schema) == (found.recipe, found.schema)


def interrupt_third(work, patch):
    """Let the third unit that is worked on fail, once."""
    carry_out, calls = work.carry_out, []

    def fail_once(self, unit, outcomes, report):
        calls.append(unit.number)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return carry_out(self, unit, outcomes, report)

    patch.setattr(work, "carry_out", fail_once)
    return calls


def test_what_was_learned_is_learned_anew_when_a_row_is_taken_down(muster, tmp_path, recipe):
    rows = [*birds(12), ("Gentoo", "9999999", "2007")]
    path = write_csv(tmp_path / "t.csv", rows)
    muster.register([str(path)], name="lab/t", card=Card(kind="tabular"))
    muster.normalize("lab/t", recipe=recipe)
    muster.normalize("lab/t", fitted_on="lab/t.features", name="lab/applied")
    muster.undo("lab/t.features")
    opened = muster.takedowns.open("id", "t.csv#13", reason="request")
    done = muster.takedowns.apply(opened.id)

    results = {item.reference: item.done.result for item in done.items if item.done}
    assert {
        "lab/t@1": "lab/t@2",
        "lab/t.features@1": "lab/t.features@2",
        "lab/applied@1": "lab/applied@2",
        "lab/t.features.inverse@1": "lab/t.features.inverse@2",
    } == results
    for name in results.values():
        assert 12 == muster.show(name).version.num_documents
    before, after = (
        muster.show(f"lab/t.features@{number}").version.recipe.fitted for number in (1, 2)
    )
    assert before != after
    assert after == muster.show("lab/applied@2").version.recipe.fitted
    masses = read_table(muster, "lab/t.features.inverse@2", tmp_path / "out").column("mass")
    assert 9999999 > max(masses.drop_null().to_pylist())


def test_what_a_takedown_does_not_change_stays(muster, tmp_path):
    """The row that goes taught nothing: what was fitted on it is the same, byte for byte."""
    recipe = tmp_path / "c.toml"
    recipe.write_text(
        'name = "c"\nversion = "1.0.0"\n'
        '[[step]]\nuse = "read_columns"\ntexts = ["species"]\n'
        '[[step]]\nuse = "encode"\ncolumns = ["species"]\nmethod = "ordinal"\n'
    )
    for name in ("t", "u"):
        rows = [*birds(6), ("Adelie", name, "2007"), ("Adelie", "1", "2007")]
        path = write_csv(tmp_path / f"{name}.csv", rows)
        muster.register([str(path)], name=f"lab/{name}", card=Card(kind="tabular"))
    muster.normalize("lab/t", recipe=str(recipe))
    muster.normalize("lab/u", fitted_on="lab/t.c", name="lab/applied")
    opened = muster.takedowns.open("id", "t.csv#7", reason="request")
    done = muster.takedowns.apply(opened.id)
    what = {item.reference: item.done.action for item in done.items if item.done}

    assert "exempted" == what["lab/applied@1"]
    assert "sealed" == muster.show("lab/applied@1").version.state


def test_real_penguins_are_scaled_as_by_scikit_learn(muster, tmp_path, shared_data):
    file = shared_data / "csv" / "penguins.csv"
    names = ("bill_length_mm", "flipper_length_mm", "body_mass_g")
    path = tmp_path / "penguins.toml"
    columns = ", ".join(f'"{name}"' for name in names)
    path.write_text(
        'name = "p"\nversion = "1.0.0"\n'
        f'[[step]]\nuse = "read_columns"\nnumbers = [{columns}]\n'
        f'[[step]]\nuse = "impute"\ncolumns = [{columns}]\n'
        f'[[step]]\nuse = "scale"\ncolumns = [{columns}]\n'
    )
    card = Card(kind="tabular")
    muster.register([str(file)], name="lab/penguins", card=card)
    made = muster.normalize("lab/penguins", recipe=str(path))
    table = read_table(muster, made.reference, tmp_path / "out")

    with file.open(encoding="utf-8") as lines:
        cells = [[float(row[name] or "nan") for name in names] for row in csv.DictReader(lines)]
    peer = make_pipeline(SimpleImputer(), StandardScaler())
    found = np.column_stack([column.to_numpy() for column in table.columns])
    np.testing.assert_allclose(found, peer.fit_transform(cells), rtol=1e-12, atol=1e-12)


def test_each_column_is_traced_to_those_it_was_made_of(muster, train, recipe, tmp_path):
    muster.normalize(train, recipe=recipe)
    undone = muster.undo("lab/train.features")
    path = tmp_path / "sentences.toml"
    path.write_text(SENTENCES)
    text = muster.normalize(train, recipe=str(path))

    def traced(reference, child):
        edges = muster.lineage(reference, fields=True).fields
        return {
            edge.field: [origin.field for origin in edge.origins]
            for edge in edges
            if edge.child == child
        }

    species = [f"species={one}" for one in sorted(SPECIES)]
    one_hot = {name: ["species"] for name in species}
    assert {"mass": ["mass"], "year": ["year"], "mass_missing": ["mass"], **one_hot} == traced(
        undone.reference, "lab/train.features@1"
    )
    assert {"mass": ["mass"], "year": ["year"], "species": species} == traced(
        undone.reference, undone.reference
    )
    found = traced(text.reference, text.reference)
    assert (["species", "mass"], []) == (found["text"], found["metadata"])


def test_rows_that_all_fell_before_a_step_are_told_instead_of_its_column(muster, tmp_path):
    (tmp_path / "b.csv").write_text("mass,year,species\n1,old,a\n2,new,b\n", encoding="utf-8")
    card = Card(kind="tabular")
    muster.register([str(tmp_path / "b.csv")], name="lab/birds", card=card)
    recipe = tmp_path / "features.toml"
    recipe.write_text(RECIPE, encoding="utf-8")

    with pytest.raises(InputError, match="wrong-type:year 2 by read_columns") as caught:
        muster.normalize("lab/birds", recipe=str(recipe))
    assert "muster show lab/birds@1" in caught.value.hint
