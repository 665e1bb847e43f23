"""The terms of an expression: AND is the meet, of OR the best alternative is taken.

Of alternatives one is chosen as a whole: from `CC-BY-ND-4.0 OR CC-BY-NC-4.0` nobody gets both
derivatives and commercial use. Which is best depends on who asks: under a policy it is the one
that the policy refuses least, without one that which takes least away, by the order of the terms.
Since a meet passes a policy where all of its parts do, the best of each part makes the best whole,
and no two alternatives need to be weighed together.
"""

from collections.abc import Callable
from typing import NamedTuple

from registry.domain.effective import LicencePolicy
from registry.domain.licence import Tree, read_tree
from registry.domain.terms import Terms, meet_all
from registry.licensing.permissions import terms_of
from registry.licensing.policies import rule

Cost = Callable[[Terms], tuple[int, ...]]
"""How much terms take away from whoever asks; the least is the best."""


class Taken(NamedTuple):
    """What is taken of an expression."""

    licences: tuple[str, ...]
    """Single licences that all hold."""

    terms: Terms

    @property
    def expression(self) -> str:
        """The licences as an expression."""
        return " AND ".join(self.licences)


def take(expression: str, policy: LicencePolicy | None = None) -> Taken:
    """Return the terms of an expression in normal form, under the best choice it leaves.

    Example:
        >>> take("GPL-2.0-only OR MIT").expression
        'MIT'
    """
    return _take(read_tree(expression), _cost_under(policy))


def _take(tree: Tree, cost: Cost) -> Taken:
    if isinstance(tree, str):
        return Taken((tree,), terms_of(tree))
    parts = [_take(part, cost) for part in tree.parts]
    if tree.operator == "OR":
        return min(parts, key=lambda part: cost(part.terms))
    licences = dict.fromkeys(name for part in parts for name in part.licences)
    return Taken(tuple(licences), meet_all(part.terms for part in parts))


def _cost_under(policy: LicencePolicy | None) -> Cost:
    if policy is None:
        return _cost
    return lambda terms: (rule(terms, policy).status.severity, *_cost(terms))


def _cost(terms: Terms) -> tuple[int, ...]:
    return (sum(terms.severities), *terms.severities)
