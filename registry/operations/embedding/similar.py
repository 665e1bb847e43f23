"""Find the documents or terms that are nearest to a text, a document or a term."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.embedding import EmbeddingKind, Neighbour, Neighbours
from registry.domain.names import Reference
from registry.domain.progress import Done
from registry.embedding.nearest import Nearest, NearestRows
from registry.embedding.words import Numbers
from registry.errors import InputError, UnknownError
from registry.operations.context import Context
from registry.operations.embedding.embedding_files import iter_embeddings, read_terms, vectors_of
from registry.operations.embedding.embedding_models import load_model
from registry.operations.embedding.embeddings import OpenEmbeddings, open_embeddings

_DOCUMENT_COLUMNS = ("id", "source", "excerpt")


def find_similar(
    context: Context,
    reference: Reference,
    query: Mapping[str, str | None],
    *,
    num_neighbours: int,
) -> Neighbours:
    """Return what is nearest to a text, a document or a term.

    Args:
        context: The open registry.
        reference: A version of embeddings, or of documents with embeddings.
        query: One of `text`, `document` (an id) and `term`; the others are None.
        num_neighbours: How many are wanted.

    Raises:
        InputError: Not one thing is asked about, or see the functions below.
        UnknownError: There is no such version, document or term.
    """
    asked = {what: value for what, value in query.items() if value is not None}
    if len(asked) != 1:
        raise InputError(
            "one thing is looked for at a time", hint="one of --text, --document and --term"
        )
    ((what, value),) = asked.items()
    search = {
        "text": find_similar_to_text,
        "document": find_similar_to_document,
        "term": find_similar_terms,
    }[what]
    return search(context, reference, value, num_neighbours=num_neighbours)


def find_similar_to_text(
    context: Context, reference: Reference, text: str, *, num_neighbours: int
) -> Neighbours:
    """Return the documents nearest to a text, by the model that made the embeddings.

    Raises:
        InputError: There are no embeddings, or the model knows nothing of the text.
    """
    opened = open_embeddings(context, reference)
    texts = pa.array([text], pa.large_string())
    (vector,) = load_model(context.store, opened.files).encode(texts)
    if not vector.any():
        raise InputError(f"the model knows no word of {text!r}", hint="another text")
    found = _search(context, opened, vector, num_neighbours=num_neighbours)
    return _answer(context, opened, text, found)


def find_similar_to_document(
    context: Context, reference: Reference, document: str, *, num_neighbours: int
) -> Neighbours:
    """Return the documents nearest to one of the version, itself left out.

    Raises:
        InputError: There are no embeddings, or the document has no vector.
        UnknownError: There is no document with this id.
    """
    opened = open_embeddings(context, reference)
    row, vector = _find_document(context, opened, document)
    if not vector.any():
        raise InputError(f"document {document!r} has no term that the model knows")
    found = _search(
        context, opened, vector, num_neighbours=num_neighbours, excluded=np.array([row])
    )
    return _answer(context, opened, document, found)


def find_similar_terms(
    context: Context, reference: Reference, term: str, *, num_neighbours: int
) -> Neighbours:
    """Return the terms nearest to a term, itself left out.

    Raises:
        InputError: There are no embeddings, or their model has no terms of its own.
        UnknownError: The word is no term.
    """
    opened = open_embeddings(context, reference)
    model = opened.manifest.model
    if model.kind is not EmbeddingKind.STATIC:
        raise InputError(
            f"{opened.version.reference} was made by {model.name}, which has no terms",
            hint="--text or --document",
        )
    terms = read_terms(context.store, opened.manifest.files[0].digest)
    vocabulary = terms.vocabulary
    number = int(vocabulary.find(pc.utf8_lower(pa.array([term], pa.large_string())))[0])
    if number < 0:
        raise UnknownError(what="term", value=term, known=vocabulary.terms.to_pylist())
    nearest = NearestRows(terms.vectors[number], num_wanted=num_neighbours)
    nearest.add(terms.vectors, excluded=np.array([number]))
    found = nearest.found
    names = vocabulary.terms.take(pa.array(found.rows)).to_pylist()
    counts = vocabulary.counts[found.rows].tolist()
    return Neighbours(
        reference=opened.version.reference,
        model=model,
        query=term,
        searched="terms",
        num_searched=len(vocabulary),
        neighbours=tuple(
            Neighbour(rank=rank, score=score, id=name, count=count)
            for rank, (score, name, count) in enumerate(
                zip(_round(found), names, counts, strict=True), start=1
            )
        ),
    )


def _search(
    context: Context,
    opened: OpenEmbeddings,
    vector: npt.NDArray[np.floating],
    *,
    num_neighbours: int,
    excluded: Numbers | None = None,
) -> Nearest:
    nearest = NearestRows(vector, num_wanted=num_neighbours)
    num_bytes = sum(shard.num_bytes for shard in opened.shards)
    context.progress.start("search", total_bytes=num_bytes)
    try:
        for batch in iter_embeddings(context.store, opened.shards):
            nearest.add(vectors_of(batch.column("embedding")), excluded=excluded)
            share = len(batch) / max(1, opened.manifest.num_documents)
            context.progress.advance(
                Done(num_bytes=int(num_bytes * share), num_documents=len(batch))
            )
    finally:
        context.progress.finish()
    return nearest.found


def _find_document(
    context: Context, opened: OpenEmbeddings, document: str
) -> tuple[int, npt.NDArray[np.floating]]:
    first = 0
    columns = ("id", "embedding")
    for batch in iter_embeddings(context.store, opened.shards, columns=columns):
        place = pc.index(batch.column("id"), pa.scalar(document, pa.string())).as_py()
        if place >= 0:
            return first + place, vectors_of(batch.column("embedding"))[place]
        first += len(batch)
    raise UnknownError(
        what="document", value=document, hint=f"muster sample {opened.version.reference}"
    )


def _answer(context: Context, opened: OpenEmbeddings, query: str, found: Nearest) -> Neighbours:
    rows = _read_rows(context, opened, found.rows)
    return Neighbours(
        reference=opened.version.reference,
        model=opened.manifest.model,
        query=query,
        searched="documents",
        num_searched=opened.manifest.num_documents,
        neighbours=tuple(
            Neighbour(rank=rank, score=score, **rows[row])
            for rank, (row, score) in enumerate(
                zip(found.rows.tolist(), _round(found), strict=True), start=1
            )
        ),
    )


def _read_rows(
    context: Context, opened: OpenEmbeddings, wanted: Numbers
) -> dict[int, dict[str, str]]:
    """Return what is said of some documents, by their numbers."""
    found: dict[int, dict[str, str]] = {}
    first = 0
    for batch in iter_embeddings(context.store, opened.shards, columns=_DOCUMENT_COLUMNS):
        inside = wanted[(wanted >= first) & (wanted < first + len(batch))]
        said = batch.take(pa.array(inside - first)).to_pylist()
        found.update(zip(inside.tolist(), said, strict=True))
        first += len(batch)
        if len(found) == len(wanted):
            break
    return found


def _round(found: Nearest) -> list[float]:
    """Return scores without the noise of their last bits, and none beyond 1."""
    return [min(1.0, max(-1.0, round(score, 6))) for score in found.scores.tolist()]
