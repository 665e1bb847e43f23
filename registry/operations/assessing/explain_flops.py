"""How the FLOPs of a run came about: by a model's shape, or by its parameters alone."""

from registry.domain.architecture import Architecture
from registry.domain.model_target import Target
from registry.domain.report_answers import Figure, FigureInput
from registry.domain.target import TargetReport
from registry.scaling.architecture import model_size

_PALM = "Chowdhery et al. 2022 (arXiv:2204.02311), appendix B"
_KAPLAN = "Kaplan et al. 2020 (arXiv:2001.08361), section 2.1"


def explain_flops(target: TargetReport, asked: Target | None) -> Figure:
    """Return how the FLOPs of a target came about.

    Args:
        target: The target as it was judged.
        asked: The target as it was stated; None: the report does not say.
    """
    need = target.required_tokens[target.law].mid
    required = FigureInput(symbol="D", value=need, meaning=f"tokens required by {target.law}")
    if asked is not None and asked.shape is not None and target.flops_per_token is not None:
        return _by_shape(target, asked.shape, required)
    met = target.flops / (6 * need) if need else 0.0
    return Figure(
        name="flops",
        target=target.label,
        formula="C = 6 N D",
        inputs=(
            FigureInput(symbol="N", value=round(met), meaning="active parameters"),
            required,
        ),
        steps=(f"C = 6 x {met:.6g} x {need:.6g} = {target.flops:.6g}",),
        result=f"{target.flops:.3g} FLOPs",
        source=_KAPLAN,
    )


def _by_shape(target: TargetReport, shape: Architecture, required: FigureInput) -> Figure:
    matrices, each = model_size(shape).matmul_head or 0, target.flops_per_token or 0.0
    inputs = (
        ("N", matrices, "entries of the matrices that a token meets, with the head"),
        ("L", shape.layers, "layers"),
        ("A", shape.attention_width, "features of all heads together"),
        ("T", shape.sequence_length, "tokens a sequence"),
    )
    return Figure(
        name="flops",
        target=target.label,
        formula="C = (6 N + 12 L A T) D",
        inputs=(
            *(FigureInput(symbol=name, value=value, meaning=text) for name, value, text in inputs),
            required,
        ),
        steps=(
            f"6 x {matrices:,} + 12 x {shape.layers:,} x {shape.attention_width:,} x "
            f"{shape.sequence_length:,} = {each:,.0f} a token",
            f"C = {each:,.0f} x {required.value:,.0f} = {target.flops:.6g}",
        ),
        result=f"{target.flops:.3g} FLOPs",
        source=_PALM,
    )
