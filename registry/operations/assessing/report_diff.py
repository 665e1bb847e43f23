"""What moved between two reports, and which change alone moves the verdict."""

from collections.abc import Callable, Iterator, Sequence

from registry.domain.gate import GateStatus
from registry.domain.quantities import format_count
from registry.domain.report import Report
from registry.domain.report_answers import Cause, ReportChange, ReportDiff, VerdictMove
from registry.domain.target import TargetReport, Verdict
from registry.operations.assessing.judging import judge_again
from registry.operations.assessing.measure_diff import diff_measures


def diff_reports(first: Report, second: Report) -> ReportDiff:
    """Compare two reports: verdicts, and everything that they stand on."""
    return ReportDiff(
        first=first.id or "the first",
        second=second.id or "the second",
        is_same=first.digest == second.digest,
        moves=tuple(_moves(first, second)),
        changes=tuple(change for find in _FINDERS for change in find(first, second)),
    )


def _moves(first: Report, second: Report) -> Iterator[VerdictMove]:
    for before, after in _pair(first.targets, second.targets):
        known = before or after
        yield VerdictMove(
            target=known.label if known else "",
            before=before and before.verdict,
            confidence_before=before and before.confidence,
            after=after and after.verdict,
            confidence_after=after and after.confidence,
            alone=_alone(before, after) if before and after else {},
        )


def _pair(
    first: Sequence[TargetReport], second: Sequence[TargetReport]
) -> Iterator[tuple[TargetReport | None, TargetReport | None]]:
    """Pair targets of one label; where both reports have one target, these."""
    if len(first) == len(second) == 1:
        yield first[0], second[0]
        return
    others = {target.label: target for target in second}
    for target in first:
        yield target, others.pop(target.label, None)
    for target in others.values():
        yield None, target


def _alone(before: TargetReport, after: TargetReport) -> dict[Cause, Verdict]:
    """Return the verdicts that one change alone would have made, where it makes another one."""
    blocked = any(gate.status is GateStatus.BLOCK for gate in before.gates)
    need = before.required_tokens[before.law]
    found: dict[Cause, Verdict] = {}
    if blocked:
        if not any(gate.status is GateStatus.BLOCK for gate in after.gates):
            found[Cause.GATE] = judge_again(before, need=need)
    else:
        if any(gate.status is GateStatus.BLOCK for gate in after.gates):
            found[Cause.GATE] = Verdict.BLOCKED
        found[Cause.TOKENS] = judge_again(before, need=need, held=after)
        other = before.required_tokens.get(after.law)
        if other is not None:
            found[Cause.LAW] = judge_again(before, need=other)
        asked = after.required_tokens.get(before.law)
        if asked is not None:
            found[Cause.TARGET] = judge_again(after, need=asked, held=before)
    return {cause: verdict for cause, verdict in found.items() if verdict is not before.verdict}


def _diff_data(first: Report, second: Report) -> Iterator[ReportChange]:
    old = {item.reference: item for item in first.used}
    new = {item.reference: item for item in second.used}
    tokens = {line.reference: line.num_tokens for line in (*first.supply, *second.supply)}
    for reference in sorted(old.keys() - new.keys()):
        yield _change(Cause.DATA, f"without {reference}{_worth(tokens.get(reference))}")
    for reference in sorted(new.keys() - old.keys()):
        yield _change(Cause.DATA, f"with {reference}{_worth(tokens.get(reference))}")
    for reference in sorted(old.keys() & new.keys()):
        before, after = old[reference], new[reference]
        if before.digest != after.digest:
            yield _change(Cause.DATA, f"{reference} holds other bytes")
        if before.count != after.count and first.tokenizer == second.tokenizer:
            counts = [
                next((line.num_tokens for line in report.supply if line.reference == reference), 0)
                for report in (first, second)
            ]
            yield _change(
                Cause.TOKENS,
                f"{reference} was counted anew: {counts[0]:,} tokens, now {counts[1]:,}",
            )
    if list(old) != list(new) and old.keys() == new.keys():
        yield _change(Cause.DATA, "the versions stand in another order, so others hold the shared")


def _diff_evaluation(first: Report, second: Report) -> Iterator[ReportChange]:
    old, new = (
        {one.reference for one in (report.contamination.evaluation if report.contamination else ())}
        for report in (first, second)
    )
    for reference in sorted(old - new):
        yield _change(Cause.DATA, f"no longer compared with the evaluation data {reference}")
    for reference in sorted(new - old):
        yield _change(Cause.DATA, f"compared with the evaluation data {reference} as well")


def _diff_tokens(first: Report, second: Report) -> Iterator[ReportChange]:
    if first.tokenizer.fingerprint != second.tokenizer.fingerprint:
        yield _change(
            Cause.TOKENIZER,
            f"tokens of {second.tokenizer.name} in place of {first.tokenizer.name}: "
            "the two are never compared",
        )
    elif first.unique_tokens != second.unique_tokens:
        yield _change(
            Cause.TOKENS,
            f"{format_count(second.unique_tokens)} unique tokens in place of "
            f"{format_count(first.unique_tokens)} ({_by(first, second)})",
        )


