"""Models, what they were trained on, and the versions that they wrote."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import Key, Name, OneOf, not_negative, one_of
from registry.catalog.tables.base import CLUSTERED, Row
from registry.domain.generation import Role


class ModelRow(Row):
    """A model at one revision. What is stated of it is stated once."""

    __tablename__ = "model"
    __table_args__ = (
        UniqueConstraint("name", "revision"),
        UniqueConstraint("id", "trained_until"),
        not_negative("trained_until"),
    )

    id: Mapped[Key]
    name: Mapped[Name]
    revision: Mapped[Name]
    weights_digest: Mapped[str | None]
    output_licence: Mapped[str] = mapped_column(
        comment="What may be done with its output: SPDX in normal form, or `unknown`."
    )
    output_terms: Mapped[JsonValue | None] = mapped_column(
        comment="The same, term by term; NULL: as the expression says."
    )
    terms_url: Mapped[str | None] = mapped_column(comment="Where that can be read.")
    trained_until: Mapped[int] = mapped_column(
        comment="The highest id of a version it was trained on; 0: none is known."
    )
    actor: Mapped[str]
    added_at: Mapped[datetime]


class ModelTrainingRow(Row):
    """A version that a model was trained on."""

    __tablename__ = "model_training"
    __table_args__ = (
        ForeignKeyConstraint(["model_id", "trained_until"], ["model.id", "model.trained_until"]),
        CheckConstraint("version_id <= trained_until", name="acyclic"),
        CLUSTERED,
    )

    model_id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(comment="From 0, as stated.")
    trained_until: Mapped[int] = mapped_column(comment="The model's.")


class GenerationRow(Row):
    """What somebody states of who wrote the documents of a version: a model in a role, or people.

    A version lies above all that its model was trained on, so the graph through models has no loop.
    """

    __tablename__ = "generation"
    __table_args__ = (
        UniqueConstraint("id", "version_id"),
        ForeignKeyConstraint(["model_id", "trained_until"], ["model.id", "model.trained_until"]),
        one_of("role", Role),
        CheckConstraint("(role = 'people') = (model_id IS NULL)", name="model"),
        CheckConstraint("(model_id IS NULL) = (trained_until IS NULL)", name="trained"),
        CheckConstraint("trained_until < version_id", name="acyclic"),
        Index(None, "version_id"),
        Index(None, "model_id"),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    model_id: Mapped[int | None]
    trained_until: Mapped[int | None] = mapped_column(comment="The model's.")
    role: Mapped[Role] = mapped_column(OneOf(Role))
    prompt_digest: Mapped[str | None] = mapped_column(comment="Of the prompt or its template.")
    sampling: Mapped[JsonValue] = mapped_column(nullable=False, comment="Parameters of sampling.")
    actor: Mapped[str]
    stated_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None] = mapped_column(
        comment="When it was taken back; the audit log says by whom and why. NULL: it stands."
    )


class GenerationGroundingRow(Row):
    """A version whose documents a model was given, beside the parents in the lineage."""

    __tablename__ = "generation_grounding"
    __table_args__ = (
        ForeignKeyConstraint(
            ["generation_id", "version_id"], ["generation.id", "generation.version_id"]
        ),
        CheckConstraint("parent_id < version_id", name="acyclic"),
        CLUSTERED,
    )

    generation_id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True, index=True)
    version_id: Mapped[int] = mapped_column(index=True, comment="The version that was generated.")


class MixturePartRow(Row):
    """What a version took from a parent: documents as stated, or a share of every run on it."""

    __tablename__ = "mixture_part"
    __table_args__ = (
        CheckConstraint("parent_id < version_id", name="acyclic"),
        CheckConstraint("weight BETWEEN 1 AND 1000000000", name="weight"),
        not_negative("num_documents"),
        CLUSTERED,
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    num_documents: Mapped[int]
    weight: Mapped[int | None] = mapped_column(
        comment="Billionths of the tokens that a run reads; NULL: documents were taken, "
        "not weighed."
    )
