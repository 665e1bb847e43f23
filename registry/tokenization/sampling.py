"""Sample documents, and estimate a total of tokens from the sample."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from registry.errors import InputError

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_LARGEST_TABLED_DEGREES = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A total with its confidence interval, in tokens."""

    mid: int
    low: int
    high: int


def sample_mask(
    first_row: int, num_rows: int, *, fraction: float, seed: int
) -> npt.NDArray[np.bool_]:
    """Return which rows a sample takes: each by its own number and the seed, independently.

    How the rows are cut into batches makes no difference, and a larger fraction of the same seed
    takes the rows of a smaller one and more.

    Args:
        first_row: The number of the first row in question, from 0.
        num_rows: How many rows are in question.
        fraction: The probability of a row, between 0 and 1.
        seed: Any whole number.

    Source: SplitMix64; Steele, Lea, Flood, "Fast splittable pseudorandom number generators"
        (2014), figure 16.
    """
    rows = np.arange(first_row, first_row + num_rows, dtype=np.uint64)
    # The seed is mixed first: xor-ed in plainly, seeds 0 and 1 would only swap neighbouring rows.
    state = _mix(np.array([seed % 2**64], np.uint64))[0]
    with np.errstate(over="ignore"):
        numbers = _mix(state + (rows + np.uint64(1)) * _GAMMA)
    return (numbers >> np.uint64(11)) * 2.0**-53 < fraction


def estimate_total(
    tokens: npt.NDArray[np.int64],
    num_bytes: npt.NDArray[np.int64],
    *,
    total_bytes: int,
    total_documents: int,
    confidence: float = 0.95,
) -> Estimate:
    """Estimate all tokens from the tokens per byte of a random sample of documents.

    With n of N documents, y their tokens, x their bytes, X all bytes and R = sum y / sum x, the
    estimate is R X and its variance N^2 (1 - n/N) / n * sum (y - R x)^2 / (n - 1). The interval
    is Student's with n - 1 degrees of freedom, and never ends below the tokens already counted.

    Args:
        tokens: Tokens of each sampled document.
        num_bytes: UTF-8 bytes of each sampled document.
        total_bytes: UTF-8 bytes of all documents.
        total_documents: How many documents there are, the sampled ones included.
        confidence: The probability with which the interval covers the total.

    Raises:
        InputError: Fewer than two documents were sampled, or none with a byte of text.

    Source: Cochran, "Sampling Techniques", 3rd edition (1977), sections 6.2 to 6.4, equations
        6.1, 6.9 and 6.13.

    Example:
        >>> estimate_total(np.array([1, 2]), np.array([4, 8]), total_bytes=24, total_documents=4)
        Estimate(mid=6, low=6, high=6)
    """
    size = len(tokens)
    sampled_bytes = int(num_bytes.sum())
    if size < 2 or sampled_bytes == 0:
        raise InputError(
            f"a sample of {size} documents with {sampled_bytes:,} bytes says nothing about the "
            f"other {total_documents - size:,}",
            hint="raise --sample, or count all of them",
        )
    counted = int(tokens.sum())
    ratio = counted / sampled_bytes
    residuals = tokens - ratio * num_bytes
    unsampled = 1 - size / total_documents
    variance = total_documents**2 * unsampled / size * float(residuals @ residuals) / (size - 1)
    margin = _student_quantile((1 + confidence) / 2, degrees=size - 1) * math.sqrt(variance)
    mid = ratio * total_bytes
    # Rounded outwards, but not by what floating point adds to a whole number.
    low, high = math.floor(mid - margin + 1e-6), math.ceil(mid + margin - 1e-6)
    return Estimate(mid=round(mid), low=max(low, counted), high=max(high, round(mid)))


def _mix(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _student_quantile(probability: float, *, degrees: int) -> float:
    """Return the quantile of Student's t distribution, for a probability above 1/2."""
    if degrees > _LARGEST_TABLED_DEGREES:
        return NormalDist().inv_cdf(probability)
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if (1 + _student_center(middle, degrees)) / 2 < probability:
            low = middle
        else:
            high = middle
    return math.tan(high) * math.sqrt(degrees)


def _student_center(theta: float, degrees: int) -> float:
    """Return the probability that |t| stays below tan(theta) sqrt(degrees).

    Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
    """
    sine, cosine = math.sin(theta), math.cos(theta)
    if degrees == 1:
        return 2 * theta / math.pi
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = term
    for k in range(2 + odd, degrees - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    return 2 / math.pi * (theta + sine * total) if odd else sine * total
