"""A large teacher writes text for a small student: what that counts for, and what it costs.

Of less than a tenth of real text no amount is enough: a policy value that the evidence points to,
and no law. What generated tokens count for stands in `registry.scaling.credit`.

Source:
    Keeping 10 % of real data held off collapse (Shumailov et al. 2024, Nature 631:755). Writing
    takes 2 FLOPs for each parameter and token (Kaplan et al. 2020, arXiv:2001.08361, section 2.1).
"""

import math

from registry.domain.gate import Gate, GateStatus
from registry.domain.quantities import format_count, format_percent
from registry.domain.sufficiency_policy import Reaction, TeacherPolicy
from registry.domain.target import DistillationReport, TargetReport, Verdict, Way, format_size
from registry.scaling.bounds import check_parameters, check_tokens
from registry.scaling.cost import inference_flops
from registry.scaling.credit import POLICY, Written, full_for_each_real


def generated_needed(credit: float, real: float, *, policy: TeacherPolicy = POLICY) -> int | None:
    """Return the fewest generated tokens that count for so many; None: too little would be real.

    Raises:
        InputError: A number is out of bounds.

    Example:
        >>> generated_needed(65, 100)
        80
    """
    check_tokens(credit, what="tokens")
    check_tokens(real, what="real tokens")
    full = real * full_for_each_real(policy)
    generated = min(credit, full)
    if credit > full:
        if not policy.beyond_weight:
            return None
        generated += (credit - full) / policy.beyond_weight
    enough = math.ceil(generated)
    too_little = policy.less_real == "block" and real < policy.least_real_share * (real + enough)
    return None if enough and too_little else enough


def compare_ways(
    alone: TargetReport,
    taught: TargetReport,
    *,
    teacher: str,
    teacher_parameters: int,
    written: Written,
    is_refused: bool = False,
    depth: tuple[int, int | None] = (1, None),
) -> DistillationReport:
    """Return a student on real data alone beside the student with a teacher.

    Args:
        alone: The student judged on what is held.
        taught: The same with what is written beside it, under the gates that this has to pass.
        teacher: What people call the teacher.
        teacher_parameters: Those that a token meets.
        written: The tokens that it writes.
        is_refused: Whether a gate blocks these, so that they count for nothing.
        depth: Models between people's text and what it writes, at least and at most.

    Raises:
        InputError: A number is out of bounds.
    """
    check_parameters(teacher_parameters)
    generated, policy = round(written.generated), written.policy
    writing = inference_flops(teacher_parameters, generated)
    need = alone.required_tokens[alone.law].mid
    held = alone.effective_tokens[str(alone.epochs)]
    real = max(0.0, alone.unique_tokens - written.not_real)
    enough = generated_needed(max(0, need - held), real, policy=policy)
    found = DistillationReport(
        teacher=teacher,
        teacher_parameters=teacher_parameters,
        generated_tokens=generated,
        credited_tokens=0 if is_refused else round(written.credit(alone.unique_tokens)),
        real_share=real_share(alone.unique_tokens, written),
        depth_low=depth[0],
        depth_high=depth[1],
        generation_flops=writing,
        alone=_way(alone, flops=alone.flops),
        with_teacher=_way(taught, flops=alone.flops + writing),
        enough_generated=enough,
        enough_flops=inference_flops(teacher_parameters, enough) if enough else None,
        policy=policy,
        reasons=(),
    )
    return found.model_copy(update={"reasons": tuple(_explain(found, alone))})


def real_share(unique_tokens: float, written: Written) -> float:
    """Return which part of all tokens, held and generated, is real, each counted once."""
    real = max(0.0, unique_tokens - written.not_real)
    return real / max(1.0, unique_tokens + written.generated)


def distillation_gates(
    unique_tokens: float, written: Written, *, depth: tuple[int, int | None]
) -> tuple[Gate, ...]:
    """Return the gates that generated text has to pass, those that let it through left out.

    Args:
        unique_tokens: Those held.
        written: What a teacher writes beside them.
        depth: Models between people's text and what it writes, at least and at most; None: unknown.
    """
    found: list[tuple[str, Reaction, str, tuple[str, ...]]] = []
    policy = written.policy
    real, (low, high) = real_share(unique_tokens, written), depth
    message = f"{format_percent(real)} of the tokens are real"
    if real < policy.least_real_share and policy.less_real != "pass":
        found.append(("real-share", policy.less_real, message, ("least_real_share", "less_real")))
    elif real < 1 - policy.full_share:
        found.append(("real-share", "warn", message, ("full_share",)))
    if low >= policy.depth_from or (high or 0) >= policy.depth_from:
        deepest = "or more" if high is None else f"to {high}"
        message = f"{low} {deepest} models lie between people's text and the data"
        found.append(("generation-depth", policy.deep, message, ("depth_from", "deep")))
    asked = (
        f"at least {format_percent(policy.least_real_share)} real; beyond "
        f"{format_percent(policy.full_share)} generated tokens count {policy.beyond_weight:g}; "
        f"depth below {policy.depth_from}"
    )
    return tuple(
        Gate(
            name=name,
            status=GateStatus(reaction),
            message=message,
            policy=asked,
            hint="have less written, or get real text",
            keys=tuple(f"teacher.{key}" for key in keys),
        )
        for name, reaction, message, keys in found
        if reaction != "pass"
    )


def _way(target: TargetReport, *, flops: float) -> Way:
    return Way(
        verdict=target.verdict,
        confidence=target.confidence,
        epochs_needed=target.epochs_needed,
        shortfall_tokens=target.shortfall_tokens,
        flops=flops,
        largest_model=target.largest_model_repeated.mid,
    )


def _explain(found: DistillationReport, alone: TargetReport) -> list[str]:
    written, counted = format_count(found.generated_tokens), format_count(found.credited_tokens)
    least = format_percent(found.policy.least_real_share)
    share = format_percent(found.real_share)
    counts = f"they count for {counted}, seen once, and {share} of all tokens stay real"
    if not found.credited_tokens:
        counts = f"a gate blocks them: they count for nothing, {share} of all would be real"
    sentences = [
        f"{found.teacher} of {format_size(found.teacher_parameters)} parameters writes {written} "
        f"tokens for {found.generation_flops:.3g} FLOPs; {counts}.",
        f"On real data alone it is {found.alone.verdict}, with what is written "
        f"{found.with_teacher.verdict}; training takes {alone.flops:.3g} FLOPs either way.",
    ]
    if found.alone.verdict is Verdict.BLOCKED:
        sentences.append("A gate blocks what is held: no amount of written text opens it.")
    elif found.enough_generated == 0:
        sentences.append(
            "Real data alone is enough, repeated within the policy: nothing needs to be written."
        )
    elif found.enough_generated is None:
        sentences.append(f"No amount of written text is enough: less than {least} would be real.")
    else:
        sentences.append(
            f"{format_count(found.enough_generated)} written tokens would be enough, for "
            f"{found.enough_flops:.3g} FLOPs."
        )
    sentences.append(
        "The teacher's own training is not in this: it pays where the teacher exists or serves "
        "many students."
    )
    return sentences
