"""Diversity as it stands in the catalog: metrics of documents, and of embeddings made from them."""

from collections.abc import Sequence

from registry.domain.embedding import Diversity, TextDiversity
from registry.domain.version import Metric, Version
from registry.operations.context import Context
from registry.operations.embedding.embeddings_of import list_embeddings

_PREFIX = "diversity."
_DISTINCT = ("distinct_words", "distinct_pairs", "distinct_triples")


def text_metrics(measured: Diversity) -> tuple[Metric, ...]:
    """Return what is recorded of the documents."""
    shares = dict(zip(_DISTINCT, measured.text.distinct, strict=True))
    return _metrics(
        compression_ratio=measured.text.compression_ratio,
        **shares,
        sample_bytes=measured.num_bytes,
        **_sample(measured),
    )


def vendi_metrics(measured: Diversity) -> tuple[Metric, ...]:
    """Return what is recorded of the embeddings; nothing where there are none."""
    if measured.vendi_score is None:
        return ()
    return _metrics(
        vendi_score=measured.vendi_score,
        sample_vectors=measured.num_vectors,
        **_sample(measured),
    )


def list_diversity(context: Context, versions: Sequence[Version]) -> tuple[Diversity, ...]:
    """Return the diversity of each version of documents of which it was measured."""
    found = (find_diversity(context, version) for version in versions)
    return tuple(measured for measured in found if measured is not None)


def find_diversity(context: Context, version: Version) -> Diversity | None:
    """Return the diversity of documents as it was measured last; None: it was not measured.

    The Vendi score is that of the newest embeddings of which it was measured on the same sample.
    """
    said = _read(version)
    if "compression_ratio" not in said:
        return None
    measured = Diversity(
        reference=version.reference,
        seed=int(said["sample_seed"]),
        num_documents=int(said["sample_documents"]),
        num_bytes=int(said["sample_bytes"]),
        text=TextDiversity(
            compression_ratio=said["compression_ratio"],
            distinct=(said[_DISTINCT[0]], said[_DISTINCT[1]], said[_DISTINCT[2]]),
        ),
    )
    for made in list_embeddings(context, version):
        known = _read(made)
        if "vendi_score" in known and _sample(measured).items() <= known.items():
            return measured.model_copy(
                update={
                    "embeddings": made.reference,
                    "num_vectors": int(known["sample_vectors"]),
                    "vendi_score": known["vendi_score"],
                }
            )
    return measured


def _sample(measured: Diversity) -> dict[str, float]:
    return {"sample_documents": measured.num_documents, "sample_seed": measured.seed}


def _metrics(**values: float) -> tuple[Metric, ...]:
    return tuple(Metric(name=_PREFIX + name, value=value) for name, value in values.items())


def _read(version: Version) -> dict[str, float]:
    return {
        metric.name.removeprefix(_PREFIX): metric.value
        for metric in version.metrics
        if metric.name.startswith(_PREFIX)
    }
