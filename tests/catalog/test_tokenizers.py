import pytest

from registry.errors import InputError, UnknownError
from tests.catalog.factories import LATER, WHO, digest, make_run, make_tokenizer


def test_an_added_tokenizer_is_found_by_name_and_fingerprint(catalog):
    tokenizer, status = catalog.tokenizers.add(make_tokenizer(bos_id=1, bos_token="<s>"), **WHO)

    assert "created" == status
    for text in ("gpt2", tokenizer.fingerprint, tokenizer.fingerprint[7:15]):
        assert tokenizer == catalog.tokenizers.get(text)


def test_the_same_tokenizer_under_another_name_stays_the_first(catalog):
    first, _ = catalog.tokenizers.add(make_tokenizer("gpt2"), **WHO)
    again = catalog.tokenizers.add(make_tokenizer("other"), actor="bob", at=LATER)

    assert (first, "unchanged") == again
    assert [first] == catalog.tokenizers.list()
    assert 1 == len(catalog.audit.list())


def test_a_name_never_comes_to_mean_another_tokenizer(catalog):
    first, _ = catalog.tokenizers.add(make_tokenizer(content="old"), **WHO)

    with pytest.raises(InputError, match="the name gpt2 is taken"):
        catalog.tokenizers.add(make_tokenizer(content="new"), **WHO)
    assert [first] == catalog.tokenizers.list()


def test_an_unknown_name_offers_the_nearest(catalog):
    catalog.tokenizers.add(make_tokenizer("gpt2"), **WHO)

    with pytest.raises(UnknownError) as caught:
        catalog.tokenizers.get("gpt-2")

    assert "did you mean gpt2?" == caught.value.hint


def test_a_beginning_that_fits_several_fingerprints_is_refused(catalog):
    for last in "01":
        fingerprint = "sha256:" + "a" * 63 + last
        catalog.tokenizers.add(make_tokenizer(f"t{last}", fingerprint=fingerprint), **WHO)

    with pytest.raises(InputError, match="fits several tokenizers"):
        catalog.tokenizers.get("aaaaaa")


def test_a_trained_tokenizer_names_its_run(catalog):
    run = catalog.runs.open(make_run(operation="train-tokenizer"))
    catalog.tokenizers.add(make_tokenizer(), run=run.id, **WHO)
    with catalog._database.reading() as connection:
        kept = connection.exec_driver_sql(
            "SELECT public_id FROM tokenizer JOIN run ON run.id = tokenizer.run_id"
        ).scalar_one()

    assert run.id == kept


def test_a_tokenizer_of_an_unknown_run_is_refused(catalog):
    with pytest.raises(UnknownError, match="no run 'none'"):
        catalog.tokenizers.add(make_tokenizer(), run="none", **WHO)

    assert [] == catalog.tokenizers.list()


@pytest.mark.parametrize("text", ["%", "sha256:%", digest("none")])
def test_no_text_is_taken_for_a_pattern(catalog, text):
    catalog.tokenizers.add(make_tokenizer(), **WHO)

    with pytest.raises(UnknownError):
        catalog.tokenizers.get(text)
