"""Train vectors of terms on a version: count words, choose terms, count pairs, decompose."""

from collections.abc import Sequence
from functools import reduce

from registry.domain.digest import Digest, fingerprint
from registry.domain.embedding import (
    EmbeddedFile,
    EmbeddingKind,
    EmbeddingModel,
    StaticParameters,
    static_fingerprint,
)
from registry.domain.version import Version
from registry.embedding.cooccurrence import Pairs, forget_rare, join_pairs, no_pairs
from registry.embedding.term_vectors import train_term_vectors
from registry.embedding.vocabulary import Vocabulary, WordCounter, choose_terms
from registry.errors import InputError
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import Context
from registry.operations.embedding.embedding_files import (
    digest_of_terms,
    read_pairs,
    read_word_counts,
    write_terms,
    write_vocabulary,
)
from registry.operations.embedding.embedding_models import STATIC, TERMS_FILE, ModelFiles
from registry.operations.embedding.embedding_units import CountedUnit, CountingPairs, CountingWords
from registry.operations.passes.units import run_units


def train_terms(
    context: Context, version: Version, parameters: StaticParameters, *, derivation: Digest
) -> ModelFiles:
    """Return a static model trained on a version's documents; of the same ones always the same.

    Finished units leave checkpoints, so a call after a crash goes on where it was.

    Raises:
        InputError: Too few words occur often enough.
        ConflictError: The version's files changed.
        MissingExtraError: SciPy is not installed.
    """
    fraction = min(1.0, parameters.max_training_bytes / max(1, version.num_text_bytes))
    counting = CountingWords(context.place, AS_IS, parameters, fraction)
    passes = list_passes(derivation)
    words = run_units(context, version, counting, derivation=passes[0], task="count words")
    vocabulary = _choose(context, words, parameters, version)
    pairing = CountingPairs(
        context.place,
        AS_IS,
        parameters,
        fraction,
        vocabulary=write_vocabulary(context.store, vocabulary).digest,
    )
    paired = run_units(context, version, pairing, derivation=passes[1], task="count pairs")
    terms = train_term_vectors(
        vocabulary, _join(context, paired, parameters), dimensions=parameters.dimensions
    )
    stored = write_terms(context.store, terms)
    model = EmbeddingModel(
        name=STATIC,
        kind=EmbeddingKind.STATIC,
        fingerprint=static_fingerprint(parameters, digest_of_terms(terms)),
        dimensions=terms.vectors.shape[1],
        num_terms=len(vocabulary),
        normalized=True,
        parameters=parameters,
    )
    file = EmbeddedFile(path=TERMS_FILE, digest=stored.digest, num_bytes=stored.num_bytes)
    return ModelFiles(model=model, files=(file,))


def list_passes(derivation: Digest) -> tuple[Digest, Digest]:
    """Return the names of the checkpoints of the passes over words and over pairs."""
    words, pairs = (fingerprint({"of": derivation, "pass": name}) for name in ("words", "pairs"))
    return words, pairs


def _choose(
    context: Context, units: Sequence[CountedUnit], parameters: StaticParameters, version: Version
) -> Vocabulary:
    counter = WordCounter()
    for unit in units:
        counter.add_counts(read_word_counts(context.store, unit.counts))
        counter.forget_rare()
    vocabulary = choose_terms(
        counter.to_table(), min_count=parameters.min_count, max_terms=parameters.max_terms
    )
    if len(vocabulary) < 2:
        raise InputError(
            f"{version.reference} has {len(vocabulary)} words that occur "
            f"{parameters.min_count} times or more, too few to train on",
            hint="--min-count 1, or a model from a folder",
        )
    return vocabulary


def _join(context: Context, units: Sequence[CountedUnit], parameters: StaticParameters) -> Pairs:
    def add(pairs: Pairs, unit: CountedUnit) -> Pairs:
        joined = join_pairs(pairs, read_pairs(context.store, unit.counts))
        return forget_rare(joined, most=parameters.max_pairs)

    pairs = reduce(add, units, no_pairs())
    if not len(pairs):
        raise InputError("no two words stand near each other", hint="a model from a folder")
    return pairs
