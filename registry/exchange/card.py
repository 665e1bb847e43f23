"""A dataset card of the Hub: front matter by the Hub's own library, then Markdown.

What was imported from a card and has no place in the catalog goes back into it unchanged.

Source:
    https://huggingface.co/docs/hub/datasets-cards; size categories of the Hub.
"""

from collections.abc import Iterator

import yaml
from pydantic import JsonValue

from registry.domain.exchange import Dossier, Rendered
from registry.domain.licence import UNKNOWN, list_hub_ids
from registry.domain.lineage import OriginKind
from registry.domain.version import Content
from registry.exchange.card_reading import BODY, FIELDS

_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)
_LARGEST = "n>1T"


def render_card(dossier: Dossier, body: str) -> Rendered:
    """Return a card, and what was left out of it.

    Args:
        dossier: What is known.
        body: The Markdown of a card that has none from an import.
    """
    fields = _imported(dossier, FIELDS)
    known = dict(fields) if isinstance(fields, dict) else {}
    known |= _fields(dossier)
    front = yaml.safe_dump(
        known, sort_keys=False, allow_unicode=True, default_flow_style=False, width=10_000
    )
    imported = _imported(dossier, BODY)
    text = imported.lstrip("\n") if isinstance(imported, str) else body
    return Rendered(text=f"---\n{front}---\n\n{text}", left_out=tuple(_list_gaps(dossier)))


def hub_licence(expression: str) -> dict[str, JsonValue]:
    """Return the licence in the Hub's ids; `other` with a name where it has none.

    Example:
        >>> hub_licence("ODC-By-1.0")
        {'license': 'odc-by'}
    """
    if expression == UNKNOWN:
        return {"license": "unknown"}
    for hub, spdx in list_hub_ids().items():
        if spdx == expression:
            return {"license": hub}
    if " " in expression or expression.startswith("LicenseRef-"):
        return {"license": "other", "license_name": expression}
    return {"license": expression.lower()}


def _imported(dossier: Dossier, name: str) -> JsonValue:
    """Return what the newest imported card has under a name."""
    found = [claim.value for claim in dossier.claims if claim.name == name]
    return found[-1] if found else None


def _fields(dossier: Dossier) -> dict[str, JsonValue]:
    version = dossier.version
    fields: dict[str, JsonValue] = hub_licence(dossier.described.effective_licence.expression)
    if version.languages:
        fields["language"] = list(version.languages)
    fields["muster"] = _own(dossier)
    if not version.num_documents:
        # Only a description of it is held here: what its card said of its size stands.
        return fields
    fields["size_categories"] = [
        next((name for bound, name in _SIZES if version.num_documents < bound), _LARGEST)
    ]
    if version.content is Content.DOCUMENTS:
        fields["configs"] = [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": [shard.path for shard in dossier.shards[:1_000]]}
                ],
            }
        ]
        fields["dataset_info"] = {
            "features": [{"name": one.name, "dtype": one.type} for one in version.fields],
            "splits": [
                {
                    "name": "train",
                    "num_bytes": version.num_text_bytes,
                    "num_examples": version.num_documents,
                }
            ],
            "download_size": version.num_bytes,
            "dataset_size": version.num_text_bytes,
        }
    parents = dossier.described.parents
    fields["source_datasets"] = list(parents) if parents else ["original"]
    return fields


def _own(dossier: Dossier) -> JsonValue:
    """Return the block by which an import finds the version again."""
    version = dossier.version
    tokens: list[JsonValue] = [
        {
            "tokenizer": count.tokenizer_name,
            "fingerprint": count.tokenizer_fingerprint,
            "policy": count.policy.key,
            "method": count.method.value,
            "num_tokens": count.num_tokens,
        }
        for count in dossier.described.counts
        if count.recipe is None
    ]
    own: dict[str, JsonValue] = {"reference": version.reference, "digest": version.digest}
    models: list[JsonValue] = [
        {
            "version": one.reference,
            "model": one.name,
            "revision": one.revision,
            "role": one.role.value,
        }
        for one in dossier.lineage.writers
    ]
    return own | ({"tokens": tokens} if tokens else {}) | ({"models": models} if models else {})


def _list_gaps(dossier: Dossier) -> Iterator[str]:
    if len(dossier.shards) > 1_000:
        yield f"of {len(dossier.shards):,} files the first 1,000 are named"
    if dossier.described.effective_licence.expression == UNKNOWN:
        yield "nobody stated a licence: it stands as unknown"
    if len(dossier.lineage.nodes) > 1 + len(dossier.described.parents):
        yield "the Hub knows one generation of source datasets; earlier ones stand in the text"
    if any(count.recipe for count in dossier.described.counts):
        yield "token counts with a recipe on the fly stand in the text alone"
    if any(one.kind is not OriginKind.FIELDS for one in dossier.lineage.fields or ()):
        yield "what each field was made from has no place in a card"
