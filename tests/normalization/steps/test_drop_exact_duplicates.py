from registry.domain.digest import document_key
from registry.normalization.pipeline import Pipeline

from ..factories import kept_texts, process, read, recipe_of, rejected_rows

UNIQUE = recipe_of("decode", "drop_exact_duplicates")


def test_the_first_document_stays():
    processed = process(UNIQUE, ["a", "b", "a", "A", "", ""])

    assert ["a", "b", "A", ""] == kept_texts(processed)
    assert ["id-1", "id-2", "id-4", "id-5"] == processed.kept.column("id").to_pylist()
    assert ["exact-duplicate"] * 2 == [row["reason"] for row in rejected_rows(processed)]


def test_duplicates_are_found_across_batches():
    pipeline = Pipeline(UNIQUE)
    pipeline(read(["a"]))

    assert ["b"] == kept_texts(pipeline(read(["b", "a"], first=2)))


def test_the_text_as_it_stands_after_the_steps_before_counts():
    recipe = recipe_of("decode", "unify_newlines", "drop_exact_duplicates")

    assert ["a\n"] == kept_texts(process(recipe, ["a\n", "a\r\n"]))


def test_the_state_is_the_keys_of_the_documents_kept():
    pipeline = Pipeline(UNIQUE)
    pipeline(read(["a", "b", "a"]))

    assert pipeline.take_state().endswith(document_key(b"a") + document_key(b"b"))
