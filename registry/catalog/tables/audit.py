"""The audit log."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import KEY
from registry.catalog.tables.base import Row


class AuditLogRow(Row):
    """Every change, by whom. Each hash covers the entry and the hash of the entry before."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(
        KEY, primary_key=True, autoincrement=False, comment="From 1, without gaps."
    )
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(comment="Noun and verb, such as version.seal.")
    entity: Mapped[str] = mapped_column(index=True, comment="What was changed, by its public name.")
    detail: Mapped[str] = mapped_column(
        comment="Canonical JSON, kept as text since the hash covers these very bytes."
    )
    previous_hash: Mapped[str] = mapped_column(
        unique=True, comment="Of the entry before; of the first, the digest of nothing."
    )
    hash: Mapped[str]
