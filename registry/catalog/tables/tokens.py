"""Tokenizers, what was found of engines, and token counts."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import Key, Name, OneOf, not_negative, one_of
from registry.catalog.tables.base import Row
from registry.domain.count import CountMethod
from registry.domain.tokenizer import TokenizerEngine, TokenizerKind


class TokenizerRow(Row):
    """A tokenizer, known by all that changes ids. Of several with one name the newest is meant."""

    __tablename__ = "tokenizer"
    __table_args__ = (
        one_of("kind", TokenizerKind),
        one_of("engine", TokenizerEngine),
        Index(None, "name"),
    )

    id: Mapped[Key]
    fingerprint: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Name]
    kind: Mapped[TokenizerKind] = mapped_column(OneOf(TokenizerKind))
    engine: Mapped[TokenizerEngine] = mapped_column(OneOf(TokenizerEngine))
    file_digest: Mapped[str] = mapped_column(comment="The object that holds its file.")
    vocab_size: Mapped[int] = mapped_column(comment="Entries, added tokens included.")
    highest_id: Mapped[int] = mapped_column(comment="The highest id that encoding can give.")
    unknown_token: Mapped[str | None]
    eos_token: Mapped[str | None]
    eos_id: Mapped[int | None]
    bos_token: Mapped[str | None]
    bos_id: Mapped[int | None]
    created_at: Mapped[datetime]
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"), comment="The run that trained it; NULL: added from outside."
    )


class EngineCheckRow(Row):
    """What came out when another engine was compared with a tokenizer's reference."""

    __tablename__ = "engine_check"
    __table_args__ = (
        UniqueConstraint(
            "tokenizer_id",
            "parse_special",
            "engine",
            "engine_version",
            "reference",
            "reference_version",
            "is_equal",
            name="uq_engine_check_outcome",
        ),
        CheckConstraint("is_equal = (difference IS NULL)", name="difference"),
        not_negative("num_texts"),
    )

    id: Mapped[Key]
    tokenizer_id: Mapped[int] = mapped_column(ForeignKey("tokenizer.id"))
    parse_special: Mapped[bool] = mapped_column(
        comment="Whether the text of control tokens became their ids."
    )
    engine: Mapped[str]
    engine_version: Mapped[str]
    reference: Mapped[str]
    reference_version: Mapped[str]
    is_equal: Mapped[bool] = mapped_column(comment="One difference outweighs all that was equal.")
    num_texts: Mapped[int] = mapped_column(comment="Texts compared.")
    difference: Mapped[str | None] = mapped_column(
        comment="The first text with other ids, and the ids of both, as canonical JSON: "
        "PostgreSQL's own JSON holds no NUL."
    )
    checked_at: Mapped[datetime]


class TokenCountRow(Row):
    """How many tokens a version holds under one tokenizer, policy, recipe, scope and method."""

    __tablename__ = "token_count"
    __table_args__ = (
        one_of("method", CountMethod),
        CheckConstraint("superseded_by > id", name="superseded_by"),
        CheckConstraint(
            "num_tokens_low <= num_tokens AND num_tokens <= num_tokens_high", name="interval"
        ),
        CheckConstraint("sample_fraction >= 0 AND sample_fraction <= 1", name="sample_fraction"),
        not_negative(
            "num_tokens_low",
            "num_special_tokens",
            "num_documents",
            "num_bytes",
            "num_unknown_tokens",
        ),
        Index(
            "uq_token_count_current",
            "version_id",
            "tokenizer_id",
            "recipe_id",
            "policy",
            "scope",
            "method",
            unique=True,
            sqlite_where=text("superseded_by IS NULL"),
            postgresql_where=text("superseded_by IS NULL"),
        ),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    tokenizer_id: Mapped[int] = mapped_column(ForeignKey("tokenizer.id"))
    recipe_id: Mapped[int] = mapped_column(
        ForeignKey("recipe.id"), comment="Applied on the fly; 0: the version as it stands."
    )
    policy: Mapped[str] = mapped_column(comment="Canonical JSON of the counting policy.")
    scope: Mapped[str] = mapped_column(comment="Empty: all documents of the version.")
    method: Mapped[CountMethod] = mapped_column(OneOf(CountMethod))
    num_tokens: Mapped[int] = mapped_column(comment="Of the text, without special tokens.")
    num_special_tokens: Mapped[int] = mapped_column(comment="EOS and BOS that the policy adds.")
    num_documents: Mapped[int]
    num_bytes: Mapped[int] = mapped_column(comment="UTF-8 bytes of the text that was counted.")
    num_unknown_tokens: Mapped[int]
    num_tokens_low: Mapped[int] = mapped_column(comment="Lower end of the 95 % interval.")
    num_tokens_high: Mapped[int] = mapped_column(comment="Upper end of the 95 % interval.")
    sample_fraction: Mapped[float]
    seed: Mapped[int | None]
    document_index: Mapped[str | None] = mapped_column(
        comment="Digest of the object with key and token count of each distinct document."
    )
    details: Mapped[str | None] = mapped_column(
        comment="Digest of the object with the vocabulary's use and the rejected rows."
    )
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    counted_at: Mapped[datetime]
    superseded_by: Mapped[int | None] = mapped_column(
        comment="The newer count. No foreign key: the older row is marked first, so that the "
        "current one is always unique."
    )
