"""The declared state of a registry: what people state, as one file holds it.

Facts stand in no declaration: versions, shards, counts, runs, recipes, tokenizers. What is stated
of a version names it by its number, since a tag or the newest one can come to mean another.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

from registry.domain.base import Value
from registry.domain.card import Moment, parse_language
from registry.domain.cost import CostDraft, CostKind, CostSubject, SubjectKind
from registry.domain.digest import Digest, parse_digest
from registry.domain.generation import GenerationDraft, Role
from registry.domain.licence import UNKNOWN, Confidence, Licence, LicenceStatement
from registry.domain.model import ModelDraft, ModelReference
from registry.domain.model_target import Target
from registry.domain.money import Money
from registry.domain.names import DatasetName, Reference, parse_tag
from registry.domain.terms import Answer, Term, Terms
from registry.domain.urls import read_location
from registry.domain.version import DatasetKind, Lifecycle
from registry.errors import InputError, MusterError

FORMAT = 1
"""The number of the file's format, which stands in it as `muster: 1`."""


def _say(error: MusterError) -> PydanticCustomError:
    """Return an error of ours as one of pydantic's, which knows where in the file it happened."""
    said = error.message if error.hint is None else f"{error.message} ({error.hint})"
    return PydanticCustomError("value", "{said}", {"said": said})


