"""The ledger of costs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import Key, OneOf, one_of
from registry.catalog.tables.base import Row
from registry.domain.cost import CostKind


class CostEntryRow(Row):
    """What something cost. A mistake is corrected by an entry that takes it back."""

    __tablename__ = "cost_entry"
    __table_args__ = (
        one_of("kind", CostKind),
        CheckConstraint("length(currency) = 3", name="currency"),
        CheckConstraint(
            "CASE WHEN reverses IS NULL THEN amount_micros >= 0 ELSE amount_micros <= 0 END",
            name="amount",
        ),
        CheckConstraint("reverses < id", name="reverses"),
        CheckConstraint(
            "(version_id IS NOT NULL AND run_id IS NULL AND source_id IS NULL) "
            "OR (version_id IS NULL AND run_id IS NOT NULL AND source_id IS NULL) "
            "OR (version_id IS NULL AND run_id IS NULL AND source_id IS NOT NULL)",
            name="subject",
        ),
        CheckConstraint("(quantity IS NULL) = (unit IS NULL)", name="quantity"),
        Index(None, "version_id"),
        Index(None, "run_id"),
        Index(None, "source_id"),
    )

    id: Mapped[Key] = mapped_column(comment="The number that a person names it by.")
    kind: Mapped[CostKind] = mapped_column(OneOf(CostKind))
    amount_micros: Mapped[int] = mapped_column(comment="Millionths of the currency's unit.")
    currency: Mapped[str] = mapped_column(comment="An ISO 4217 code.")
    version_id: Mapped[int | None] = mapped_column(ForeignKey("version.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    quantity: Mapped[int | None] = mapped_column(comment="How many units were paid for.")
    unit: Mapped[str | None] = mapped_column(comment="Such as byte-month or gpu-hour.")
    incurred_on: Mapped[str | None] = mapped_column(comment="The day it falls on, in ISO 8601.")
    evidence: Mapped[str | None] = mapped_column(comment="Where the invoice or the price is.")
    note: Mapped[str | None]
    reverses: Mapped[int | None] = mapped_column(
        ForeignKey("cost_entry.id"), unique=True, comment="The entry that it takes back."
    )
    actor: Mapped[str]
    recorded_at: Mapped[datetime]
