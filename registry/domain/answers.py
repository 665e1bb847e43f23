"""What each verb answers: the value that `--json` prints and that text is made from."""

from typing import Final

from registry.domain.audit import Withdrawal
from registry.domain.base import Value
from registry.domain.count import RecordedCount, VocabularyUse
from registry.domain.digest import Digest
from registry.domain.effective import EffectiveLicence
from registry.domain.engine import EngineCheck
from registry.domain.ledger import Ledger
from registry.domain.measurement import RecordedMeasurement
from registry.domain.reading import EncodingBasis, Field, Reading
from registry.domain.recipe import Recipe, RecipeIdentity
from registry.domain.run import Operation, Run
from registry.domain.tokenizer import CountingPolicy, Tokenizer, TokenizerIdentity
from registry.domain.tokens import TokenExportManifest
from registry.domain.version import Content, Dataset, DatasetKind, Version


class Skipped(Value):
    """A file found in a folder that was left out, and why."""

    path: str
    reason: str


class ReadingChange(Value):
    """Files of two versions that become documents in another way than before."""

    paths: tuple[str, ...]
    before: Reading
    after: Reading

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the reading that differ."""
        return tuple(
            name
            for name in Reading.model_fields
            if getattr(self.before, name) != getattr(self.after, name)
        )


class Changes(Value):
    """How a version's files differ from those of the version before."""

    previous: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    """Files that hold other bytes."""

    readings: tuple[ReadingChange, ...]
    """Files that are read otherwise, whether or not they hold other bytes."""

    documents: int
    """Documents more (or, negative, fewer) than before."""

    num_bytes: int
    """Bytes more (or, negative, fewer) than before."""


_FEW_TELLING_BYTES: Final = 100
"""A page of a language with accents has more; a few dashes and quotes in English have not."""


class EncodingUse(Value):
    """The files of a version that are in one encoding other than UTF-8, known in one way."""

    name: str
    basis: EncodingBasis
    least_confidence: float | None
    """Of the detector, for the file it was least sure of."""

    num_files: int
    num_replaced: int
    """Characters that the bytes of the files do not give, each read as U+FFFD."""

    paths: tuple[str, ...]
    """The files, at most 100 of them, those that lack the most characters first."""

    least_told: tuple[str, int] | None = None
    """Of a detected one: the file that was told by the fewest bytes outside ASCII, and how many
    these are; None: nobody counted."""

    @property
    def is_doubtful(self) -> bool:
        """Whether somebody declared it and the bytes say otherwise."""
        return self.basis is EncodingBasis.DECLARED and self.num_replaced > 0

    @property
    def is_hardly_told(self) -> bool:
        """Whether so few bytes told of it that a high confidence may be wrong."""
        return self.least_told is not None and self.least_told[1] < _FEW_TELLING_BYTES


class Registration(Value):
    """The answer of `register`."""

    reference: str
    status: str
    """`created`, `unchanged`, or `planned` for a dry run."""

    digest: Digest
    kind: DatasetKind
    num_documents: int
    num_bytes: int
    """Size of the files as they lie."""

    num_text_bytes: int
    num_shards: int
    rejected: dict[str, int]
    """Rows that are no documents, by reason."""

    skipped: tuple[Skipped, ...]
    fields: tuple[Field, ...]
    licence: str
    quarantine: Digest | None
    encodings: tuple[EncodingUse, ...] = ()
    licence_from: str | None = None
    """The version before, whose licence holds of this one too; None: stated, or unknown."""

    changes: Changes | None
    run: str | None
    recorded: tuple[str, ...] = ()
    """What was written of a version that was there already, such as `licence.assert`."""

    writers: tuple[str, ...] = ()
    """Who is said to have written the documents, where that was stated now: `generator org/m@v1`;
    several may stand beside each other."""

    behind: str | None = None
    """Of a dry run: the newest version, behind which this one would come; None: it is the first."""

    same_as: str | None = None
    """Of a dry run: the version that holds the same already, so that none would be made."""

    num_known: int = 0
    """Files elsewhere that are still the same and were not read again."""

    licences: dict[str, int] = {}
    """Of contributions: documents by licence."""

    num_contributors: int = 0
    """Of contributions: how many people gave them."""


class LedgerSummary(Value):
    """The ledger of a run in one line."""

    documents_in: int
    documents_kept: int
    rejected: dict[str, int]
    bytes_in: int
    bytes_kept: int

    @classmethod
    def of(cls, ledger: Ledger) -> "LedgerSummary":
        """Sum up a ledger whose books balance."""
        return cls(
            documents_in=ledger.documents_in,
            documents_kept=ledger.documents_kept,
            rejected=ledger.rejected,
            bytes_in=ledger.bytes_in,
            bytes_kept=ledger.bytes_kept,
        )


class Normalization(Value):
    """The answer of `normalize`."""

    reference: str
    status: str
    """`created` or `unchanged`."""

    input: str
    recipe: RecipeIdentity
    content: Content
    """Documents, or a table."""

    ledger: LedgerSummary
    num_shards: int
    digest: Digest
    duplicate_documents: int | None
    """Documents whose text equals that of an earlier document of the version; None: it is a
    table, whose rows are not compared."""

    quarantine: Digest | None
    run: str | None


