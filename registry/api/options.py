"""Options that several verbs share, and what they are read into."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, TypeVar

from pydantic import ValidationError

from registry import operations
from registry.domain.acquisition import Wish
from registry.domain.base import Value
from registry.domain.effective import LicencePolicy
from registry.domain.embedding import StaticParameters
from registry.domain.model_target import Target
from registry.domain.names import Reference
from registry.domain.recipe import Recipe
from registry.domain.report import Question
from registry.domain.tokens import Packing
from registry.errors import InputError
from registry.operations.context import Context

if TYPE_CHECKING:
    from registry.operations.tokenizing.counting import Counting


Options = TypeVar("Options", bound=Value)

_STATIC = "static"


class CountingOptions(TypedDict, total=False):
    """What a count depends on, beside the tokenizer."""

    recipe: str | Recipe | None
    """Applied on the fly; None: documents as they stand."""

    eos: bool | None
    """Whether each document ends with EOS; None: if the tokenizer has one."""

    bos: bool | None
    """Whether each document begins with BOS; None: if the tokenizer has one."""

    eos_token: str | None
    """The entry of the vocabulary that is taken as EOS."""

    bos_token: str | None
    """The entry of the vocabulary that is taken as BOS."""

    parse_special: bool
    """Whether the text of a control token inside a document becomes that token."""


class ExportOptions(TypedDict, total=False):
    """What exported tokens depend on, beside version and format."""

    sequence_length: int | None
    """Tokens of a sequence that documents are packed into; None: a row is a document."""

    packing: Packing | str
    """How they are packed; concatenated unless said otherwise."""

    shuffle_seed: int | None
    """Which order of the documents; None: as they stand."""

    val_fraction: float | None
    """The share of documents that goes to the split `val`."""

    max_shard_tokens: int | None
    """Tokens of a file at most; None: as the format does."""


class SigningOptions(TypedDict, total=False):
    """How documents are signed to find near duplicates; what is left out has its default."""

    words: int
    """Words in a shingle; 5."""

    bands: int
    """Near duplicates agree in one band at least; 14."""

    rows: int
    """Hashes in a band; 8."""


class TrainingOptions(TypedDict, total=False):
    """How a static model is trained; what is left out has its default."""

    dimensions: int | None
    """Entries of a vector."""

    window: int | None
    """Two terms at most so many words apart occur together."""

    min_count: int | None
    """A word that occurs less often is no term."""

    max_terms: int | None
    """How many words are terms, the most frequent ones."""

    max_training_bytes: int | None
    """Bytes of text, about, that are trained on."""


class ReportOptions(TypedDict, total=False):
    """What is asked of a report, beside its versions; see `registry.domain.report.Question`."""

    num_parameters: Sequence[int]
    """Sizes of target models, total parameters."""

    targets: Sequence[Target | str]
    """Targets as values, as names in the catalog, or as paths of TOML files."""

    tokenizer: str | None
    law: str | None
    policy: str | LicencePolicy | None
    without: Sequence[str]
    """Versions to leave out with all that was made from them."""

    evaluation: Sequence[str]
    """Evaluation data whose documents are no supply; none named: all that is registered."""

    candidates: Sequence[str]
    """Versions that could be got, ranked by what they bring each target for their price; as
    `books/a=120B` with the tokens that somebody declares."""

    keep: bool
    reproducible: bool


def read_question(references: Sequence[str], options: ReportOptions) -> Question:
    """Read what is asked of a report.

    Raises:
        InputError: A size is out of bounds, or a reference is none.
    """
    unknown = options.keys() - ReportOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"unexpected {', '.join(sorted(unknown))}")
    sizes = [
        operations.targets.make_target({"parameters": size}, origin="")
        for size in options.get("num_parameters", ())
    ]
    return Question(
        references=tuple(map(Reference.parse, references)),
        targets=(*options.get("targets", ()), *sizes),
        tokenizer=options.get("tokenizer"),
        law=options.get("law"),
        policy=options.get("policy"),
        without=tuple(map(Reference.parse, options.get("without", ()))),
        evaluation=tuple(map(Reference.parse, options.get("evaluation", ()))),
        candidates=tuple(map(Wish.parse, options.get("candidates", ()))),
        keep=options.get("keep", True),
        reproducible=options.get("reproducible", False),
    )


def read_training(model: str, options: TrainingOptions) -> StaticParameters | None:
    """Read how a static model is trained; None for another model.

    Raises:
        InputError: A number is out of bounds, or another model is to be trained.
    """
    stated = {name: value for name, value in options.items() if value is not None}
    if model != _STATIC:
        if stated:
            raise InputError(
                f"{', '.join(sorted(stated))} says how a static model is trained, "
                f"and {model} is trained already"
            )
        return None
    return read_value(StaticParameters, stated)


def read_value(kind: type[Options], stated: Mapping[str, object]) -> Options:
    """Read options as a value; what is not stated has its default.

    Raises:
        InputError: A number is out of bounds.
    """
    try:
        return kind.model_validate(stated)
    except ValidationError as error:
        (first, *_) = error.errors()
        field = ".".join(map(str, first["loc"]))
        raise InputError(f"{field}={first.get('input')}: {first['msg']}") from error


def make_counting(
    context: Context, tokenizer: str, options: CountingOptions, *, count_only: bool
) -> "Counting":
    """Read what a count depends on."""
    unknown = options.keys() - CountingOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"unexpected {', '.join(sorted(unknown))}")
    found = operations.tokenizers.find_tokenizer(context, tokenizer)
    recipe = options.get("recipe")
    return operations.counting.Counting(
        tokenizer=found,
        policy=operations.policy.make_policy(
            context,
            found,
            eos=options.get("eos"),
            bos=options.get("bos"),
            eos_token=options.get("eos_token"),
            bos_token=options.get("bos_token"),
            parse_special=options.get("parse_special", False),
        ),
        recipe=None if recipe is None else operations.normalize.find_recipe(recipe),
        count_only=count_only,
    )
