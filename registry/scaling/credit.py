"""What the tokens that a teacher writes count for beside real ones.

They are seen once and never count as real. Up to a share of all tokens they count in full, beyond
it less: `registry.domain.sufficiency_policy.TeacherPolicy`. So more real text makes generated text
count for more.

Source:
    About 30 % rephrased text trained best in the only large study (Kang et al. 2025,
    arXiv:2510.01631).
"""

from dataclasses import dataclass

from registry.domain.sufficiency_policy import TeacherPolicy
from registry.scaling.bounds import check_tokens

POLICY = TeacherPolicy()


def credited_tokens(generated: float, real: float, *, policy: TeacherPolicy = POLICY) -> float:
    """Return what generated tokens count for beside real ones.

    Raises:
        InputError: A number is out of bounds.

    Example:
        >>> credited_tokens(80, 100)  # 50 are a third of 150, the other 30 count half
        65.0
    """
    check_tokens(generated, what="generated tokens")
    check_tokens(real, what="real tokens")
    full = min(generated, real * full_for_each_real(policy))
    return full + policy.beyond_weight * (generated - full)


def full_for_each_real(policy: TeacherPolicy) -> float:
    """Return how many generated tokens count in full for each real one."""
    return policy.full_share / (1 - policy.full_share)


@dataclass(frozen=True)
class Written:
    """Tokens that a teacher writes for a supply.

    Raises:
        InputError: A number is out of bounds.
    """

    generated: float
    not_real: float = 0.0
    """How many of the unique tokens held are not real; what more is held is."""

    policy: TeacherPolicy = POLICY

    def __post_init__(self) -> None:
        check_tokens(self.generated, what="generated tokens")
        check_tokens(self.not_real, what="tokens that are not real")

    def credit(self, unique: float) -> float:
        """Return what they count for beside so many unique tokens."""
        real = max(0.0, unique - self.not_real)
        return credited_tokens(self.generated, real, policy=self.policy)

    def unique_for(self, required: float, *, worth: float) -> float:
        """Return the unique tokens that, with these, are worth the required ones.

        D = w U + b g + (1 - b) min(g, k max(0, U - n)), solved for U in each of its three parts.

        Args:
            required: Tokens as if seen once, D.
            worth: What a unique token is worth, w, above 0.

        Example:
            At w = 1, 80 generated tokens make 100 unique ones worth 165; without the 50 that these
            let count in full it would be 140.
            >>> Written(80).unique_for(165, worth=1)
            100.0
        """
        weight, factor = self.policy.beyond_weight, full_for_each_real(self.policy)
        rest = required - weight * self.generated
        none_full = rest / worth
        if none_full <= self.not_real:
            return max(0.0, none_full)
        slope = (1 - weight) * factor
        some_full = (rest + slope * self.not_real) / (worth + slope)
        if factor * (some_full - self.not_real) <= self.generated:
            return some_full
        return max(0.0, (required - self.generated) / worth)
