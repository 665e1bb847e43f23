"""Takedowns: documents that have to go, where they are, and what was done about it."""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime

from registry.domain.base import Value
from registry.domain.digest import Digest


class SelectorKind(StrEnum):
    """By what the documents of a takedown are found."""

    URL_PATTERN = "url-pattern"
    """A shell pattern on the URLs in the metadata, the locator and the id."""

    DIGEST = "digest"
    """The digest of the text."""

    ID = "id"
    """The id of a document."""

    DATASET = "dataset"
    """All documents of the versions of a dataset."""


class Selector(Value):
    """What a takedown asks for."""

    kind: SelectorKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class TakenDocument(Value):
    """The tombstone of a text: what it was is known by its digest alone."""

    digest: Digest
    num_bytes: int


class ItemKind(StrEnum):
    """What has to be dealt with."""

    DOCUMENTS = "documents"
    """A version that holds the documents."""

    MIXTURE = "mixture"
    """A version that holds the documents and was put together from several others."""

    DERIVED = "derived"
    """Token shards that were made from them; or what muster made of a listed version after the list
    was frozen."""

    EMBEDDINGS = "embeddings"
    """Vectors that were made from them."""

    UNREAD = "unread"
    """A version whose files could not be read, so that nobody knows what it holds."""

    SUSPECT = "suspect"
    """A version in which none was found, made outside of muster from one that holds them; or made
    from such a one, or from one that was withdrawn by judgement."""

    TAINTED = "tainted"
    """A version in which none was found, but which a model of the list wrote or was given a listed
    version for; or what was made from such a one."""

    TOKENIZER = "tokenizer"
    """A tokenizer that was trained on a version of the list."""

    MODEL = "model"
    """A model that was trained on a version of the list."""

    REPORT = "report"
    """A kept report that stands on a version that holds them."""

    @property
    def is_version(self) -> bool:
        """Whether it is a version, which can be made again or withdrawn."""
        return self not in {ItemKind.TOKENIZER, ItemKind.MODEL, ItemKind.REPORT}

    @property
    def is_judged(self) -> bool:
        """Whether nothing was found in it, so that a person says what becomes of it."""
        return self in {ItemKind.UNREAD, ItemKind.SUSPECT, ItemKind.TAINTED}


class ActionKind(StrEnum):
    """What was done."""

    REBUILT = "rebuilt"
    """Another version without the documents takes its place; this one is withdrawn."""

    WITHDRAWN = "withdrawn"
    EXEMPTED = "exempted"
    """It stays, for a reason."""

    CLOSED = "closed"
    """The takedown as a whole."""


class ItemDraft(Value):
    """An entry of a work list, before it is frozen."""

    kind: ItemKind
    reference: str
    """A version, a tokenizer, a model as `name@revision`, or a report by its id."""

    num_documents: int
    """How many documents of it are to go; of tokens, how many of those they were made from."""

    num_copies: int | None = 0
    """How many of those have nothing that was asked for but the text of one that has, such as what
    somebody else gave; None: it was opened before this was counted."""


class TakedownAction(Value):
    """What was done about an entry, or with the whole."""

    item: int | None
    """The number of the entry; None: the takedown as a whole."""

    action: ActionKind
    result: str | None
    """The version that takes its place."""

    note: str | None
    """Why, or what proves it."""

    actor: str
    at: AwareDatetime

    @property
    def words(self) -> str:
        """What was done, with what came of it and why."""
        result = "" if self.result is None else f" as {self.result}"
        return self.action.value + result + ("" if self.note is None else f" ({self.note})")


class TakedownItem(ItemDraft):
    """An entry of a work list."""

    number: int
    """From 1."""

    done: TakedownAction | None
    """What was done about it; None: it is open."""


class TakedownDraft(Value):
    """A takedown with what was found, before it is recorded."""

    selector: Selector
    reason: str
    deadline: AwareDatetime | None = None
    documents: tuple[TakenDocument, ...]
    items: tuple[ItemDraft, ...]
    unread: tuple[str, ...] = ()
    """Versions whose files cannot be read, so that nobody knows."""


class Takedown(Value):
    """A takedown as it stands."""

    id: int
    selector: Selector
    reason: str
    deadline: AwareDatetime | None
    num_texts: int
    """Distinct texts that were found."""

    num_bytes: int
    """Their bytes."""

    items: tuple[TakedownItem, ...]
    unread: tuple[str, ...]
    closed: TakedownAction | None
    actor: str
    opened_at: AwareDatetime
    is_overdue: bool = False
    """Whether its deadline has passed while it is open."""

    @property
    def open_items(self) -> tuple[TakedownItem, ...]:
        """The entries about which nothing was done."""
        return tuple(item for item in self.items if item.done is None)

    def as_of(self, moment: datetime) -> "Takedown":
        """Return it with whether it is overdue at a moment."""
        late = self.closed is None and self.deadline is not None and self.deadline < moment
        return self.model_copy(update={"is_overdue": late})


class PlannedStep(Value):
    """What `apply` would do about an entry."""

    item: int
    reference: str
    step: str
    """`rebuild`, `withdraw`, or `decide`: nobody but a person can."""

    what: str


class TakedownPlan(Value):
    """The answer of `takedown plan`."""

    takedown: int
    steps: tuple[PlannedStep, ...]
