"""Runs, the recipes they followed, the edges and books they left."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import NAME, Key, Name, OneOf, not_negative, one_of
from registry.catalog.tables.base import CLUSTERED, Row
from registry.domain.run import Operation, RunState


class RecipeRow(Row):
    """A recipe that made versions; row 0, `as-is`, stands for none."""

    __tablename__ = "recipe"

    id: Mapped[Key]
    name: Mapped[Name]
    version: Mapped[str] = mapped_column(comment="The recipe's semantic version.")
    fingerprint: Mapped[str] = mapped_column(unique=True)
    document: Mapped[JsonValue] = mapped_column(
        nullable=False, comment="The whole recipe, defaults written out."
    )


class RunRow(Row):
    """One execution of an operation; opened, then closed once."""

    __tablename__ = "run"
    __table_args__ = (
        one_of("operation", Operation),
        one_of("state", RunState),
        CheckConstraint("(state = 'open') = (finished_at IS NULL)", name="finished"),
    )

    id: Mapped[Key]
    public_id: Mapped[Name] = mapped_column(NAME, unique=True, comment="A UUIDv7.")
    operation: Mapped[Operation] = mapped_column(OneOf(Operation))
    state: Mapped[RunState] = mapped_column(OneOf(RunState))
    derivation: Mapped[str] = mapped_column(
        index=True, comment="Digest of operation, code, parameters and inputs."
    )
    parameters: Mapped[JsonValue] = mapped_column(nullable=False)
    environment: Mapped[JsonValue] = mapped_column(
        nullable=False, comment="Versions of what touched the bytes, and the platform."
    )
    actor: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
    quarantine: Mapped[str | None] = mapped_column(
        comment="Digest of the object that holds the rejected rows."
    )


class RunInputRow(Row):
    """A version that a run read."""

    __tablename__ = "run_input"
    __table_args__ = (CLUSTERED,)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="From 0, as given.")
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), index=True)


class RunOutputRow(Row):
    """A version that a run made, or made again byte for byte."""

    __tablename__ = "run_output"
    __table_args__ = (CLUSTERED,)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True, index=True)


class LineageEdgeRow(Row):
    """The child was made from the parent. Ids rise with time, so the graph has no loop."""

    __tablename__ = "lineage_edge"
    __table_args__ = (
        CheckConstraint("parent_id < child_id", name="acyclic"),
        Index(None, "parent_id", "child_id"),
        CLUSTERED,
    )

    child_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)


class LedgerEntryRow(Row):
    """The account of one step of a run: what went in, what was kept."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        not_negative("documents_kept", "bytes_kept_in", "bytes_kept", "documents_changed"),
        CheckConstraint(
            "documents_kept <= documents_in AND bytes_kept_in <= bytes_in", name="kept"
        ),
        CLUSTERED,
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="From 0; 0 is the reader.")
    step: Mapped[str]
    documents_in: Mapped[int]
    bytes_in: Mapped[int] = mapped_column(comment="UTF-8 bytes of text.")
    documents_kept: Mapped[int]
    bytes_kept_in: Mapped[int] = mapped_column(comment="Of the kept documents, as they came in.")
    bytes_kept: Mapped[int] = mapped_column(comment="Of the kept documents, as they went out.")
    documents_changed: Mapped[int]


class LedgerRejectionRow(Row):
    """The documents that one step of a run rejected for one reason."""

    __tablename__ = "ledger_rejection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "position"], ["ledger_entry.run_id", "ledger_entry.position"]
        ),
        not_negative("num_documents", "num_bytes"),
        CLUSTERED,
    )

    run_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="The step's.")
    reason: Mapped[Name] = mapped_column(primary_key=True)
    num_documents: Mapped[int]
    num_bytes: Mapped[int]
