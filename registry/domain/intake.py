"""What a caller states of data that is to be registered, whatever it comes from."""

from typing import Self, TypedDict

from registry.domain.base import Value
from registry.domain.card import Card
from registry.domain.limits import Limits
from registry.domain.names import DatasetName, DatasetNameField
from registry.domain.reading import Reading
from registry.domain.rejection_limit import MaxRejected
from registry.domain.template import EVERY_COLUMN
from registry.domain.version import DatasetKind
from registry.errors import InputError


class IntakeOptions(TypedDict, total=False):
    """What may be stated beside the name; see `Intake`."""

    reading: Reading | None
    card: Card | None
    max_rejected: MaxRejected
    limits: Limits | None


class Intake(Value):
    """How data becomes a version of a dataset."""

    name: DatasetNameField
    """The dataset; it is made when it is new."""

    reading: Reading = Reading()
    """What the caller knows about how files or rows become documents; the rest is detected."""

    card: Card = Card()
    """Licence, languages, description and more, as stated by the caller."""

    max_rejected: MaxRejected = None
    """The most of its rows that may be damaged, such as `5%` or 0.05; None: what `muster.toml`
    says, else 1 %."""

    limits: Limits = Limits()
    """What its files may be at most."""

    @classmethod
    def read(cls, name: str, stated: IntakeOptions) -> Self:
        """Read a name and what is stated beside it.

        Raises:
            InvalidNameError: It is no name of a dataset.
        """
        return cls(
            name=DatasetName.parse(name),
            reading=stated.get("reading") or Reading(),
            card=stated.get("card") or Card(),
            max_rejected=stated.get("max_rejected"),
            limits=stated.get("limits") or Limits(),
        )

    @property
    def wanted(self) -> Reading:
        """How files are read; of tables every column is the text, unless some are named.

        Raises:
            InputError: The caller contradicts themselves.
        """
        reading = self.reading
        if reading.template is not None and reading.text_columns:
            raise InputError(
                f"--template {reading.template!r} and --text-column "
                f"{' '.join(reading.text_columns)} both say what the text is",
                hint="leave one of them out",
            )
        is_named = reading.text_columns or reading.template
        if self.card.kind is not DatasetKind.TABULAR or is_named:
            return reading
        return reading.model_copy(update={"template": EVERY_COLUMN})
