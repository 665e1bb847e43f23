"""What data cost: entries of a ledger, and what they come to for each document and token.

An entry is never changed; a mistake is taken back by an entry of the opposite amount.
"""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, field_validator, model_validator

from registry.domain.base import Value
from registry.domain.money import Money
from registry.domain.tokenizer import CountingPolicy
from registry.domain.urls import redact_url
from registry.errors import InputError


class CostKind(StrEnum):
    """What the money was for."""

    ACQUIRE = "acquire"
    """To buy, crawl or fetch data."""

    LICENCE = "licence"
    COMPUTE = "compute"
    API = "api"
    """To have a model write or judge text."""

    STORAGE = "storage"
    """To keep bytes; its quantity is byte-months."""

    HUMAN = "human"
    """Annotation, review, writing."""


class SubjectKind(StrEnum):
    """What a cost is attached to."""

    VERSION = "version"
    RUN = "run"
    SOURCE = "source"


class CostSubject(Value):
    """What a cost is attached to."""

    kind: SubjectKind
    name: str
    """The reference of a version, the id of a run, or the URL of a source."""


class CostDraft(Value):
    """A cost before it is recorded."""

    kind: CostKind
    amount: Money
    quantity: int | None = None
    """How many units were paid for."""

    unit: str | None = None
    """What the quantity counts, such as `byte-month`, `gpu-hour` or `token`."""

    incurred_on: str | None = None
    """The day it falls on, as `2026-11-26`; None: not said."""

    evidence: str | None = None
    """Where the invoice or the price is, without credentials."""

    note: str | None = None

    @field_validator("incurred_on")
    @classmethod
    def _parse_day(cls, value: str | None) -> str | None:
        try:
            return None if value is None else date.fromisoformat(value).isoformat()
        except ValueError as error:
            raise InputError(f"{value!r} is not a day", hint="write it as 2026-11-26") from error

    @field_validator("evidence")
    @classmethod
    def _redact(cls, value: str | None) -> str | None:
        return None if value is None else redact_url(value)

    @model_validator(mode="after")
    def _check_quantity(self) -> Self:
        if (self.quantity is None) != (self.unit is None):
            raise InputError(
                "a quantity needs a unit and a unit a quantity",
                hint="--quantity 40 --unit gpu-hour",
            )
        if self.quantity is not None and not 0 < abs(self.quantity) < 2**63:
            raise InputError(f"{self.quantity} is not a quantity of anything")
        return self


class CostEntry(CostDraft):
    """A cost as it stands in the ledger."""

    id: int
    """The number that a person names it by."""

    subject: CostSubject
    reverses: int | None
    """The entry that it takes back."""

    reversed_by: int | None = None
    """The entry that takes it back."""

    actor: str
    at: AwareDatetime
    """When it was recorded."""


class CostSum(Value):
    """What entries of one kind and currency come to."""

    kind: CostKind
    amount: Money
    num_entries: int


class UnitCost(Value):
    """What a document, or a million tokens, cost in one currency."""

    unit: str
    """`document`, `kept token`, `unique token`, or `effective token` with the epochs."""

    per: int
    """Of how many units the cost is told."""

    cost: Decimal
    """In units of the currency, rounded to six decimals, half to even."""

    num_units: int
    """All of them."""

    amount: Money
    """What all of them cost."""

    tokenizer: str | None = None
    """Whose tokens, with its fingerprint; None for documents."""

    fingerprint: str | None = None
    policy: CountingPolicy | None = None
    """How tokens were counted; None for documents."""

    @classmethod
    def of(
        cls, amount: Money, num_units: int, *, unit: str, per: int, **identity: object
    ) -> "UnitCost":
        """Divide an amount by units, of which there is at least one.

        Example:
            >>> money = Money(micros=3_000_000, currency="EUR")
            >>> UnitCost.of(money, 2_000, unit="document", per=1).cost
            Decimal('0.001500')
        """
        with localcontext() as context:
            # An amount has at most 19 digits, a million 7, and 6 stand behind the point.
            context.prec = 60
            quotient = amount.amount * per / num_units
            cost = quotient.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)
        fields = {"unit": unit, "per": per, "cost": cost, "num_units": num_units, "amount": amount}
        return cls.model_validate(fields | identity)


class CostList(Value):
    """The answer of `cost show`: what is attached to a version, its runs and its sources."""

    reference: str
    entries: tuple[CostEntry, ...]
    """Oldest first; what was taken back is among them, with what takes it back."""

    totals: tuple[Money, ...]
    """By currency."""


class CostReport(Value):
    """The answer of `cost report`: what versions cost, with everything they were made from."""

    references: tuple[str, ...]
    num_versions: int
    """Versions whose costs are counted, those that were asked for included."""

    num_entries: int
    sums: tuple[CostSum, ...]
    """By kind, then currency."""

    totals: tuple[Money, ...]
    """By currency; no currency is ever turned into another."""

    units: tuple[UnitCost, ...]
    uncounted: tuple[str, ...] = ()
    """Versions that the tokenizer, or where none is named any, has not counted: then no cost of a
    token can be told."""

    num_versions_without_cost: int
    """Versions to which no entry is attached, neither by itself nor by run or source."""

    allocation: str
    """How the cost of what several versions share is counted."""
