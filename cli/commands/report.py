"""`muster report`: is the data enough?"""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.errors import ExitCode
from cli.groups import DefaultGroup
from cli.options import AsJson, FormatOption, ListFormat, PolicyOption, Quiet
from cli.reports import (
    ReportFormat,
    ReportFormatOption,
    ReportId,
    print_diff,
    print_figures,
    print_report,
    report_row,
)
from cli.session import Session
from registry.domain.quantities import parse_count

app = typer.Typer(cls=DefaultGroup, rich_markup_mode=None, add_completion=False)

ParamsOption = Annotated[
    str | None,
    typer.Option(
        "--params", metavar="SIZE[,SIZE]", help="Model sizes, such as 1.3B or 400M,7B,70B."
    ),
]
TargetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--target", metavar="FILE|NAME", help="A target: a .toml file, or one of muster target."
    ),
]
TokenizerOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Whose counts; else the one of the most versions, then of the last count.",
    ),
]
LawOption = Annotated[
    str | None, typer.Option(metavar="LAW", help="The law that the verdict goes by.")
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Also write it as one HTML file.")
]
MarkdownOption = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Also write it as Markdown.")
]


@app.command()
def report(
    context: typer.Context,
    references: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REF...]", help="Versions; else the newest counted one of each dataset."
        ),
    ] = None,
    params: ParamsOption = None,
    targets: TargetOption = None,
    tokenizer: TokenizerOption = None,
    law: LawOption = None,
    policy: PolicyOption = None,
    overtraining: Annotated[
        float | None,
        typer.Option(
            "--overtraining", metavar="RATIO", help="So many times the compute-optimal tokens."
        ),
    ] = None,
    served: Annotated[
        str | None,
        typer.Option("--served-tokens", metavar="COUNT", help="Tokens served over its life."),
    ] = None,
    sequence_length: Annotated[
        int | None, typer.Option("--sequence-length", min=1, help="Tokens a training sequence.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Epochs wanted at most; else 4.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="REF", help="As if it and all made from it could not be used."
        ),
    ] = None,
    evaluation: Annotated[
        list[str] | None,
        typer.Option(
            "--evaluation",
            metavar="REF",
            help="Evaluation data whose documents are no supply; else all that is registered.",
        ),
    ] = None,
    candidates: Annotated[
        list[str] | None,
        typer.Option(
            "--candidate",
            metavar="REF[=TOKENS]",
            help="Could be got: rank it by what it brings and costs.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 3 when the data is not enough.")
    ] = False,
    reproducible: Annotated[
        bool, typer.Option("--reproducible", help="Leave the moment out: same inputs, same bytes.")
    ] = False,
    no_keep: Annotated[
        bool, typer.Option("--no-keep", help="Do not keep the report in the catalog.")
    ] = False,
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    how: ReportFormatOption = ReportFormat.TEXT,
    as_json: AsJson = False,
) -> None:
    """Say whether the data is enough for models of given sizes, by every law, with reasons.

    A report is kept. Look at it again, make it anew or compare two: muster report list, show,
    rerun, diff; how a number came about: muster report explain (each with --help).

    \b
    muster report --params 1.3B
    muster report web/cc.text-default code/py.code-default --params 400M,7B,70B
    muster report --target flagship.toml --html report.html
    muster report --params 7B --without web/cc
    muster report web/cc --params 7B --candidate books/a --candidate books/b=90B
    muster report diff 3f9a 77c1
    """
    from cli.reports import make_targets

    session: Session = context.obj
    output.require_folder(html)
    asked = make_targets(
        params,
        overtraining=overtraining,
        served_tokens=None if served is None else parse_count(served, what="number of tokens"),
        sequence_length=sequence_length,
        epochs=epochs,
    )
    with session.registry() as registry:
        answer = registry.report(
            references or (),
            targets=[*(targets or ()), *asked],
            tokenizer=tokenizer,
            law=law,
            policy=policy,
            without=without or (),
            evaluation=evaluation or (),
            candidates=candidates or (),
            keep=not no_keep,
            reproducible=reproducible,
        )
        page = None if html is None else registry.reports.html(answer)
    print_report(answer, how=ReportFormat.JSON if as_json else how, markdown=markdown)
    if html is not None and page is not None:
        output.write_file(html, page)
    if check and not all(target.verdict.is_enough for target in answer.targets):
        raise typer.Exit(ExitCode.NO)


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many at most.")] = 20,
    how: FormatOption = ListFormat.TABLE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the reports that are kept, newest first."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.reports.list(limit=limit)
    if quiet:
        for item in found:
            output.write(item.id)
        return
    columns = ("report", "made", "unique", "tokenizer", "verdicts")
    rows = [report_row(item) for item in found]
    output.print_list(found, columns, rows, how=ListFormat.JSON if as_json else how)


@app.command()
def show(
    context: typer.Context,
    report_id: ReportId,
    reproducible: Annotated[
        bool, typer.Option("--reproducible", help="Leave the moment out.")
    ] = False,
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    how: ReportFormatOption = ReportFormat.TEXT,
    as_json: AsJson = False,
) -> None:
    """Show a report as it was made."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.reports.get(report_id)
        if reproducible:
            answer = answer.model_copy(update={"created_at": None})
        page = None if html is None else registry.reports.html(answer)
    print_report(answer, how=ReportFormat.JSON if as_json else how, markdown=markdown)
    if html is not None and page is not None:
        output.write_file(html, page)


@app.command()
def rerun(context: typer.Context, report_id: ReportId, as_json: AsJson = False) -> None:
    """Make a report anew on the versions it is pinned to, and say what changed.

    Exit 3: it is another report now.
    """
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.reports.rerun(report_id)
    print_diff(found, as_json=as_json)
    if not found.is_same:
        raise typer.Exit(ExitCode.NO)


@app.command()
def diff(
    context: typer.Context,
    first: ReportId,
    second: ReportId,
    as_json: AsJson = False,
) -> None:
    """Say what moved the verdict between two reports: tokens, law, target, policy, licences."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.reports.diff(first, second)
    print_diff(found, as_json=as_json)


@app.command()
def explain(
    context: typer.Context,
    references: Annotated[
        list[str], typer.Argument(metavar="ID|REF...", help="A report that is kept, or versions.")
    ],
    figure: Annotated[
        str,
        typer.Option(
            "--figure",
            metavar="NAME",
            help="unique, requirement, effective, epochs, largest-model, probability or flops.",
        ),
    ] = "epochs",
    params: ParamsOption = None,
    targets: TargetOption = None,
    tokenizer: TokenizerOption = None,
    law: LawOption = None,
    as_json: AsJson = False,
) -> None:
    """Show how a number came about: formula, inputs, steps and source.

    Of versions the newest report that is kept; with --params or --target one that is made for it.

    \b
    muster report explain 3f9a --figure epochs
    muster report explain web/cc.text-default --figure epochs
    muster report explain web/cc.text-default --params 7B --figure requirement
    """
    from cli.reports import make_targets

    session: Session = context.obj
    with session.registry() as registry:
        if params or targets:
            answer = registry.report(
                references,
                targets=[*(targets or ()), *make_targets(params)],
                tokenizer=tokenizer,
                law=law,
                keep=False,
            )
        elif len(references) == 1 and "/" not in references[0]:
            answer = registry.reports.get(references[0])
        else:
            answer = registry.reports.get_newest(*references)
        found = registry.reports.explain(answer, figure)
    print_figures(found, as_json=as_json)