def _by(first: Report, second: Report) -> str:
    more = second.unique_tokens - first.unique_tokens
    if not first.unique_tokens:
        return f"{more:+,}"
    return f"{more:+,}, {100 * more / first.unique_tokens:+.3g} %"


def _diff_laws(first: Report, second: Report) -> Iterator[ReportChange]:
    if first.law != second.law:
        yield _change(Cause.LAW, f"by {second.law} in place of {first.law}")
    old = {law.id: law.fingerprint for law in first.laws}
    new = {law.id: law.fingerprint for law in second.laws}
    for law in sorted(old.keys() | new.keys()):
        if law not in new:
            yield _change(Cause.LAW, f"{law} is no longer among the laws")
        elif law not in old:
            yield _change(Cause.LAW, f"{law} is new among the laws")
        elif old[law] != new[law]:
            yield _change(Cause.LAW, f"{law} has other coefficients")


def _diff_targets(first: Report, second: Report) -> Iterator[ReportChange]:
    old = {target.label: target for target in first.request.targets}
    new = {target.label: target for target in second.request.targets}
    for label in sorted(old.keys() - new.keys()):
        yield _change(Cause.TARGET, f"{label} is no longer asked about")
    for label in sorted(new.keys() - old.keys()):
        yield _change(Cause.TARGET, f"{label} is asked about as well")
    for label in sorted(old.keys() & new.keys()):
        before, after = (item.model_dump(mode="json") for item in (old[label], new[label]))
        for field in before:
            if before[field] != after[field]:
                yield _change(
                    Cause.TARGET,
                    f"{label}: {field} {_show(after[field])} in place of {_show(before[field])}",
                )


def _diff_policy(first: Report, second: Report) -> Iterator[ReportChange]:
    before, after = first.request.licence_policy, second.request.licence_policy
    if before == after:
        return
    if before is None or after is None:
        gone = before.name if before else ""
        yield _change(Cause.POLICY, f"policy {after.name} is asked" if after else f"without {gone}")
    elif before.name == after.name:
        yield _change(Cause.POLICY, f"policy {after.name} asks for other terms")
    else:
        yield _change(Cause.POLICY, f"policy {after.name} in place of {before.name}")


def _diff_licences(first: Report, second: Report) -> Iterator[ReportChange]:
    old = {line.reference: line.licence for line in first.supply}
    for line in second.supply:
        before = old.get(line.reference, line.licence)
        if before != line.licence:
            yield _change(Cause.LICENCE, f"{line.reference}: {line.licence} in place of {before}")


def _diff_candidates(first: Report, second: Report) -> Iterator[ReportChange]:
    old = {item.reference: item for item in first.candidates}
    for item in second.candidates:
        before = old.pop(item.reference, None)
        if before is None:
            yield _change(Cause.COST, f"{item.reference} is a candidate now")
        elif before.cost != item.cost:
            yield _change(
                Cause.COST,
                f"{item.reference}: {_show(item.cost)} in place of {_show(before.cost)}",
            )
        elif before.num_tokens != item.num_tokens:
            yield _change(
                Cause.COST,
                f"{item.reference} would add {_show(item.num_tokens)} tokens, "
                f"before {_show(before.num_tokens)}",
            )
    for reference in old:
        yield _change(Cause.COST, f"{reference} is no longer a candidate")


def _diff_gates(first: Report, second: Report) -> Iterator[ReportChange]:
    old = {gate.name: gate for gate in first.gates}
    for gate in second.gates:
        before = old.pop(gate.name, None)
        if before is None or before.status is not gate.status:
            was = f", before {before.status}" if before else ""
            yield _change(Cause.GATE, f"{gate.name}: {gate.status}{was}: {gate.message}")
    for gate in old.values():
        yield _change(Cause.GATE, f"{gate.name} is no longer asked")


def _diff_warnings(first: Report, second: Report) -> Iterator[ReportChange]:
    old, new = ({(item.code, item.message) for item in one.warnings} for one in (first, second))
    for what, report, others in (("gone", first, new), ("new", second, old)):
        for item in report.warnings:
            # Which versions a warning names follows from the data.
            if (item.code, item.message) not in others:
                yield _change(Cause.WARNING, f"{what}: {item.code}: {item.message}")


def _diff_measures(first: Report, second: Report) -> Iterator[ReportChange]:
    for message in diff_measures(first, second):
        yield _change(Cause.MEASURE, message)


def _diff_code(first: Report, second: Report) -> Iterator[ReportChange]:
    if first.muster_version != second.muster_version:
        yield _change(
            Cause.CODE, f"muster {second.muster_version} in place of {first.muster_version}"
        )


_FINDERS: tuple[Callable[[Report, Report], Iterator[ReportChange]], ...] = (
    _diff_data,
    _diff_evaluation,
    _diff_tokens,
    _diff_laws,
    _diff_targets,
    _diff_policy,
    _diff_licences,
    _diff_candidates,
    _diff_gates,
    _diff_warnings,
    _diff_measures,
    _diff_code,
)


def _change(cause: Cause, message: str) -> ReportChange:
    return ReportChange(cause=cause, message=message)


def _worth(num_tokens: int | None) -> str:
    return "" if num_tokens is None else f" ({format_count(num_tokens)} tokens)"


def _show(value: object) -> str:
    return "none" if value is None else str(value)
