import pytest

from registry.domain.recipe import RecipeStep
from registry.errors import RecipeError, UnknownError
from registry.normalization.recipe_files import AS_IS, list_recipes, load_recipe, parse_recipe

# A changed fingerprint means other output for the same name: it needs a new version of the recipe
# and a line in the changelog.
FINGERPRINTS = {
    "as-is": "sha256:7282d0fb9c82a41ff47af75cba7843840ea386329df70f6de09c5a4507c1ea35",
    "code-default": "sha256:0cef7b9e3ff373b5e9da0c1ed7f0b613308c917900a6fda58059738437774764",
    "text-default": "sha256:0f9cc98c036b4021f01e81d578bdcfe3a92ec89c94683fac61dcc37a4c7d191e",
}

HEAD = 'name = "mine"\nversion = "1.0.0"\n'
DECODE = '[[step]]\nuse = "decode"\n'


def test_the_fingerprints_of_the_recipes_that_ship_are_known():
    recipes = [AS_IS, *list_recipes()]

    assert FINGERPRINTS == {recipe.name: recipe.fingerprint for recipe in recipes}


def test_built_in_recipes_are_listed_by_name():
    assert ["code-default", "text-default"] == [recipe.name for recipe in list_recipes()]


def test_a_built_in_recipe_is_loaded_by_name():
    assert list_recipes()[0] == load_recipe("code-default")


def test_a_recipe_is_loaded_from_a_path(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + DECODE)

    assert "mine" == load_recipe(str(file)).name


def test_every_default_is_written_out():
    recipe = parse_recipe(HEAD + DECODE + '[[step]]\nuse = "drop_empty"\n', origin="test")

    assert recipe.steps == (
        RecipeStep(
            step="decode", version=1, parameters={"fallback": (), "lone_surrogates": "remove"}
        ),
        RecipeStep(step="drop_empty", version=1, parameters={"min_characters": 1}),
    )


def test_a_default_written_out_gives_the_same_fingerprint():
    short = parse_recipe(HEAD + DECODE, origin="short")
    full = parse_recipe(HEAD + DECODE + 'fallback = []\nlone_surrogates = "remove"', origin="full")

    assert short.fingerprint == full.fingerprint


def test_a_recipe_survives_its_json_form():
    recipe = parse_recipe(HEAD + DECODE + 'fallback = ["cp1252"]', origin="test")

    assert recipe == type(recipe).model_validate_json(recipe.model_dump_json())


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (HEAD + "step = = 1\n", r"test is not TOML: .*line 3", None),
        (HEAD, "test has no step", "[[step]]"),
        (HEAD + "step = []", "test has no list of steps", "[[step]]"),
        (HEAD + 'step = "decode"', "test has no list of steps", "[[step]]"),
        (HEAD + "[[step]]\n", "step 1 names no step", "use"),
        (HEAD + "[[step]]\nuse = 3\n", "step 1 names no step", "use"),
        ('version = "1.0.0"\n' + DECODE, "test has no name", "lower-case"),
        ('name = "mine"\n' + DECODE, "test has no version", "1.0.0"),
        ('name = "My Text"\nversion = "1.0.0"\n' + DECODE, "name = 'My Text'", "lower-case"),
        ('name = "mine"\nversion = "1.0"\n' + DECODE, "version = '1.0'", "1.0.0"),
        ('name = "mine"\nversion = 1\n' + DECODE, "version = 1", "1.0.0"),
        ('name = "mine"\nversion = "01.0.0"\n' + DECODE, "version = '01.0.0'", "1.0.0"),
        (HEAD + "steps = []\n" + DECODE, "unknown key 'steps'", "name, version, description, step"),
        (HEAD + DECODE + '[[step]]\nuse = "unify_newline"\n', "step 2 .*no step", "unify_newlines"),
        (HEAD + DECODE + '[[step]]\nuse = "zzz"\n', "no step 'zzz'", "steps: decode"),
        (HEAD + DECODE + "fallbacks = []\n", "no parameter 'fallbacks'", "mean fallback"),
        (HEAD + DECODE + "zzz = 1\n", "no parameter 'zzz'", "fallback, lone_surrogates"),
        (
            HEAD + DECODE + '[[step]]\nuse = "remove_nulls"\nx = 1\n',
            "no parameter 'x'",
            "it takes no parameters",
        ),
        (
            HEAD + DECODE + 'fallback = "cp1252"\n',
            '"cp1252" is no list of strings',
            'fallback = ["cp1252"]',
        ),
        (HEAD + DECODE + "fallback = [1]\n", "fallback = 1", "list of strings"),
        (HEAD + DECODE + 'fallback = ["hex"]\n', "'hex' is not a text encoding", "list of"),
        (HEAD + DECODE + 'fallback = ["klingon"]\n', "'klingon' is not a text", "list of"),
        (
            HEAD + DECODE + 'lone_surrogates = "keep"\n',
            'lone_surrogates = "keep"',
            'remove | replace | reject, by default "remove"',
        ),
        (
            HEAD + DECODE + '[[step]]\nuse = "drop_empty"\nmin_characters = true\n',
            "min_characters = true",
            "integer",
        ),
        (
            HEAD + DECODE + '[[step]]\nuse = "drop_empty"\nmin_characters = 0\n',
            "min_characters = 0",
            "integer",
        ),
        (
            HEAD + DECODE + '[[step]]\nuse = "unify_newlines"\nunicode_separators = 1\n',
            "unicode_separators = 1",
            "true | false",
        ),
        (HEAD + '[[step]]\nuse = "drop_empty"\n', "begins with drop_empty", "decode"),
        (HEAD + DECODE + DECODE, "decodes twice", "the first step and no other"),
    ],
)
def test_a_faulty_recipe_is_refused_with_the_fault_and_a_way_out(text, message, hint):
    with pytest.raises(RecipeError, match=message) as caught:
        parse_recipe(text, origin="test")

    assert (hint is None) == (caught.value.hint is None)
    if hint is not None:
        assert hint in caught.value.hint


def test_a_missing_recipe_file_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"no recipe file .*none\.toml"):
        load_recipe(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"\xff")]
)
def test_an_unreadable_recipe_file_is_refused(tmp_path, make):
    path = tmp_path / "x.toml"
    make(path)

    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(str(path))


def test_an_unknown_name_offers_the_nearest_built_in_one():
    with pytest.raises(UnknownError) as caught:
        load_recipe("text-defualt")

    assert "text-default" in caught.value.nearest


def test_a_name_like_no_other_lists_the_built_in_ones():
    with pytest.raises(UnknownError) as caught:
        load_recipe("zzz")

    assert "built in are code-default, text-default" in (caught.value.hint or "")
