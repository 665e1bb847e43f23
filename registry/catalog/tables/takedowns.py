"""Takedowns: tombstones, frozen work lists, and what was done."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import Key, OneOf, not_negative, one_of
from registry.catalog.tables.base import CLUSTERED, Row
from registry.domain.takedown import ActionKind, ItemKind, SelectorKind


class TakedownRow(Row):
    """A demand that documents go."""

    __tablename__ = "takedown"
    __table_args__ = (one_of("selector", SelectorKind),)

    id: Mapped[Key] = mapped_column(comment="The number that a person names it by.")
    selector: Mapped[SelectorKind] = mapped_column(OneOf(SelectorKind))
    value: Mapped[str] = mapped_column(comment="What the selector asks for.")
    reason: Mapped[str]
    deadline: Mapped[datetime | None]
    unread: Mapped[JsonValue] = mapped_column(
        nullable=False, comment="Versions whose files could not be read."
    )
    actor: Mapped[str]
    opened_at: Mapped[datetime]


class TakedownDocumentRow(Row):
    """A text that has to go: its digest and size, and nothing of it."""

    __tablename__ = "takedown_document"
    __table_args__ = (not_negative("num_bytes"), CLUSTERED)

    takedown_id: Mapped[int] = mapped_column(ForeignKey("takedown.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True, index=True)
    num_bytes: Mapped[int]


class ErasedObjectRow(Row):
    """An object that was erased from the store: its digest and size, and nothing of it."""

    __tablename__ = "erased_object"
    __table_args__ = (not_negative("num_bytes"), CLUSTERED)

    takedown_id: Mapped[int] = mapped_column(ForeignKey("takedown.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True, index=True)
    num_bytes: Mapped[int]
    actor: Mapped[str]
    at: Mapped[datetime]


class TakedownItemRow(Row):
    """An entry of a work list, frozen when the takedown was opened."""

    __tablename__ = "takedown_item"
    __table_args__ = (
        one_of("kind", ItemKind),
        not_negative("num_documents"),
        CheckConstraint("num_copies BETWEEN 0 AND num_documents", name="num_copies"),
        CheckConstraint(
            "CASE WHEN version_id IS NULL THEN 0 ELSE 1 END "
            "+ CASE WHEN tokenizer_id IS NULL THEN 0 ELSE 1 END "
            "+ CASE WHEN model_id IS NULL THEN 0 ELSE 1 END "
            "+ CASE WHEN report_id IS NULL THEN 0 ELSE 1 END = 1",
            name="subject",
        ),
        Index(None, "version_id"),
        CLUSTERED,
    )

    takedown_id: Mapped[int] = mapped_column(ForeignKey("takedown.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="From 1.")
    kind: Mapped[ItemKind] = mapped_column(OneOf(ItemKind))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("version.id"))
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model.id"))
    num_documents: Mapped[int]
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    num_copies: Mapped[int | None] = mapped_column(
        comment="Documents found by the text of another alone; NULL: not counted."
    )
    tokenizer_id: Mapped[int | None] = mapped_column(ForeignKey("tokenizer.id"))


class TakedownActionRow(Row):
    """What was done about an entry, or with the whole. The newest holds."""

    __tablename__ = "takedown_action"
    __table_args__ = (one_of("action", ActionKind), Index(None, "takedown_id"))

    id: Mapped[Key] = mapped_column(comment="Rises with time.")
    takedown_id: Mapped[int] = mapped_column(ForeignKey("takedown.id"))
    position: Mapped[int | None] = mapped_column(comment="The entry's; NULL: the whole.")
    action: Mapped[ActionKind] = mapped_column(OneOf(ActionKind))
    version_id: Mapped[int | None] = mapped_column(
        ForeignKey("version.id"), comment="The version that takes its place."
    )
    note: Mapped[str | None] = mapped_column(comment="Why, or what proves it.")
    actor: Mapped[str]
    at: Mapped[datetime]
