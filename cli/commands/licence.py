"""`muster licence`: what may be done with a version, and who says so."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.errors import ExitCode
from cli.options import AsJson, ListFormat, PolicyOption, ReferenceArgument
from cli.session import Session
from registry.domain.effective import EffectiveLicence, LicenceList, Ruling
from registry.domain.gate import GateStatus
from registry.domain.licence import Confidence
from registry.domain.quantities import format_number
from registry.errors import InputError

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def licence() -> None:
    """State licences, and show what applies after everything a version was made from."""


@app.command()
def add(
    context: typer.Context,
    reference: ReferenceArgument,
    expression: Annotated[
        str,
        typer.Argument(
            metavar="LICENCE", help="An SPDX expression, LicenseRef-..., an id of the Hub, unknown."
        ),
    ],
    by: Annotated[
        str | None, typer.Option(metavar="WHO", help="Who says so; else MUSTER_ACTOR.")
    ] = None,
    evidence: Annotated[
        str | None, typer.Option(metavar="URL", help="Where it can be read.")
    ] = None,
    evidence_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A copy of it, kept as an object.")
    ] = None,
    confidence: Annotated[
        Confidence,
        typer.Option(help="low: a guess; medium: publisher or hub; high: the text was read."),
    ] = Confidence.MEDIUM,
    as_json: AsJson = False,
) -> None:
    """State a version's licence. Nothing that was said before goes away.

    Of each speaker the newest statement counts; of several speakers the one with the highest
    confidence holds, then the newest. It reaches all that was made from the version.

    \b
    muster licence add web/cc CC-BY-4.0 --by publisher --evidence https://example.org/terms
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.licences.add(
            reference,
            expression,
            by=by,
            evidence=evidence,
            evidence_file=evidence_file,
            confidence=confidence,
        )
    if as_json:
        output.print_json(answer)
        return
    _print_assertions(answer)


@app.command("list")
def list_(context: typer.Context, reference: ReferenceArgument, as_json: AsJson = False) -> None:
    """List everything that was ever said of a version's licence, newest first."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.licences.list(reference)
    if as_json:
        output.print_json(answer)
        return
    _print_assertions(answer)


@app.command()
def show(
    expression: Annotated[str, typer.Argument(metavar="LICENCE", help="An SPDX expression.")],
    policy: PolicyOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what an expression permits and asks for, and where that was read."""
    from registry.operations.governing.licences import explain

    answer = explain(expression, policy=policy)
    if as_json:
        output.print_json(answer)
        return
    from registry.domain.terms import Term

    taken = None if answer.chosen == answer.expression else answer.chosen
    output.print_facts(
        [
            ("licence", answer.expression),
            ("taken as", taken),
            *((term.words, answer.terms[term].value) for term in Term),
            *((reading.licence, reading.source or "not read") for reading in answer.readings),
        ]
    )
    _print_ruling(answer.ruling)


