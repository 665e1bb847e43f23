"""`muster verify`: is everything still what was sealed?"""

from typing import Annotated

import typer

from cli import output
from cli.errors import ExitCode
from cli.options import AsJson
from cli.session import Session
from registry.domain.answers import Verification
from registry.domain.keeping import AuditVerification, RegistryVerification
from registry.domain.quantities import format_bytes, format_number
from registry.errors import InputError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def verify(
    context: typer.Context,
    reference: Annotated[
        str | None, typer.Argument(metavar="[REF]", help="A version; none: all that was sealed.")
    ] = None,
    audit: Annotated[bool, typer.Option("--audit", help="Follow the audit log alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read every byte of a version again and compare it with its digest; exit 3 if one differs.

    Without a reference: every file and object once, manifests, derivations, books, token counts,
    whatever in the catalog would contradict itself, and the audit log.
    """
    session: Session = context.obj
    if audit and reference is not None:
        raise InputError("the audit log is of the whole registry", hint="muster verify --audit")
    answer: Verification | RegistryVerification | AuditVerification
    with session.registry() as registry:
        if audit:
            answer = registry.verify_audit()
        else:
            answer = registry.verify(reference) if reference else registry.verify_all()
    if as_json:
        output.print_json(answer)
    else:
        for line in _say(answer):
            output.write(line)
    if not answer.is_intact:
        raise typer.Exit(ExitCode.NO)


def _say(answer: Verification | RegistryVerification | AuditVerification) -> list[str]:
    verdict = "intact" if answer.is_intact else "NOT INTACT"
    match answer:
        case Verification():
            size = f"{format_number(answer.num_shards, 'shard')}, {format_bytes(answer.num_bytes)}"
            size += _erased(answer.num_erased)
            problems = [f"  {one.path}: {one.problem}" for one in answer.problems]
            return [
                f"{answer.reference}: {verdict} ({size})",
                *problems,
            ]
        case AuditVerification():
            entries = format_number(answer.num_entries, "entry", "entries")
            at = "" if answer.broken is None else f" at entry {answer.broken}"
            return [f"audit log: {verdict}{at} ({entries})", f"  ends with {answer.last_hash}"]
        case RegistryVerification():
            sizes = (
                format_number(answer.num_versions, "version"),
                f"{format_number(answer.num_files, 'file')} of {format_bytes(answer.num_bytes)}"
                f"{_erased(answer.num_erased)}",
                format_number(answer.num_derivations, "derivation"),
                format_number(answer.num_entries, "audit entry", "audit entries"),
            )
            findings = [f"  {one.subject}: {one.problem}" for one in answer.findings]
            return [f"registry: {verdict}", f"  {', '.join(sizes)}", *findings]


def _erased(number: int) -> str:
    return f", {number:,} erased for takedowns" if number else ""
