"""`Registry.exchange`: describe data to other tools, and take in what they say of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from registry import operations
from registry.domain.declaration import DeclarationExport
from registry.domain.declared_changes import Applied
from registry.domain.exchange import ClaimList, MetadataExport, MetadataFormat, MetadataImport
from registry.domain.names import Reference
from registry.errors import MissingExtraError
from registry.operations.context import Context

if TYPE_CHECKING:
    from mlflow.data.dataset import Dataset


class Exchange:
    """Metadata in the formats of other tools, in and out."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def write(
        self,
        reference: str,
        *,
        format: MetadataFormat | str,  # noqa: A002 - the word of the command line
        destination: str | None = None,
    ) -> MetadataExport:
        """Describe a version; see `operations.export_metadata.export_metadata`."""
        return operations.export_metadata.export_metadata(
            self._context,
            Reference.parse(reference),
            wanted=MetadataFormat(format),
            destination=destination,
        )

    def read(
        self,
        paths: Sequence[str | Path],
        *,
        format: MetadataFormat | str | None = None,  # noqa: A002 - see `write`
        reference: str | None = None,
        space: str = "imported",
        dry_run: bool = False,
    ) -> MetadataImport:
        """Import files as claims; see `operations.import_metadata.import_metadata`."""
        return operations.import_metadata.import_metadata(
            self._context,
            [Path(path) for path in paths],
            wanted=None if format is None else MetadataFormat(format),
            reference=None if reference is None else Reference.parse(reference),
            space=space,
            dry_run=dry_run,
        )

    def apply(self, path: str | Path, *, dry_run: bool = False) -> Applied:
        """State what a file declares, in one transaction; see `operations.declare.apply`."""
        return operations.declare.apply(self._context, Path(path), dry_run=dry_run)

    def write_all(self, path: str | Path | None = None) -> DeclarationExport:
        """Write all that is stated as a file for `apply`; without a path return it alone."""
        return operations.declare.export_all(self._context, None if path is None else Path(path))

    def mlflow_dataset(self, reference: str) -> "Dataset":
        """Return a version for `mlflow.log_input`; see `registry.api.mlflow_dataset`.

        Raises:
            UnknownError: There is no such version.
            MissingExtraError: The extra `mlflow` is not installed.
        """
        described = operations.describe.show(self._context, Reference.parse(reference))
        try:
            from registry.api.mlflow_dataset import RegisteredDataset  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError(task="a dataset of MLflow", extra="mlflow") from error
        return RegisteredDataset(described)

    def claims(self, reference: str) -> ClaimList:
        """Return what imported documents claim of a version."""
        return operations.dossier.list_claims(self._context, Reference.parse(reference))
