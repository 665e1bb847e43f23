"""From a model's shape to its parameters and its FLOPs a token."""

import math

from registry.domain.architecture import Architecture, ModelSize
from registry.errors import InputError
from registry.scaling.bounds import check_parameters

BACKWARD = 2
"""The backward pass takes twice the FLOPs of the forward pass."""


def model_size(architecture: Architecture) -> ModelSize:
    """Return a model's parameters by every convention, and its training FLOPs a token.

    Norms are counted with one scale a feature; biases are not.

    Raises:
        InputError: The model has more than 10^15 parameters.

    Example:
        Llama 2 7B: 32 layers of 4 x 4096^2 + 3 x 4096 x 11008 + 2 x 4096, a norm of 4096 and
        2 x 32000 x 4096 for embeddings and head are 6,738,415,616.

        >>> model_size(Architecture(layers=32, width=4096, heads=32, feed_forward=11008,
        ...                         vocabulary=32000)).total
        6738415616
    """
    shape = architecture
    table = shape.vocabulary * shape.width
    norms = (2 * shape.layers + 1) * shape.width
    blocks = shape.layers * _block_matrices(shape, shape.experts)
    non_embedding = blocks + norms
    tables = table if shape.has_tied_embeddings else 2 * table
    idle = shape.layers * (shape.experts - shape.active_experts) * _expert(shape)
    total = non_embedding + tables
    check_parameters(total)
    return ModelSize(
        total=total,
        non_embedding=non_embedding - idle,
        active=total - idle if shape.experts > 1 else None,
        matmul_head=blocks - idle + table,
        flops_per_token=_non_embedding_flops(shape),
    )


def flops_per_token(architecture: Architecture, *, sequence_length: int | None = None) -> float:
    """Return the training FLOPs a token: 6 times the matrices it meets, and attention.

    6 N_matmul + 12 L H Q T, with the output head among the matrices, and without token embeddings,
    which are looked up.

    Args:
        architecture: The model.
        sequence_length: Tokens a sequence; None: the architecture's.

    Raises:
        InputError: The length is not positive, or the model too large.

    Source:
        Chowdhery et al. 2022 (arXiv:2204.02311), appendix B, as computed by nanochat.
    """
    length = architecture.sequence_length if sequence_length is None else sequence_length
    if length < 1:
        raise InputError(f"{length:,} is not a sequence length")
    matrices = model_size(architecture).matmul_head
    attention = 12 * architecture.layers * architecture.attention_width * length
    return 6.0 * (matrices or 0) + attention


def per_token(size: ModelSize, architecture: Architecture | None) -> float:
    """Return a model's training FLOPs a token: by its shape, else 6 for each that a token meets."""
    return 6.0 * size.met if architecture is None else flops_per_token(architecture)


def optimal_vocabulary(non_vocabulary_parameters: float, *, width: int) -> tuple[int, int]:
    """Return the compute-optimal number of vocabulary entries by two methods, the lower first.

    Args:
        non_vocabulary_parameters: Parameters without embeddings and head, 1 to 10^15.
        width: Features of an embedding.

    Raises:
        InputError: A number is out of bounds.

    Source:
        Tao et al. 2024 (arXiv:2407.13623), approaches 1 and 2, constants as released with its code
        (sail-sg/scaling-with-vocab). Fitted on English web text.

    Example:
        >>> optimal_vocabulary(7e9, width=4096)
        (62280, 67450)
    """
    check_parameters(non_vocabulary_parameters)
    if not 1 <= width <= 10**6:
        raise InputError(f"{width:,} is not a width")
    log_parameters = math.log(non_vocabulary_parameters)
    by_flops = -1.589031 + 0.416362 * 2 * (log_parameters + 2.48465)
    by_derivative = math.log(3_145_728) + 0.835397 * (log_parameters - math.log(33e6))
    low, high = sorted((by_flops, by_derivative))
    return round(math.exp(low) / width), round(math.exp(high) / width)


def _block_matrices(shape: Architecture, experts: int) -> int:
    """Return the parameters of one block's matrices with so many routed experts."""
    attention = 2 * shape.width * shape.attention_width
    per_head = shape.attention_width // shape.heads
    attention += 2 * shape.width * per_head * shape.key_value_heads
    router = shape.width * shape.experts if shape.experts > 1 else 0
    return attention + router + (experts + shape.shared_experts) * _expert(shape)


def _expert(shape: Architecture) -> int:
    return (3 if shape.is_gated else 2) * shape.width * shape.feed_forward


def _non_embedding_flops(shape: Architecture) -> float:
    """Return M: 72 L d^2 + 12 L d S of DeepSeek LLM, for any widths."""
    matrices = shape.layers * _block_matrices(shape, shape.active_experts)
    attention = 12 * shape.layers * shape.attention_width * shape.sequence_length
    return 6.0 * matrices + attention
