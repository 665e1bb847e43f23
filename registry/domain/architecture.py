"""The shape of a model, and its parameters as the different laws count them."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from registry.domain.base import Value


class Convention(StrEnum):
    """Which parameters a law counts."""

    UNSPECIFIED = "unspecified"
    TOTAL = "total"
    NON_EMBEDDING = "non-embedding"
    """Without token embeddings and without the output head."""

    ACTIVE = "active"
    """Those that a token meets in a mixture of experts."""

    MATMUL_HEAD = "matmul-head"
    """Matrices of the blocks and the output head, without token embeddings."""

    FLOPS_PER_TOKEN = "flops-per-token"  # noqa: S105 - no password
    """No parameters: training FLOPs a token, attention included."""


class Architecture(Value):
    """A decoder of equal blocks, dense or a mixture of experts; widths are numbers of features."""

    layers: int = Field(gt=0, le=10_000)
    width: int = Field(gt=0, le=10**6)
    heads: int = Field(gt=0, le=10**4)
    kv_heads: int | None = Field(default=None, gt=0)
    """Heads of keys and values; None: as many as heads."""

    head_width: int | None = Field(default=None, gt=0, le=10**5)
    """None: width / heads."""

    feed_forward: int = Field(gt=0, le=10**7)
    """Inner width of the feed-forward block; in a mixture, of one expert."""

    vocabulary: int = Field(gt=0, le=10**8)
    is_gated: bool = True
    """Three matrices a feed-forward block (SwiGLU); False: two."""

    has_tied_embeddings: bool = False
    """Whether the output head is the token embedding."""

    experts: int = Field(default=1, gt=0, le=10**5)
    active_experts: int = Field(default=1, gt=0)
    """Experts that a token is sent to."""

    shared_experts: int = Field(default=0, ge=0, le=10**4)
    """Experts that every token meets besides."""

    sequence_length: int = Field(default=4096, gt=0, le=10**8)
    """Tokens a training sequence."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.head_width is None and self.width % self.heads:
            raise ValueError(f"width {self.width} is no multiple of {self.heads} heads")
        if self.heads % self.key_value_heads:
            raise ValueError(f"{self.heads} heads are no multiple of {self.key_value_heads}")
        if self.active_experts > self.experts:
            raise ValueError(f"{self.active_experts} of {self.experts} experts cannot be active")
        return self

    @property
    def key_value_heads(self) -> int:
        """How many heads of keys and values there are."""
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def attention_width(self) -> int:
        """Features of all heads together."""
        return self.heads * (self.head_width or self.width // self.heads)


class CountedSize(Value):
    """A model's size as a law takes it."""

    number: float = Field(gt=0)
    """Parameters; of a law in FLOPs a token, these."""

    counts: Convention
    """What the number counts; it need not be what the law does."""

    is_assumed: bool = False
    """Whether it stands in for the count that the law asks for, which is not known, or which says
    nothing of a mixture of experts."""

    def parameters(self, met: float) -> float:
        """Return it in parameters: of a law in FLOPs a token, those that a token meets."""
        return met if self.counts is Convention.FLOPS_PER_TOKEN else self.number


class ModelSize(Value):
    """A model's parameters by every convention; None: not known."""

    total: int = Field(gt=0)
    non_embedding: int | None = Field(default=None, gt=0)
    active: int | None = Field(default=None, gt=0)
    """None: a dense model, where every parameter is active."""

    matmul_head: int | None = Field(default=None, gt=0)
    flops_per_token: float | None = Field(default=None, gt=0)
    """Training FLOPs a token, without embeddings and head, with attention."""

    @property
    def met(self) -> int:
        """The parameters that a token meets: the active ones of a mixture, else all."""
        return self.active or self.total

    def counted(self, convention: Convention) -> CountedSize:
        """Return the size as a law counts it, or what has to stand in for it.

        Example:
            >>> bare = ModelSize(total=70_000_000_000).counted(Convention.NON_EMBEDDING)
            >>> bare.number, bare.counts.value, bare.is_assumed
            (70000000000.0, 'total', True)
        """
        known: float | None = None
        match convention:
            case Convention.NON_EMBEDDING:
                known = self.non_embedding
            case Convention.MATMUL_HEAD:
                known = self.matmul_head
            case Convention.FLOPS_PER_TOKEN:
                if self.flops_per_token is None:
                    met = 6.0 * (self.non_embedding or self.met)
                    return CountedSize(number=met, counts=convention, is_assumed=True)
                known = self.flops_per_token
        if known is not None:
            return CountedSize(number=known, counts=convention)
        if self.active is None:
            is_total = convention in {Convention.UNSPECIFIED, Convention.TOTAL, Convention.ACTIVE}
            return CountedSize(number=self.total, counts=Convention.TOTAL, is_assumed=not is_total)
        # Laws of dense models say nothing of experts: the compute goes by active ones.
        is_active = convention in {Convention.UNSPECIFIED, Convention.ACTIVE}
        return CountedSize(number=self.active, counts=Convention.ACTIVE, is_assumed=not is_active)
