"""`Registry.models` and `Registry.generations`: what models wrote, and what follows from it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from registry import operations
from registry.domain.digest import parse_digest
from registry.domain.genealogy import Genealogy, ModelCheck
from registry.domain.generation import GenerationList, PromptList, Role
from registry.domain.model import AddedModel, Model, ModelDescription, ModelReference
from registry.domain.names import Reference
from registry.domain.terms import Answer, Term
from registry.operations.context import Context


class Models:
    """Models: what they were trained on, and what their output may be used for."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(
        self,
        reference: str,
        *,
        weights_digest: str | None = None,
        output_licence: str | None = None,
        output_terms: Mapping[Term, Answer] | None = None,
        terms_url: str | None = None,
        trained_on: Sequence[str] = (),
    ) -> AddedModel:
        """State a model, `name@revision`; see `operations.models.add`."""
        return operations.models.add(
            self._context,
            ModelReference.parse(reference),
            weights_digest=None if weights_digest is None else parse_digest(weights_digest),
            output_licence=output_licence,
            output_terms=output_terms,
            terms_url=terms_url,
            trained_on=[Reference.parse(text) for text in trained_on],
        )

    def show(self, reference: str) -> ModelDescription:
        """Return a model with what it wrote and judged."""
        return operations.models.show(self._context, ModelReference.parse(reference))

    def list(self) -> list[Model]:
        """Return all models by name, of one name the newest first."""
        return operations.models.list_models(self._context)


class Generations:
    """Who wrote versions: models or people."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(
        self,
        reference: str,
        *,
        role: Role | str,
        model: str | None = None,
        prompt_digest: str | None = None,
        prompt_file: str | Path | None = None,
        sampling: Mapping[str, JsonValue] | None = None,
        grounded_in: Sequence[str] = (),
    ) -> GenerationList:
        """State who wrote the documents of a version; see `operations.models.state`."""
        return operations.models.state(
            self._context,
            Reference.parse(reference),
            role=Role(role),
            model=None if model is None else ModelReference.parse(model),
            prompt_digest=None if prompt_digest is None else parse_digest(prompt_digest),
            prompt_file=None if prompt_file is None else Path(prompt_file),
            sampling=sampling,
            grounded_in=[Reference.parse(text) for text in grounded_in],
        )

    def retract(
        self,
        reference: str,
        *,
        reason: str,
        role: Role | str | None = None,
        model: str | None = None,
    ) -> GenerationList:
        """Take back what was stated by mistake; see `operations.models.retract`."""
        return operations.models.retract(
            self._context,
            Reference.parse(reference),
            reason=reason,
            role=None if role is None else Role(role),
            model=None if model is None else ModelReference.parse(model),
        )

    def show(self, reference: str, *, tokenizer: str | None = None) -> Genealogy:
        """Return generation depth and synthetic share of a version, with all models upstream."""
        return operations.models.trace(
            self._context, Reference.parse(reference), tokenizer=tokenizer
        )

    def prompts(self, reference: str) -> PromptList:
        """Return the prompts of a version that are kept; see `operations.models.read_prompts`."""
        return operations.models.read_prompts(self._context, Reference.parse(reference))

    def check(self, reference: str, *, model: str) -> ModelCheck:
        """Return whether anything upstream was written by a model, with the way to it."""
        return operations.models.check_model(self._context, Reference.parse(reference), model)