@app.command()
def effective(
    context: typer.Context,
    reference: ReferenceArgument,
    policy: PolicyOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 3 when the policy refuses.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the licence that applies to a version after everything it was made from.

    Every restriction comes with the version whose licence gives it and a way to that version.

    \b
    muster licence effective web/mix --policy commercial --check
    """
    session: Session = context.obj
    if check and policy is None:
        raise InputError("--check needs a policy", hint="--policy commercial")
    with session.registry() as registry:
        answer = registry.licences.effective(reference, policy=policy)
    if as_json:
        output.print_json(answer)
    else:
        _print_effective(answer)
    if check and answer.ruling is not None and answer.ruling.status is GateStatus.BLOCK:
        raise typer.Exit(ExitCode.NO)


@app.command()
def notice(
    context: typer.Context,
    reference: ReferenceArgument,
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there; else to stdout."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the NOTICE that a version owes to what it was made from.

    The same registry gives the same bytes.
    """
    from registry.reporting.licences import render_notice

    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.licences.notice(reference)
    if target is not None:
        output.write_file(target, render_notice(answer))
    if as_json:
        output.print_json(answer)
    elif target is None:
        output.write(render_notice(answer))
    else:
        output.write(str(target))


@app.command()
def policies(as_json: AsJson = False) -> None:
    """List the built-in policies. Your own is a TOML file: --policy FILE.toml."""
    from registry.licensing.policies import list_policies
    from registry.operations.governing.licences import describe_policy

    found = list_policies()
    rows = [(item.name, describe_policy(item).partition(": ")[2]) for item in found]
    how = ListFormat.JSON if as_json else ListFormat.TABLE
    output.print_list(found, ("policy", "asks"), rows, how=how)


def _print_assertions(answer: LicenceList) -> None:
    from registry.reporting.tables import to_table
    from registry.reporting.text import plain

    rows = [
        (
            _state(item.holds, is_outdated=item.is_outdated),
            item.expression,
            item.by if item.basis == "stated" else f"nobody ({item.basis})",
            item.confidence.value if item.basis == "stated" else "",
            f"{item.at:%Y-%m-%d %H:%M}",
        )
        for item in answer.assertions
    ]
    output.print_text(to_table(("", "licence", "by", "confidence", "recorded (UTC)"), rows))
    evidence = [
        (item.expression, item.evidence or "", item.evidence_digest or "")
        for item in answer.assertions
        if item.basis == "stated" and (item.evidence or item.evidence_digest)
    ]
    if evidence:
        output.write("")
        output.print_text(to_table(("evidence of", "where", "copy"), evidence))
    if answer.disagreeing:
        others = ", ".join(f"{item.by} says {item.expression}" for item in answer.disagreeing)
        output.hint(plain(f"conflict: {answer.holding.expression} holds, but {others}"))


def _state(holds: bool, *, is_outdated: bool) -> str:
    if holds:
        return "holds"
    return "earlier" if is_outdated else "other"


def _print_effective(answer: EffectiveLicence) -> None:
    from registry.reporting.licences import (
        PART_COLUMNS,
        TERM_COLUMNS,
        list_paths,
        short_expression,
        term_rows,
    )
    from registry.reporting.tables import to_table

    output.print_facts(
        [
            ("version", answer.reference),
            ("licence", short_expression(answer)),
            ("made from", format_number(answer.num_ancestors, "version") + " upstream"),
        ]
    )
    output.write("")
    output.print_text(to_table(TERM_COLUMNS, term_rows(answer)))
    if len(answer.parts) > 1:
        output.write("")
        rows = [
            (part.licence, part.chosen, part.num_versions, part.nearest) for part in answer.parts
        ]
        output.print_text(to_table(PART_COLUMNS, rows))
    paths = list_paths(answer)
    if paths:
        output.write("")
        output.print_text(to_table(["by way of"], [(path,) for path in paths]))
    _print_conflicts(answer)
    _print_ruling(answer.ruling)


def _print_conflicts(answer: EffectiveLicence) -> None:
    if not answer.conflicts:
        return
    from registry.reporting.tables import to_table

    rows = [
        (
            item.reference,
            f"{item.holds.expression} ({item.holds.by}, {item.holds.confidence})",
            ", ".join(f"{one.expression} ({one.by}, {one.confidence})" for one in item.others),
        )
        for item in answer.conflicts
    ]
    output.write("")
    output.print_text(to_table(["conflict", "holds", "others say"], rows))


def _print_ruling(ruling: Ruling | None) -> None:
    if ruling is None:
        return
    words = {GateStatus.PASS: "accepts", GateStatus.WARN: "warns", GateStatus.BLOCK: "refuses"}
    output.write("")
    output.write(f"policy {ruling.policy} {words[ruling.status]} it")
    for finding in ruling.findings:
        output.write(
            f"- {finding.status}: {finding.term.words} is {finding.found}, wanted {finding.wanted}"
        )
