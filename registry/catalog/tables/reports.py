"""Targets and readiness reports."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import Key, Name, not_negative
from registry.catalog.tables.base import Row


class TargetRow(Row):
    """A model that somebody wants to train. A changed target is a new row of its name."""

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("name", "number", name="uq_target_number"),
        CheckConstraint("number >= 1", name="number"),
    )

    id: Mapped[Key]
    name: Mapped[Name]
    number: Mapped[int] = mapped_column(comment="From 1 within the name.")
    digest: Mapped[str] = mapped_column(comment="Fingerprint of everything but the name.")
    definition: Mapped[str] = mapped_column(comment="The target as canonical JSON.")
    actor: Mapped[str]
    created_at: Mapped[datetime]


class ReportRow(Row):
    """A readiness report as it was made, with the digests of everything it stands on."""

    __tablename__ = "report"
    __table_args__ = (not_negative("num_versions", "unique_tokens"),)

    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(
        unique=True,
        comment="Fingerprint of everything but the moment: the same inputs give the same one.",
    )
    muster_version: Mapped[str]
    tokenizer: Mapped[str] = mapped_column(comment="Its name when the report was made.")
    law: Mapped[str] = mapped_column(comment="The id of the law that the verdicts go by.")
    num_versions: Mapped[int]
    unique_tokens: Mapped[int]
    verdicts: Mapped[str] = mapped_column(comment="In short, for lists, as canonical JSON.")
    document: Mapped[str] = mapped_column(
        comment="The report as JSON in its own order; the digest covers its canonical form."
    )
    actor: Mapped[str]
    created_at: Mapped[datetime]