class PartialRun(Value):
    """The answer of `normalize --shard` and `tokenize --shard`: nothing is sealed yet."""

    run: str
    operation: Operation
    input: str
    part: str
    """Which of how many, as `INDEX/COUNT`."""

    num_units: int
    num_finished: int
    """Units that are finished, whoever finished them; when all are, the run can be merged."""


class PreviewedDocument(Value):
    """A document before and after a recipe."""

    source: str
    before: str
    after: str | None
    """None: the recipe rejects it."""

    reason: str | None = None


class Preview(Value):
    """The answer of `normalize --preview`."""

    input: str
    recipe: RecipeIdentity
    documents: tuple[PreviewedDocument, ...]


class Tokenization(Value):
    """The answer of `tokenize`."""

    reference: str
    """The version that holds the token shards; with `--count-only` or a sample, the counted one."""

    status: str
    """`created`; `counted` where a count was recorded and no version made; `unchanged` where the
    same was done before."""

    input: str
    """The version that was counted."""

    tokenizer: TokenizerIdentity
    policy: CountingPolicy
    recipe: RecipeIdentity | None
    method: str
    num_tokens: int
    """Tokens of the text, without special tokens."""

    num_tokens_with_special: int
    num_tokens_low: int
    num_tokens_high: int
    num_documents: int
    num_bytes: int
    """UTF-8 bytes of text."""

    bytes_per_token: float | None
    unknown_rate: float
    """Unknown tokens per token."""

    dtype: str | None
    num_empty_documents: int
    """Documents of no token, which the shards leave out."""

    rejected: dict[str, int]
    vocabulary: VocabularyUse | None
    run: str | None


class AddedTokenizer(Value):
    """The answer of `tokenizer add` and `tokenizer train`."""

    status: str
    tokenizer: Tokenizer
    wanted_vocab_size: int | None = None
    """How many entries training was asked for; the tokenizer has fewer where the text gives no more
    merges. None: nothing was trained."""

    run: str | None = None


class TokenizerDescription(Value):
    """The answer of `tokenizer show`."""

    tokenizer: Tokenizer
    engine_checks: tuple[EngineCheck, ...]
    """Every comparison of an engine with the reference, oldest first."""


class SampledDocument(Value):
    """One document of `sample`."""

    id: str
    source: str
    text: str
    metadata: str
    num_bytes: int


class Sample(Value):
    """The answer of `sample`."""

    reference: str
    seed: int
    num_documents: int
    """Documents in the version."""

    documents: tuple[SampledDocument, ...]


class VersionDescription(Value):
    """The answer of `show`."""

    dataset: Dataset
    version: Version
    effective_licence: EffectiveLicence
    """What applies to it: its own licence and those of everything it was made from."""

    counts: tuple[RecordedCount, ...]
    tokenizer: TokenizerIdentity | None = None
    """Whose ids the version's shards hold; None where they hold documents."""

    tokens: RecordedCount | None = None
    """How many tokens the shards hold, as counted of the documents that they were made from; None
    where they hold documents."""

    withdrawal: Withdrawal | None = None
    """Why the version is not to be used any more; None where it was not withdrawn."""

    encodings: tuple[EncodingUse, ...] = ()
    """Of the files that are not UTF-8."""

    measurements: tuple[RecordedMeasurement, ...] = ()
    """What passes over its documents found."""

    parents: tuple[str, ...]
    children: tuple[str, ...]


class RunDescription(Value):
    """The answer of `run show`."""

    run: Run
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    ledger: Ledger


class RecipeDescription(Value):
    """The answer of `recipe show` and `recipe check`."""

    recipe: Recipe
    fingerprint: Digest


class ExportedFile(Value):
    """One file that `export` wrote."""

    path: str
    digest: Digest
    num_bytes: int


class Export(Value):
    """The answer of `export`."""

    reference: str
    folder: str
    files: tuple[ExportedFile, ...]


class TokenExport(Value):
    """The answer of `export --output-format`."""

    status: str
    """`created`, or `unchanged` where the folder held the same already."""

    folder: str
    manifest: TokenExportManifest


class VerifiedShard(Value):
    """One shard that does not hold what was sealed."""

    path: str
    problem: str


class Verification(Value):
    """The answer of `verify`."""

    reference: str
    num_shards: int
    num_bytes: int
    num_erased: int = 0
    """Shards that were erased for a takedown, of which nothing can be read again."""

    problems: tuple[VerifiedShard, ...]

    @property
    def is_intact(self) -> bool:
        """Every shard holds the bytes that were sealed."""
        return not self.problems


class CatalogStatus(Value):
    """The answer of `init` and of `db upgrade | current | check`."""

    database: str
    """The catalog's URL without password."""

    revision: str | None
    expected: str
    store: str | None = None
    backup: str | None = None
    findings: tuple[str, ...] = ()
