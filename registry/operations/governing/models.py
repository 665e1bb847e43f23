"""Models and what they wrote: stated, listed, and followed upstream."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from registry.domain.digest import Digest, digest_of_bytes
from registry.domain.exchange import GENERATED_BY, read_claims
from registry.domain.genealogy import Genealogy, ModelCheck, describe, find_model
from registry.domain.generation import GenerationDraft, GenerationList, PromptList, Role
from registry.domain.licence import UNKNOWN, Licence
from registry.domain.model import AddedModel, Model, ModelDescription, ModelDraft, ModelReference
from registry.domain.names import Reference
from registry.domain.terms import Answer, Term, Terms
from registry.domain.urls import read_location
from registry.domain.version import Content
from registry.errors import InputError, UnknownError
from registry.operations.collecting.prompts import read_prompt
from registry.operations.context import Context
from registry.operations.passes.inputs import warn_of_withdrawn


def add(
    context: Context,
    reference: ModelReference,
    *,
    weights_digest: Digest | None = None,
    output_licence: str | None = None,
    output_terms: Mapping[Term, Answer] | None = None,
    terms_url: str | None = None,
    trained_on: Sequence[Reference] = (),
) -> AddedModel:
    """State a model. The same statement again changes nothing; another state is another revision.

    Args:
        context: The open registry.
        reference: Its name and revision.
        weights_digest: The digest of its weights.
        output_licence: What may be done with its output, as an expression.
        output_terms: The same, term by term; what is left out is unknown.
        terms_url: Where that can be read; credentials are left out.
        trained_on: The versions that it was trained on.

    Raises:
        InputError: Both an expression and terms are given, or the expression does not parse.
        ConflictError: Something else is stated of this revision.
        UnknownError: There is no such version.
    """
    if output_licence is not None and output_terms:
        raise InputError(
            "--output-license and --output-term exclude each other",
            hint="give the terms, or the expression whose terms they are",
        )
    learned = [context.catalog.versions.get(one) for one in trained_on]
    warn_of_withdrawn(context, learned)
    draft = ModelDraft(
        reference=reference,
        weights_digest=weights_digest,
        output_licence=Licence.parse(output_licence or UNKNOWN).expression,
        output_terms=_terms(output_terms) if output_terms else None,
        terms_url=None if terms_url is None else read_location(terms_url),
        trained_on=tuple(dict.fromkeys(version.reference for version in learned)),
    )
    return context.catalog.models.add(draft, actor=context.actor, at=context.clock())


def show(context: Context, reference: ModelReference) -> ModelDescription:
    """Return a model with what it wrote and judged."""
    return context.catalog.models.get(reference)


def list_models(context: Context) -> list[Model]:
    """Return all models by name, of one name the newest first."""
    return context.catalog.models.list()


def state(
    context: Context,
    reference: Reference,
    *,
    role: Role,
    model: ModelReference | None = None,
    prompt_digest: Digest | None = None,
    prompt_file: Path | None = None,
    sampling: Mapping[str, JsonValue] | None = None,
    grounded_in: Sequence[Reference] = (),
) -> GenerationList:
    """State who wrote the documents of a version that is there; safe to repeat.

    A prompt is known by its digest; that in a file is kept as an object.

    Raises:
        InputError: A model is missing or too many, a prompt is stated twice, or the version is
            older than what it is said to be made by or from.
        UnreadableError: The prompt's file cannot be read.
        UnknownError: There is no such version or model.
    """
    if prompt_file is not None:
        if prompt_digest is not None:
            raise InputError("--prompt-file has its own digest: leave out --prompt-digest")
        prompt = read_prompt(prompt_file)
        prompt_digest = digest_of_bytes(prompt)
    if (role is Role.PEOPLE) != (model is None):
        wrong = "people wrote it, and so no model" if model else f"a {role} is a model"
        raise InputError(wrong, hint="--model NAME@REVISION --role ROLE, or --role people alone")
    if role is Role.PEOPLE and (prompt_digest or sampling or grounded_in):
        raise InputError("people have no prompt, no sampling and no grounding")
    if prompt_file is not None:
        context.store.put_bytes(prompt)
    warn_of_withdrawn(context, [context.catalog.versions.get(one) for one in grounded_in])
    draft = GenerationDraft(
        role=role,
        model=model,
        prompt_digest=prompt_digest,
        sampling=dict(sampling or {}),
        grounded_in=tuple(map(str, grounded_in)),
    )
    return context.catalog.generations.add(
        reference, draft, actor=context.actor, at=context.clock()
    )


def retract(
    context: Context,
    reference: Reference,
    *,
    reason: str,
    role: Role | None = None,
    model: ModelReference | None = None,
) -> GenerationList:
    """Take back what was stated of a version by mistake; the audit log keeps it, with the reason.

    Args:
        context: The open registry.
        reference: The version.
        reason: Why it was a mistake.
        role: The role in the statement; None: any.
        model: The model in it; None: any, or people.

    Raises:
        InputError: No reason is given, or it is not said what is taken back.
        UnknownError: There is no such version, or no such statement of it stands.
    """
    if role is None and model is None:
        raise InputError(
            "which statement is taken back is not said",
            hint=f"--model NAME@REVISION or --role ROLE; muster generation show {reference}",
        )
    return context.catalog.generations.retract(
        reference,
        role=role,
        model=model,
        reason=reason,
        actor=context.actor,
        at=context.clock(),
    )


def read_prompts(context: Context, reference: Reference) -> PromptList:
    """Return the kept prompts by which a version was generated, in the order they were stated.

    Raises:
        UnknownError: There is no such version, or no prompt of it is kept here.
    """
    found = trace(context, reference)
    digests = dict.fromkeys(one.prompt_digest for one in found.generations if one.prompt_digest)
    kept = [digest for digest in digests if context.store.exists(digest)]
    if not kept:
        raise UnknownError(
            what="kept prompt of",
            value=str(reference),
            hint=f"muster generation add {reference} --model NAME@REVISION --prompt-file FILE",
        )
    contents = tuple(context.store.read(digest) for digest in kept)
    return PromptList(
        reference=found.reference,
        prompts=tuple(one.decode("utf-8", "replace") for one in contents),
        contents=contents,
    )


def trace(context: Context, reference: Reference, *, tokenizer: str | None = None) -> Genealogy:
    """Return depth and synthetic share of a version, with the models upstream.

    Args:
        context: The open registry.
        reference: The version.
        tokenizer: Whose counts; None: the one that counted the version, or a mixture's parts, last.

    Raises:
        UnknownError: There is no such version or tokenizer.
    """
    fingerprint, name = _choose_tokenizer(context, reference, tokenizer)
    graph = context.catalog.generations.upstream([reference], tokenizer_fingerprint=fingerprint)
    (start,) = graph.starts
    retracted = context.catalog.generations.list_retracted(start)
    found = describe(graph, start, tokenizer=name, retracted=retracted)
    return found.model_copy(update={"claimed": _list_claimed(context, Reference.parse(start))})


def check_model(context: Context, reference: Reference, model: str) -> ModelCheck:
    """Return whether anything upstream of a version was written by a model, with the way to it.

    Args:
        context: The open registry.
        reference: The version.
        model: A name, which means all revisions, or `name@revision`.

    Raises:
        UnknownError: There is no such version or model: of a misspelt name nobody would hear.
    """
    context.catalog.models.check_name(model)
    graph = context.catalog.generations.upstream([reference])
    (start,) = graph.starts
    return find_model(graph, start, model)


def parse_terms(texts: Sequence[str]) -> dict[Term, Answer]:
    """Read `term=answer`, such as `train=no`.

    Raises:
        InputError: One of them is not that.
    """
    terms: dict[Term, Answer] = {}
    for text in texts:
        name, _, answer = text.partition("=")
        try:
            terms[Term(name.strip().replace(" ", "_").replace("-", "_"))] = Answer(answer.strip())
        except ValueError as error:
            raise InputError(
                f"{text!r} is not TERM=ANSWER",
                hint=f"terms are {', '.join(Term)}; answers are {', '.join(Answer)}",
            ) from error
    return terms


def _terms(stated: Mapping[Term, Answer]) -> Terms:
    return Terms.model_validate({term.value: answer for term, answer in stated.items()})


def _list_claimed(context: Context, reference: Reference) -> tuple[str, ...]:
    """Return who wrote a version as imported documents have it, oldest import first."""
    claims = [
        claim
        for run in context.catalog.imports.claims(reference)
        for claim in read_claims(run.parameters)
        if claim.name == GENERATED_BY
    ]
    named = [one.value if isinstance(one.value, list) else [one.value] for one in claims]
    return tuple(dict.fromkeys(str(name) for names in named for name in names))


def _choose_tokenizer(
    context: Context, reference: Reference, tokenizer: str | None
) -> tuple[Digest | None, str | None]:
    if tokenizer is not None:
        found = context.catalog.tokenizers.get(tokenizer)
        return found.fingerprint, found.name
    counts = context.catalog.counts.list_for(reference)
    if context.catalog.versions.get(reference).content is Content.MIXTURE:
        parts = context.catalog.lineage.parents(reference)
        listed = context.catalog.counts.list_many([Reference.parse(one) for one in parts])
        counts = [count for found in listed.values() for count in found]
    newest = max(counts, key=lambda count: count.counted_at, default=None)
    return (None, None) if newest is None else (newest.tokenizer_fingerprint, newest.tokenizer_name)
