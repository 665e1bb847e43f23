"""Is the data enough? From a question to a report that is kept."""

from collections.abc import Sequence

from registry.domain.model_target import Target
from registry.domain.names import Reference
from registry.domain.report import Question, Report, ReportRequest
from registry.errors import InputError
from registry.operations.assessing.make_report import make_report
from registry.operations.assessing.targets import find_target
from registry.operations.context import Context
from registry.operations.governing.licences import find_policy


def report(context: Context, question: Question) -> Report:
    """Say for each target whether the versions hold enough tokens, by every law.

    A report is kept in one transaction. A target that is asked about twice is answered once.

    Raises:
        InputError: Nothing was counted, a size is out of bounds, or targets name different
            tokenizers.
        UnknownError: There is no such version, tokenizer, law, policy or target.
    """
    targets = tuple(dict.fromkeys(find_target(context, item) for item in question.targets))
    if not targets:
        raise InputError("no model size was given", hint="--params 1.3B")
    request = ReportRequest(
        references=tuple(_pin(context, reference) for reference in question.references),
        evaluation=tuple(_pin(context, reference) for reference in question.evaluation),
        without=tuple(name for item in question.without for name in _pin_all(context, item)),
        candidates=tuple(
            wish.model_copy(update={"reference": _pin(context, Reference.parse(wish.reference))})
            for wish in question.candidates
        ),
        targets=targets,
        tokenizer=_choose_tokenizer(targets, question.tokenizer),
        law=question.law,
        licence_policy=find_policy(question.policy),
    )
    made = make_report(context, request)
    if question.keep:
        made = context.catalog.reports.keep(made, actor=context.actor, at=context.clock())
    return made.model_copy(update={"created_at": None}) if question.reproducible else made


def _pin(context: Context, reference: Reference) -> str:
    """Return a reference by number, so that it means the same for ever."""
    if reference.number is not None:
        return str(reference)
    return context.catalog.versions.get(reference).reference


def _pin_all(context: Context, reference: Reference) -> list[str]:
    """Return the version that is meant; of a dataset without a number, all its versions."""
    if reference.number is None and reference.tag is None and reference.digest is None:
        versions = context.catalog.versions.list_for(reference.dataset)
        return [version.reference for version in versions]
    return [context.catalog.versions.get(reference).reference]


def _choose_tokenizer(targets: Sequence[Target], tokenizer: str | None) -> str | None:
    named = dict.fromkeys(target.tokenizer for target in targets if target.tokenizer is not None)
    if tokenizer is not None:
        named = dict.fromkeys([*named, tokenizer])
    if len(named) > 1:
        raise InputError(
            f"tokens of {' and '.join(named)} are never added or compared",
            hint="make a report for each tokenizer",
        )
    return next(iter(named), None)
