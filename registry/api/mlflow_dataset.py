"""A version as a dataset of MLflow: what the run of a training job logs as its input.

Needs the extra `mlflow`, whose library finds `RegisteredSource` by its entry point: what was logged
can be opened again.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Self

from mlflow.data.dataset import Dataset
from mlflow.data.dataset_source import DatasetSource

from registry.api.opening import open_registry
from registry.domain.answers import VersionDescription
from registry.domain.digest import PREFIX, Digest
from registry.domain.version import Content
from registry.errors import ConflictError

if TYPE_CHECKING:
    from registry.operations.tokenizing.open_tokens import TokenReader

NUM_DIGITS = 32
"""Of a version's digest; MLflow's tables have room for 36 characters."""


class RegisteredSource(DatasetSource):
    """A version of a registry, by its reference and the whole of its digest."""

    def __init__(self, *, reference: str, digest: Digest, content: Content) -> None:
        self.reference = reference
        self.digest = digest
        self.content = content

    def load(self) -> "TokenReader | Path":
        """Open the version in the registry that is found from here: its tokens, to train on.

        Returns:
            A reader of tokens; of a version of documents or of a table a new folder with its files.

        Raises:
            InputError: There is no registry, or the version is a mixture, which has no bytes.
            UnknownError: There is no such version in it.
            ConflictError: There is another one of that name.
        """
        with open_registry() as registry:
            found = registry.show(self.reference).version
            if found.digest != self.digest:
                raise ConflictError(
                    f"{self.reference} is {found.digest} in this registry, and {self.digest} was "
                    "logged",
                    hint="set MUSTER_HOME to the registry of the run",
                )
            if self.content is Content.TOKENS:
                return registry.open_tokens(self.reference)
            folder = Path(mkdtemp(prefix="muster-"))
            registry.export(self.reference, folder)
            return folder

    def to_dict(self) -> dict[str, str]:
        """See `DatasetSource.to_dict`."""
        return {
            "reference": self.reference,
            "digest": self.digest,
            "content": self.content.value,
        }

    @classmethod
    def from_dict(cls, source_dict: Mapping[str, str]) -> Self:
        """See `DatasetSource.from_dict`."""
        return cls(
            reference=source_dict["reference"],
            digest=source_dict["digest"],
            content=Content(source_dict["content"]),
        )

    @staticmethod
    def _get_source_type() -> str:
        return "muster"

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:  # noqa: ANN401, ARG004 - MLflow's
        # A reference alone may be a path or a name on the Hub as well.
        return False

    @classmethod
    def _resolve(cls, raw_source: Any) -> Self:  # noqa: ANN401 - MLflow's
        raise NotImplementedError(f"{raw_source!r} cannot be told from a path")


class RegisteredDataset(Dataset):
    """What MLflow keeps of a version: name, digest, source, columns, and what it holds."""

    def __init__(self, described: VersionDescription) -> None:
        self._described = described
        version = described.version
        super().__init__(
            RegisteredSource(
                reference=version.reference, digest=version.digest, content=version.content
            ),
            name=version.reference,
        )

    def _compute_digest(self) -> str:
        return self._described.version.digest.removeprefix(PREFIX)[:NUM_DIGITS]

    @property
    def schema(self) -> dict[str, str]:
        """Each column and its type."""
        return {field.name: field.type for field in self._described.version.fields}

    @property
    def profile(self) -> dict[str, Any]:
        """Documents, bytes, tokens and the licence that applies after everything upstream."""
        described = self._described
        held, counts = described.version.num_text_bytes, described.counts
        if described.tokens is not None:
            held, counts = described.tokens.num_bytes, (described.tokens,)
        return {
            "num_documents": described.version.num_documents,
            "num_text_bytes": held,
            "tokens": [
                {
                    "tokenizer": count.tokenizer_name,
                    "num_tokens": count.num_tokens,
                    "method": count.method.value,
                }
                for count in counts
            ],
            "licence": described.effective_licence.expression,
            "is_withdrawn": described.withdrawal is not None,
        }

    def to_dict(self) -> dict[str, str]:
        """See `Dataset.to_dict`."""
        said = {"schema": self.schema, "profile": self.profile}
        return super().to_dict() | {name: json.dumps(value) for name, value in said.items()}
