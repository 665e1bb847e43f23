"""A large teacher writes text for a small student: what that counts for, and what it costs.

Generated tokens are seen once and never count as real ones. Up to a third of all tokens, generated
ones count in full; beyond, half; and of less than a tenth of real text no amount is enough. These
are policy values that the evidence points to, and no law.

Source:
    About 30 % rephrased text trained best in the only large study (Kang et al. 2025,
    arXiv:2510.01631). Keeping 10 % of real data held off collapse (Shumailov et al. 2024, Nature
    631:755). Writing takes 2 FLOPs for each parameter and token (Kaplan et al. 2020,
    arXiv:2001.08361, section 2.1).
"""

import math

from registry.domain.gate import Gate, GateStatus
from registry.domain.quantities import format_count, format_percent
from registry.domain.target import DistillationReport, TargetReport, Way, format_size
from registry.scaling.bounds import check_parameters, check_tokens
from registry.scaling.cost import inference_flops

FULL_SHARE = 1 / 3
"""Up to this share of all tokens, generated ones count in full. A policy value."""

BEYOND = 0.5
"""What a generated token beyond that share counts for. A policy value."""

LEAST_REAL = 0.1
"""The least share that has to be real. A policy value."""

DEEP = 2
"""From so many models between people's text and the data on, a report warns. A policy value."""


def credited_tokens(generated: float, real: float) -> float:
    """Return what generated tokens count for beside real ones.

    Raises:
        InputError: A number is out of bounds.

    Example:
        >>> credited_tokens(80, 100)  # 50 are a third of 150, the other 30 count half
        65.0
    """
    check_tokens(generated, what="generated tokens")
    check_tokens(real, what="real tokens")
    full = min(generated, real * FULL_SHARE / (1 - FULL_SHARE))
    return full + BEYOND * (generated - full)


def generated_needed(credit: float, real: float) -> int | None:
    """Return the fewest generated tokens that count for so many; None: too little would be real.

    Raises:
        InputError: A number is out of bounds.

    Example:
        >>> generated_needed(65, 100)
        80
    """
    check_tokens(credit, what="tokens")
    check_tokens(real, what="real tokens")
    full = real * FULL_SHARE / (1 - FULL_SHARE)
    generated = math.ceil(credit if credit <= full else full + (credit - full) / BEYOND)
    return None if generated and real < LEAST_REAL * (real + generated) else generated


def compare_ways(
    alone: TargetReport,
    taught: TargetReport,
    *,
    teacher: str,
    teacher_parameters: int,
    generated_tokens: int,
    real_tokens: float,
    depth: tuple[int, int | None] = (1, None),
) -> DistillationReport:
    """Return a student on real data alone beside the student with a teacher.

    Args:
        alone: The student judged on what is held.
        taught: The same with `credited_tokens` beside it.
        teacher: What people call the teacher.
        teacher_parameters: Those that a token meets.
        generated_tokens: Tokens that it writes.
        real_tokens: The part of what is held that no model wrote.
        depth: Models between people's text and what it writes, at least and at most.

    Raises:
        InputError: A number is out of bounds.
    """
    check_parameters(teacher_parameters)
    writing = inference_flops(teacher_parameters, generated_tokens)
    need = alone.required_tokens[alone.law].mid
    held = alone.effective_tokens[str(alone.epochs)]
    enough = generated_needed(max(0, need - held), real_tokens)
    held_once = max(1.0, alone.unique_tokens + generated_tokens)
    found = DistillationReport(
        teacher=teacher,
        teacher_parameters=teacher_parameters,
        generated_tokens=generated_tokens,
        credited_tokens=round(credited_tokens(generated_tokens, real_tokens)),
        real_share=real_tokens / held_once,
        depth_low=depth[0],
        depth_high=depth[1],
        generation_flops=writing,
        alone=_way(alone, flops=alone.flops),
        with_teacher=_way(taught, flops=alone.flops + writing),
        enough_generated=enough,
        enough_flops=inference_flops(teacher_parameters, enough) if enough else None,
        reasons=(),
    )
    return found.model_copy(update={"reasons": tuple(_explain(found, alone))})


def distillation_gates(found: DistillationReport) -> tuple[Gate, ...]:
    """Return the gates that generated text has to pass, those that let it through left out."""
    gates = []
    share = format_percent(found.real_share)
    if found.real_share < LEAST_REAL:
        gates.append((GateStatus.BLOCK, "real-share", f"{share} of the tokens are real"))
    elif found.real_share < 1 - FULL_SHARE:
        gates.append((GateStatus.WARN, "real-share", f"{share} of the tokens are real"))
    deepest = "or more" if found.depth_high is None else f"to {found.depth_high}"
    if found.depth_low >= DEEP or (found.depth_high or 0) >= DEEP:
        message = f"{found.depth_low} {deepest} models lie between people's text and the data"
        gates.append((GateStatus.WARN, "generation-depth", message))
    policy = (
        f"at least {format_percent(LEAST_REAL)} real; beyond {format_percent(FULL_SHARE)} "
        f"generated tokens count {BEYOND:g}; depth below {DEEP}"
    )
    return tuple(
        Gate(
            name=name,
            status=status,
            message=message,
            policy=policy,
            hint="have less written, or get real text",
        )
        for status, name, message in gates
    )


def _way(target: TargetReport, *, flops: float) -> Way:
    return Way(
        verdict=target.verdict,
        confidence=target.confidence,
        epochs_needed=target.epochs_needed,
        shortfall_tokens=target.shortfall_tokens,
        flops=flops,
    )


def _explain(found: DistillationReport, alone: TargetReport) -> list[str]:
    written, counted = format_count(found.generated_tokens), format_count(found.credited_tokens)
    sentences = [
        f"{found.teacher} of {format_size(found.teacher_parameters)} parameters writes {written} "
        f"tokens for {found.generation_flops:.3g} FLOPs; they count for {counted}, seen once, and "
        f"{format_percent(found.real_share)} of all tokens stay real.",
        f"On real data alone it is {found.alone.verdict}, with what is written "
        f"{found.with_teacher.verdict}; training takes {alone.flops:.3g} FLOPs either way.",
    ]
    if found.enough_generated == 0:
        sentences.append(
            "Real data alone is enough, repeated within the policy: nothing needs to be written."
        )
    elif found.enough_generated is None:
        sentences.append(
            f"No amount of written text is enough: less than {format_percent(LEAST_REAL)} would be "
            "real."
        )
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
