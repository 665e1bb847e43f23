"""How many tokens a step.

The laws of this page count differently, and that is where copies of them go wrong: tokens or
sequences, and numbers in units or in millions. Every function here takes and gives tokens.
"""

import math
from collections.abc import Callable

from registry.domain.batch import BatchBand, LearningRate, Trade
from registry.errors import InputError
from registry.scaling.bounds import (
    check_flops,
    check_parameters,
    check_positive,
    check_tokens,
)

_ZHANG_SEQUENCE = 512
_ZHANG_UNIT = 1e6
_PORIAN_SEQUENCE = 2048
_PORIAN_PARAMETERS = 108e6


def critical_batch_size(num_tokens: float) -> float:
    """Return the batch, in tokens, from which on more devices save little time.

    At this size a run takes 20 % more steps than if steps fell in proportion to the batch. The
    paper counts D in millions and B in sequences of 512 tokens: B = 22.91 D^0.47.

    Args:
        num_tokens: Training tokens, 1 to 10^30.

    Raises:
        InputError: The number is out of bounds.

    Source:
        Zhang et al. 2024 (arXiv:2410.21676), the fit over data size; read in sources that quote it,
        the units settled by its second fit, 621.341 (N / 10^6)^0.087 at D = 3.07B.

    Example:
        >>> round(critical_batch_size(3.072e9) / 512)
        998
    """
    check_tokens(num_tokens, what="training tokens", least=1)
    return _ZHANG_SEQUENCE * 22.91 * math.pow(num_tokens / _ZHANG_UNIT, 0.47)


def kaplan_critical_batch(loss: float) -> float:
    """Return the critical batch in tokens at a loss: 2.1e8 / L^(1 / 0.21).

    Source:
        Kaplan et al. 2020 (arXiv:2001.08361), equation 1.4 and Table 5; loss on WebText2.
    """
    return 2.1e8 / math.pow(check_positive(loss, what="a loss", most=1000), 1 / 0.21)


def minicpm_batch(loss: float) -> float:
    """Return MiniCPM's batch in tokens at a loss on C4: 1.21e9 / L^6.24.

    Source:
        Hu et al. 2024 (arXiv:2404.06395), section 3.2.

    Example:
        >>> round(minicpm_batch(2.5) / 1e6, 2)
        3.98
    """
    return 1.21e9 / math.pow(check_positive(loss, what="a loss", most=1000), 6.24)


def step_law_batch(num_tokens: float) -> float:
    """Return the batch in tokens by the Step Law: 0.58 D^0.571.

    Source:
        Li et al. 2025 (arXiv:2503.04715), equation 1; step-law/steplaw.
    """
    check_tokens(num_tokens, what="training tokens", least=1)
    return 0.58 * math.pow(num_tokens, 0.571)


def step_law_learning_rate(non_embedding_parameters: float, num_tokens: float) -> float:
    """Return the peak learning rate by the Step Law: 1.79 N^-0.713 D^0.307.

    Source:
        As `step_law_batch`. N leaves embeddings out.
    """
    check_parameters(non_embedding_parameters)
    check_tokens(num_tokens, what="training tokens", least=1)
    return 1.79 * math.pow(non_embedding_parameters, -0.713) * math.pow(num_tokens, 0.307)


def deepseek_batch(flops: float) -> float:
    """Return DeepSeek LLM's batch in tokens: 0.2920 C^0.3271 with C = M D, not 6 N D.

    Args:
        flops: M D, with M the training FLOPs a token of `ModelSize.flops_per_token`.

    Source:
        DeepSeek-AI 2024 (arXiv:2401.02954), equation 1; read in sources that quote it, and met by
        the published 7B and 67B configurations within 2.3 % and 9.4 %.
    """
    return 0.2920 * math.pow(check_flops(flops), 0.3271)


def deepseek_learning_rate(flops: float) -> float:
    """Return DeepSeek LLM's peak learning rate: 0.3118 C^-0.1250 with C = M D.

    Source:
        As `deepseek_batch`.
    """
    return 0.3118 * math.pow(check_flops(flops), -0.1250)


def porian_batch(num_parameters: float) -> float:
    """Return Porian's batch in tokens: 160 (N / 108e6)^(2/3) sequences of 2,048.

    Source:
        Porian et al. 2024 (arXiv:2406.19146), section 3.5; read in sources that quote it. N leaves
        embeddings out and counts the head.
    """
    check_parameters(num_parameters)
    return _PORIAN_SEQUENCE * 160 * math.pow(num_parameters / _PORIAN_PARAMETERS, 2 / 3)


def trade(batch_tokens: int, *, num_tokens: float, critical: float) -> Trade:
    """Return what a batch costs in steps, 1 + B_crit / B, and in tokens, 1 + B / B_crit.

    Source:
        McCandlish et al. 2018 (arXiv:1812.06162), equation 2.11. The critical size given here is
        that of `critical_batch_size`, which is defined by 20 % more steps: take it as a guide.
    """
    return Trade(
        batch_tokens=batch_tokens,
        steps=math.ceil(num_tokens / batch_tokens),
        steps_over_fewest=1 + critical / batch_tokens,
        tokens_over_fewest=1 + batch_tokens / critical,
    )


def recommend_batch(
    num_tokens: float,
    *,
    non_embedding_parameters: float,
    flops_per_token: float | None = None,
    sequence_length: int = 4096,
) -> BatchBand:
    """Return the band of batch sizes for a run.

    From the power of two of sequences at or below the lowest law to that at or above the highest:
    the Step Law and, where the model's shape is known, DeepSeek's. So every law lies in it, and no
    end is further from a law than the factor of two that any single one is good for. The critical
    size caps both ends, and a batch is one sequence at least.

    Args:
        num_tokens: Training tokens, 1 to 10^30.
        non_embedding_parameters: For the learning rate, 1 to 10^15.
        flops_per_token: M of DeepSeek's law; None: the shape is not known.
        sequence_length: Tokens a sequence.

    Raises:
        InputError: A number is out of bounds.
    """
    if not 1 <= sequence_length <= 10**8:
        raise InputError(f"{sequence_length:,} is not a sequence length")
    laws = {"step-law": step_law_batch(num_tokens)}
    rates = {"step-law": step_law_learning_rate(non_embedding_parameters, num_tokens)}
    if flops_per_token is not None:
        laws["deepseek"] = deepseek_batch(flops_per_token * num_tokens)
        rates["deepseek"] = deepseek_learning_rate(flops_per_token * num_tokens)
    ceiling = critical_batch_size(num_tokens)
    low, high = _ends(list(laws.values()), ceiling=ceiling, sequence_length=sequence_length)
    trades = tuple(trade(end, num_tokens=num_tokens, critical=ceiling) for end in (low, high))
    return BatchBand(
        low=low,
        high=high,
        ceiling=round(ceiling),
        laws={law: round(batch) for law, batch in laws.items()},
        sequence_length=sequence_length,
        steps_at_low=trades[0].steps,
        steps_at_high=trades[1].steps,
        trades=trades,
        learning_rates=tuple(LearningRate(law=law, value=rate) for law, rate in rates.items()),
    )


def _ends(batches: list[float], *, ceiling: float, sequence_length: int) -> tuple[int, int]:
    most = max(1, math.floor(ceiling / sequence_length))
    low = _power(min(*batches, ceiling) / sequence_length, math.floor)
    high = min(_power(max(batches) / sequence_length, math.ceil), most)
    return low * sequence_length, high * sequence_length


def _power(sequences: float, rounding: Callable[[float], int]) -> int:
    return 1 << max(0, rounding(math.log2(sequences)))