def _text(parse: Callable[[str], object]) -> BeforeValidator:
    """Return a validator of a text; anything else is left to pydantic to refuse."""

    def validate(value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        try:
            return parse(value) if isinstance(value, str) else value
        except MusterError as error:
            raise _say(error) from error

    return BeforeValidator(validate)


def _parse_exact(text: str) -> str:
    reference = Reference.parse(text)
    if reference.number is None:
        raise InputError(f"{text!r} names no version by its number", hint=f"{reference.dataset}@1")
    return str(reference)


def _parse_amount(value: object) -> object:
    """Return a decimal as it is written; YAML reads one without quotes as a number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return format(value, "") if is_number else value


def _parse_answer(value: object) -> object:
    """Return an answer; YAML reads yes and no without quotes as true and false."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


Name = Annotated[str, _text(lambda text: str(DatasetName.parse(text)))]
Tag = Annotated[str, _text(parse_tag)]
Exact = Annotated[str, _text(_parse_exact)]
ModelName = Annotated[str, _text(lambda text: str(ModelReference.parse(text)))]
Language = Annotated[str, _text(parse_language)]
Expression = Annotated[str, _text(lambda text: Licence.parse(text).expression)]
Url = Annotated[str, _text(read_location)]
Bytes = Annotated[Digest, _text(parse_digest)]
Number = Annotated[int, Field(gt=0, lt=10**18)]


class SourceStatement(Value):
    """Where data came from, as somebody states it."""

    url: Url | None = None
    publisher: str | None = None
    retrieved_at: Moment | None = None


class DeclaredLicence(Value):
    """What somebody says of a version's licence."""

    license: Expression
    by: str | None = None
    """Who says so; None: whoever applies the file."""

    evidence: Url | None = None
    evidence_digest: Bytes | None = None
    confidence: Confidence = Confidence.MEDIUM

    def statement(self, *, by: str) -> LicenceStatement:
        """Return the statement, of `by` where the file names nobody."""
        return LicenceStatement(
            expression=self.license,
            by=self.by or by,
            evidence=self.evidence,
            evidence_digest=self.evidence_digest,
            confidence=self.confidence,
        )


class DeclaredGeneration(Value):
    """Who wrote the documents of a version."""

    role: Role
    model: ModelName | None = None
    prompt_digest: Bytes | None = None
    sampling: dict[str, JsonValue] = {}
    grounded_in: tuple[Exact, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.draft()
        return self

    def draft(self) -> GenerationDraft:
        """Return the statement."""
        return GenerationDraft(
            role=self.role,
            model=None if self.model is None else ModelReference.parse(self.model),
            prompt_digest=self.prompt_digest,
            sampling=self.sampling,
            grounded_in=self.grounded_in,
        )


class DeclaredVersion(Value):
    """What is stated of a version that is there."""

    languages: tuple[Language, ...] = ()
    sources: tuple[SourceStatement, ...] = ()
    licenses: tuple[DeclaredLicence, ...] = ()
    generations: tuple[DeclaredGeneration, ...] = ()


class DeclaredDataset(Value):
    """A dataset. What is left out stays as it is."""

    kind: DatasetKind | None = None
    """None: as it is; of a new dataset, text."""

    description: str | None = None
    owner: str | None = None
    lifecycle: Lifecycle | None = None
    tags: dict[Tag, Number] = {}
    """The number of the version that each tag points to."""

    versions: dict[Number, DeclaredVersion] = {}


class DeclaredModel(Value):
    """A model at one revision."""

    weights_digest: Bytes | None = None
    output_license: Expression = UNKNOWN
    output_terms: dict[Term, Annotated[Answer, BeforeValidator(_parse_answer)]] | None = None
    terms_url: Url | None = None
    trained_on: tuple[Exact, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.output_terms is not None and self.output_license != UNKNOWN:
            raise ValueError("output_license and output_terms exclude each other")
        return self

    def draft(self, name: str) -> ModelDraft:
        """Return what is stated of the model of a name, `name@revision`."""
        return ModelDraft(
            reference=ModelReference.parse(name),
            weights_digest=self.weights_digest,
            output_licence=self.output_license,
            output_terms=self.terms,
            terms_url=self.terms_url,
            trained_on=tuple(dict.fromkeys(self.trained_on)),
        )

    @property
    def terms(self) -> Terms | None:
        """All terms, the ones that are not stated as unknown."""
        stated = self.output_terms
        return (
            None if stated is None else Terms.model_validate({k.value: stated[k] for k in stated})
        )


class DeclaredCost(Value):
    """An entry of the ledger, of one version, run or source."""

    version: Exact | None = None
    run: str | None = None
    source: Url | None = None
    kind: CostKind
    amount: Annotated[str, BeforeValidator(_parse_amount)]
    """A decimal, such as `12.50`."""

    currency: str
    quantity: int | None = None
    unit: str | None = None
    incurred_on: Annotated[str, BeforeValidator(str)] | None = None
    evidence: Url | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        try:
            if self.subject and self.draft().amount.micros < 0:
                raise InputError(f"{self.amount} is negative", hint="muster cost reverse")
        except MusterError as error:
            raise _say(error) from error
        return self

    @property
    def subject(self) -> CostSubject:
        """What the cost is attached to."""
        given = {
            SubjectKind.VERSION: self.version,
            SubjectKind.RUN: self.run,
            SubjectKind.SOURCE: self.source,
        }
        named = [CostSubject(kind=kind, name=name) for kind, name in given.items() if name]
        if len(named) != 1:
            raise InputError(f"a cost is of one version, run or source, not of {len(named)}")
        return named[0]

    def draft(self) -> CostDraft:
        """Return the entry."""
        return CostDraft(
            kind=self.kind,
            amount=Money.parse(self.amount, self.currency),
            quantity=self.quantity,
            unit=self.unit,
            incurred_on=self.incurred_on,
            evidence=self.evidence,
            note=self.note,
        )


class Declaration(Value):
    """All that a file declares. What it does not name stays as it is, and nothing is deleted."""

    muster: Literal[1]
    """The format of the file."""

    datasets: dict[Name, DeclaredDataset] = {}
    models: dict[ModelName, DeclaredModel] = {}
    targets: dict[str, Target] = {}
    costs: tuple[DeclaredCost, ...] = ()

    @field_validator("targets", mode="before")
    @classmethod
    def _name_targets(cls, value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        """Let each target have the name under which it stands."""
        if not isinstance(value, dict):
            return value
        return {
            name: {"name": name} | fields if isinstance(fields, dict) else fields
            for name, fields in value.items()
        }


class DeclarationExport(Value):
    """The answer of `export --all`."""

    file: str | None
    """None: it was not written, only returned."""

    num_datasets: int
    num_models: int
    num_targets: int
    num_costs: int
    text: str
    """The file as YAML."""
