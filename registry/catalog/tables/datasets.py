"""Datasets, their owners, tags and licences."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import NAME, Key, Name, OneOf, not_negative, one_of
from registry.catalog.tables.base import CLUSTERED, Row
from registry.domain.licence import Basis, Confidence
from registry.domain.version import DatasetKind, Lifecycle


class OwnerRow(Row):
    """A person or team that answers for datasets."""

    __tablename__ = "owner"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(NAME, unique=True, comment="The principal's name.")


class DatasetRow(Row):
    """A named series of versions."""

    __tablename__ = "dataset"
    __table_args__ = (
        one_of("kind", DatasetKind),
        one_of("lifecycle", Lifecycle),
        not_negative("head"),
        Index(None, "space"),
    )

    id: Mapped[Key]
    space: Mapped[Name] = mapped_column(comment="The part of the name before the slash.")
    name: Mapped[Name] = mapped_column(NAME, unique=True, comment="The full name, space/name.")
    kind: Mapped[DatasetKind] = mapped_column(OneOf(DatasetKind))
    description: Mapped[str] = mapped_column(comment="What it is, in words; empty: not said.")
    lifecycle: Mapped[Lifecycle] = mapped_column(OneOf(Lifecycle))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))
    head: Mapped[int] = mapped_column(
        comment="Number of the newest version, moved by compare-and-swap."
    )
    created_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(
        server_default=text("''"),
        comment="Folded words of name, description and tags, which the full-text index holds.",
    )


class TagRow(Row):
    """A movable name for one version of a dataset."""

    __tablename__ = "tag"
    __table_args__ = (CLUSTERED,)

    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), primary_key=True)
    name: Mapped[Name] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), index=True)


class LicenceAssertionRow(Row):
    """What somebody states of a version's licence. Of all that is stated one assertion holds."""

    __tablename__ = "licence_assertion"
    __table_args__ = (
        one_of("basis", Basis),
        one_of("confidence", Confidence),
        CheckConstraint("superseded_by <> id", name="superseded_by"),
        Index(
            "uq_licence_assertion_current",
            "version_id",
            unique=True,
            sqlite_where=text("superseded_by IS NULL"),
            postgresql_where=text("superseded_by IS NULL"),
        ),
        Index(None, "version_id"),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    expression: Mapped[str] = mapped_column(comment="SPDX in normal form, or `unknown`.")
    asserted_by: Mapped[str] = mapped_column(comment="Who says so; the audit log has the actor.")
    evidence: Mapped[str | None] = mapped_column(comment="Where it can be read.")
    asserted_at: Mapped[datetime]
    superseded_by: Mapped[int | None] = mapped_column(
        comment="The assertion that holds instead; NULL: this one holds. The one column that "
        "changes, since an older assertion can come to hold again. No foreign key: a row is marked "
        "before the one that replaces it, so that one at most ever holds."
    )
    basis: Mapped[Basis] = mapped_column(
        OneOf(Basis),
        server_default=text("'stated'"),
        comment="Whether somebody stated it; `inherited`, `unstated`: nobody did.",
    )
    confidence: Mapped[Confidence] = mapped_column(
        OneOf(Confidence), server_default=text("'medium'"), comment="How well it is founded."
    )
    evidence_digest: Mapped[str | None] = mapped_column(
        comment="Digest of the object that holds a copy of the evidence."
    )
