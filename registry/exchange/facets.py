"""Facets of our own, by the classes of the OpenLineage client: token counts, and who wrote it.

Each has a schema file beside this module.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from registry.exchange.naming import PRODUCER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.domain.count import RecordedCount
    from registry.domain.lineage import Writer

TOKEN_COUNT = "muster_tokenCount"  # noqa: S105 - a facet's name
TOKEN_COUNT_SCHEMA = f"{PRODUCER}facets/1-0-0/TokenCountDatasetFacet.json"
GENERATION = "muster_generation"
GENERATION_SCHEMA = f"{PRODUCER}facets/1-0-0/GenerationDatasetFacet.json"


def count_tokens(counts: Sequence[RecordedCount]) -> Any:  # noqa: ANN401 - an extra's
    """Return the facet of token counts; its schema is `token_count_facet.json`."""
    return _classes()[0](
        counts=[
            {
                "tokenizer": count.tokenizer_name,
                "tokenizerFingerprint": count.tokenizer_fingerprint,
                "policy": count.policy.key,
                "recipeFingerprint": count.recipe,
                "method": count.method.value,
                "numTokens": count.num_tokens,
                "numTokensLow": count.num_tokens_low,
                "numTokensHigh": count.num_tokens_high,
                "numSpecialTokens": count.num_special_tokens,
                "numDocuments": count.num_documents,
            }
            for count in counts
        ],
        producer=PRODUCER,
    )


def tell_writers(writers: Sequence[Writer]) -> Any:  # noqa: ANN401 - an extra's
    """Return the facet of who wrote or judged a dataset; its schema is `generation_facet.json`."""
    return _classes()[1](
        generations=[
            {
                "model": one.name,
                "revision": one.revision,
                "role": one.role.value,
                "trainedOn": list(one.trained_on),
                "groundedIn": list(one.grounded_in),
            }
            for one in writers
        ],
        producer=PRODUCER,
    )


@cache
def _classes() -> tuple[Any, Any]:
    import attr  # noqa: PLC0415 - comes with the extra
    from openlineage.client import facet_v2  # noqa: PLC0415 - an extra

    @attr.define(kw_only=True)
    class TokenCountDatasetFacet(facet_v2.DatasetFacet):
        """Token counts by tokenizer."""

        counts: list[dict[str, Any]] = attr.field(factory=list)

        @staticmethod
        def _get_schema() -> str:
            return TOKEN_COUNT_SCHEMA

    @attr.define(kw_only=True)
    class GenerationDatasetFacet(facet_v2.DatasetFacet):
        """Models that wrote or judged the documents."""

        generations: list[dict[str, Any]] = attr.field(factory=list)

        @staticmethod
        def _get_schema() -> str:
            return GENERATION_SCHEMA

    return TokenCountDatasetFacet, GenerationDatasetFacet
